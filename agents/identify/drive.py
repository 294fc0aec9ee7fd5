"""A real drive: lsblk, smartctl and sysfs put together into one identity."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.config import PortConfig
from agents.detect import monitor
from agents.errors import Refused
from agents.identify import lsblk, probing, smartctl
from agents.identify.identity import Identity
from agents.identify.lsblk import LsblkDevice
from agents.identify.media import MediaFacts, media_type
from agents.identify.serials import real_serial, real_wwn
from agents.identify.smartctl import Smart
from agents.identify.sysfs import Node, UsbBridge, usb_bridge
from fleet.contract.base import escape_controls
from fleet.contract.kinds import MediaType
from fleet.contract.storage import StorageIdentity


class NotDistinguishable(Refused):
    """This drive has no serial and no WWN that tell it from another one, so no certificate could name it.

    Connect it without the dock, directly or over another adapter; a drive that still shows no serial goes to destruction.
    """


class NoMedium(Refused):
    """There is no medium in this reader, or it reports no capacity. Put the card in, or reseat the drive."""


@dataclass(frozen=True)
class Readings:
    """All that was read of one drive."""

    row: LsblkDevice
    smart: Smart
    bridge: UsbBridge | None
    card: str | None
    kernel_wwn: str | None
    kernel_serial: str | None
    card_name: str | None = None


def identify_drive(port: PortConfig, path: Path, node: Node) -> Identity:
    """Read one drive. Raises NotDistinguishable, NoMedium, and what `lsblk.read` raises."""
    row = lsblk.read(str(path))
    readings = Readings(
        row=row,
        smart=smartctl.read(str(path)),
        bridge=usb_bridge(node),
        card=node.text("device/type"),
        card_name=node.text("device/name"),
        kernel_wwn=node.text("wwid") or node.text("device/wwid"),
        kernel_serial=node.text("device/serial"),
    )
    described = monitor.describe(path)
    storage = storage_identity(readings)
    capabilities = probing.probe(path, node, storage.media, storage.transport)
    return Identity(
        path=path,
        port=port.name,
        kind=port.kind,
        storage=storage,
        read_only=row.read_only,
        diskseq=node.integer("diskseq"),
        number=node.number,
        id_path=None if described is None else described.id_path,
        evidence={**_evidence(readings), **capabilities.evidence},
        capabilities=capabilities,
    )


def storage_identity(readings: Readings) -> StorageIdentity:
    """The medium's identity from all that was read: the drive's own word goes before that of the bridge it hangs on.

    Raises NotDistinguishable, NoMedium.
    """
    row, smart, bridge = readings.row, readings.smart, readings.bridge
    if row.size <= 0:
        raise NoMedium(f"{row.path}: {NoMedium.__doc__}")
    wwn = real_wwn(smart.wwn) or real_wwn(row.wwn) or real_wwn(readings.kernel_wwn)
    serial = _serial(readings)[0]
    if serial is None and wwn is None:
        said = row.serial or smart.serial_number or "nothing"
        raise NotDistinguishable(f"{row.path} gives {said!r} as its serial. {NotDistinguishable.__doc__}")
    return StorageIdentity(
        media=_media(readings),
        manufacturer=_clean(smart.vendor) or _maker(row.vendor) or _clean(bridge.manufacturer if bridge else None),
        model=_model(readings),
        serial=serial or str(wwn),
        wwn=wwn,
        firmware=_clean(smart.firmware_version) or _clean(row.revision),
        capacity_bytes=row.size,
        logical_block_bytes=row.logical_block_bytes,
        transport=row.transport,
        bridge=bridge.vid_pid if bridge else None,
    )


def _serial(readings: Readings) -> tuple[str | None, str]:
    """The serial and who told it."""
    bridge = readings.bridge
    for told_by, text in (
        ("smartctl", readings.smart.serial_number),
        ("lsblk", readings.row.serial),
        ("sysfs", readings.kernel_serial),
        ("usb", bridge.serial if bridge else None),
    ):
        serial = real_serial(text)
        if serial is not None:
            return serial, told_by
    return None, "nobody"


def _media(readings: Readings) -> MediaType:
    row = readings.row
    return media_type(
        MediaFacts(
            name=row.kname,
            transport="usb" if readings.bridge else row.transport,
            rotational=row.rotational,
            removable=row.removable,
            card=readings.card if row.kname.startswith("mmcblk") else None,
            drive_answers=readings.smart.answers,
            rotation_rate=readings.smart.rotation_rate,
        )
    )


def _evidence(readings: Readings) -> Mapping[str, str]:
    evidence = {"smartctl": readings.smart.note, "serial_told_by": _serial(readings)[1]}
    if readings.bridge:
        evidence["usb_product"] = " ".join(filter(None, (readings.bridge.manufacturer, readings.bridge.product)))
    return {name: escape_controls(text) for name, text in evidence.items() if text}


def _model(readings: Readings) -> str:
    bridge = readings.bridge
    names = (readings.smart.model_name, readings.row.model, readings.card_name, bridge.product if bridge else None)
    return next(filter(None, map(_clean, names)), "unnamed model")


def _maker(vendor: str | None) -> str | None:
    """The SCSI vendor, unless it only says that an ATA drive stands behind the translation."""
    maker = _clean(vendor)
    return None if maker == "ATA" else maker


def _clean(text: str | None) -> str | None:
    return (text or "").strip(" \t\r\n\x00") or None
