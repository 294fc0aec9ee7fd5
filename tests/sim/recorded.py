"""Recorded devices (tests/data/devices) as the agent would read them, by the agent's own parsers."""

import json
import struct
from pathlib import Path
from typing import Any, Final

from agents.identify import ata, emmc, evidence, lsblk, nvme, scsi, smartctl
from agents.identify.capabilities import Capabilities
from agents.identify.drive import Readings, storage_identity
from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber, UsbBridge
from agents.shell.nvmeio import IDENTIFY_BYTES
from fleet.contract.kinds import DeviceKind

DEVICES: Final = Path(__file__).parents[1] / "data" / "devices"
FOLDERS: Final = sorted(path for path in DEVICES.iterdir() if path.is_dir())


def readings(name: str) -> Readings:
    """What lsblk, smartctl and the kernel said."""
    folder = DEVICES / name
    kernel = _json(folder / "kernel.json")
    return Readings(
        row=lsblk.parse((folder / "lsblk.json").read_text()),
        smart=smartctl.parse((folder / "smartctl.json").read_text()),
        bridge=UsbBridge(kernel["bridge"], None, None, None) if kernel["bridge"] else None,
        card=kernel["card"],
        kernel_wwn=kernel["wwid"],
        kernel_serial=kernel["serial"],
    )


def capabilities(folder: Path) -> Capabilities:
    """What its firmware said, as far as it was recorded."""
    if (folder / "identify.txt").exists():
        asked = _ata(folder)
        drive = ata.parse(asked)
        return Capabilities(ata=drive, note="", evidence=evidence.of_ata(asked, drive))
    if (folder / "nvme.json").exists():
        told = _nvme(folder)
        controller = nvme.parse(told)
        return Capabilities(nvme=controller, note="", evidence=evidence.of_nvme(told, controller))
    if (folder / "ext_csd.txt").exists():
        areas = tuple(_json(folder / "emmc.json")["boot_areas"])
        raw = bytes.fromhex((folder / "ext_csd.txt").read_text())
        chip = emmc.parse(raw, main="mmcblk0", boot_areas=areas)
        return Capabilities(emmc=chip, note="", evidence=evidence.of_emmc(raw, chip))
    if (folder / "scsi.json").exists():
        answered = _scsi(folder)
        disk = scsi.parse(answered)
        return Capabilities(scsi=disk, note="", evidence=evidence.of_scsi(answered, disk))
    return Capabilities()


def identity(folder: Path) -> Identity:
    """The drive at port A1."""
    read = readings(folder.name)
    return Identity(
        path=Path(read.row.path),
        port="A1",
        kind=DeviceKind.DRIVE,
        storage=storage_identity(read),
        read_only=False,
        diskseq=1,
        number=DeviceNumber(8, 16),
        capabilities=capabilities(folder),
    )


def identify_words(folder: Path) -> bytes:
    """The 512 bytes of IDENTIFY DEVICE, from the form of `hdparm --Istdout`."""
    return struct.pack("<256H", *(int(word, 16) for word in (folder / "identify.txt").read_text().split()))


def _ata(folder: Path) -> ata.AtaReadings:
    told = _json(folder / "ata.json") if (folder / "ata.json").exists() else {}
    highest = told.get("dco_highest")
    return ata.AtaReadings(
        identify=identify_words(folder),
        native_max=told.get("native_max"),
        dco=None if highest is None else struct.pack("<HHHQ", 2, 0, 0, highest).ljust(512, b"\0"),
        sanitize_status=told.get("sanitize_status"),
    )


def _nvme(folder: Path) -> nvme.NvmeReadings:
    told = _json(folder / "nvme.json")
    text, raw = folder / "id_ctrl.json", folder / "identify_controller.txt"
    return nvme.NvmeReadings(
        tree=nvme.NvmeTree(told["controller"], tuple(told["namespaces"])),
        id_ctrl=text.read_text() if text.exists() else None,
        raw=bytes.fromhex(raw.read_text()).ljust(IDENTIFY_BYTES, b"\0") if raw.exists() else None,
        active=_numbers(told["active"]),
        allocated=_numbers(told["allocated"]),
    )


def _scsi(folder: Path) -> scsi.ScsiReadings:
    told = _json(folder / "scsi.json")
    return scsi.ScsiReadings(
        inquiry=bytes.fromhex(told["inquiry"]),
        rotation=bytes.fromhex(told["rotation"]),
        codes=tuple((scsi.ServiceAction[name], bytes.fromhex(answer)) for name, answer in told["codes"].items()),
    )


def _numbers(found: list[int] | None) -> tuple[int, ...] | None:
    return None if found is None else tuple(found)


def _json(file: Path) -> Any:
    return json.loads(file.read_text())
