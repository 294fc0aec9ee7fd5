"""Asks a real drive what its firmware can do. Questions that it does not answer leave their answer indeterminate."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from agents.errors import Failed
from agents.identify import ata, emmc, evidence, nvme, scsi
from agents.identify.ata import AtaReadings, Identify
from agents.identify.capabilities import Capabilities
from agents.identify.nvme import NvmeReadings
from agents.identify.nvme_tree import tree_of
from agents.identify.scsi import ScsiReadings, ServiceAction
from agents.identify.sysfs import SYSFS, Node
from agents.shell import mmcio, nvmeio, sgio
from agents.shell.run import run
from fleet.contract.kinds import MediaType, Presence

ATA_TRANSPORTS: Final = frozenset({"sata", "ata"})
SCSI_TRANSPORTS: Final = frozenset({"sas", "fc", "spi", "scsi", "iscsi"})
_NVME_TIMEOUT_S: Final = 20.0
_ROTATION_PAGE: Final = 0xB1
BEHIND_USB: Final = "it hangs on a USB bridge, and bridges lie about hidden areas, model and security"
_Answer = TypeVar("_Answer")


def probe(path: Path, node: Node, media: MediaType, transport: str | None) -> Capabilities:
    """What a drive can do. Never raises for a drive that does not answer: the note says why nothing is known."""
    if media in (MediaType.USB_BRIDGE, MediaType.USB_FLASH) or transport == "usb":
        return Capabilities(note=BEHIND_USB)
    reader = _reader(media, transport)
    if reader is None:
        return Capabilities(note="nothing is known to ask of this kind of medium")
    try:
        return reader(path, node)
    except (Failed, OSError) as error:
        return Capabilities(note=str(error))


def _reader(media: MediaType, transport: str | None) -> Callable[[Path, Node], Capabilities] | None:
    match media:
        case MediaType.NVME:
            return _probe_nvme
        case MediaType.EMMC:
            return _probe_emmc
        case _ if transport in ATA_TRANSPORTS:
            return _probe_ata
        case _ if transport in SCSI_TRANSPORTS:
            return _probe_scsi
        case _:
            return None


def _probe_ata(path: Path, _node: Node) -> Capabilities:
    with _opened(path) as fd:
        raw = sgio.identify_device(fd)
        identify = Identify(raw)
        readings = AtaReadings(
            identify=raw,
            native_max=_native_max(fd, identify),
            dco=_answer(lambda: sgio.device_configuration(fd)) if _worth_asking(identify.bit(83, 11)) else None,
            sanitize_status=_answer(lambda: sgio.sanitize_status(fd)) if _worth_asking(identify.bit(59, 12)) else None,
        )
    found = ata.parse(readings)
    return Capabilities(ata=found, note="", evidence=evidence.of_ata(readings, found))


def _native_max(fd: int, identify: Identify) -> int | None:
    if _worth_asking(identify.bit(82, 10)):
        return _answer(lambda: sgio.native_max_address(fd, wide=identify.wide))
    if _worth_asking(identify.has_ama):
        return _answer(lambda: sgio.native_max_address_ama(fd))
    return None


def _probe_nvme(path: Path, node: Node) -> Capabilities:
    tree = tree_of(node, SYSFS)
    with _opened(path) as fd:
        raw = _answer(lambda: nvmeio.identify_controller(fd))
        readings = NvmeReadings(
            tree=tree,
            id_ctrl=_answer(lambda: _id_ctrl(tree.controller)),
            raw=raw,
            active=_answer(lambda: nvmeio.active_namespaces(fd)),
            allocated=_answer(lambda: nvmeio.allocated_namespaces(fd)),
            sanitize_log=_answer(lambda: nvmeio.sanitize_log(fd)) if raw is not None and any(raw[328:332]) else None,
            id_ns={name: text for name in tree.namespaces if (text := _answer(partial(_id_ns, name))) is not None},
        )
    found = nvme.parse(readings)
    return Capabilities(nvme=found, note="", evidence=evidence.of_nvme(readings, found))


def _id_ctrl(controller: str) -> str:
    return run(["nvme", "id-ctrl", f"/dev/{controller}", "--output-format=json"], timeout_s=_NVME_TIMEOUT_S).stdout


def _id_ns(namespace: str) -> str:
    return run(["nvme", "id-ns", f"/dev/{namespace}", "--output-format=json"], timeout_s=_NVME_TIMEOUT_S).stdout


def _probe_emmc(path: Path, node: Node) -> Capabilities:
    with _opened(path) as fd:
        raw = mmcio.ext_csd(fd)
    names = sorted(entry.name for entry in (SYSFS / "block").glob(f"{node.name}boot[01]"))
    found = emmc.parse(raw, main=node.name, boot_areas=tuple(names))
    return Capabilities(emmc=found, note="", evidence=evidence.of_emmc(raw, found))


def _probe_scsi(path: Path, _node: Node) -> Capabilities:
    with _opened(path) as fd:
        asked = ((action, _answer(partial(sgio.operation_code, fd, scsi.SANITIZE, action))) for action in ServiceAction)
        readings = ScsiReadings(
            inquiry=_answer(lambda: sgio.inquiry(fd)),
            rotation=_answer(lambda: sgio.inquiry(fd, _ROTATION_PAGE)),
            codes=tuple((action, answer) for action, answer in asked if answer is not None),
        )
    found = scsi.parse(readings)
    return Capabilities(scsi=found, note="", evidence=evidence.of_scsi(readings, found))


def _worth_asking(supported: Presence) -> bool:
    """A drive that says it lacks a feature is not asked for it; one that does not say is."""
    return supported is not Presence.NO


def _answer(ask: Callable[[], _Answer]) -> _Answer | None:
    """The answer; None when it gives none. What is missing stays indeterminate."""
    try:
        return ask()
    except Failed:
        return None


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
