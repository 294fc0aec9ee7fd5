"""What a device is made of and how worn it is, reported: a drive at a port, or the machine that the agent runs on."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agents.bench.station import Station
from agents.config import PortConfig
from agents.detect import monitor
from agents.detect.uevents import Uevent
from agents.errors import AgentError, Refused
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.identify.machine.machine import drive_report, read_health, read_machine
from agents.shell.clock import now
from fleet.contract.events import DeviceChecked, DeviceMeasured
from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport, StorageHealth
from labels.scan import ScanKind, parse_scan

_UNPORTED: Final = "inventory"
"""The name that stands for the port of a drive that is only read."""
_VIRTUAL: Final = "virtual"
_NO_DISKS: Final = re.compile(r"^(loop|ram|zram|fd|sr|dm-|md)|boot\d$|rpmb$")
"""Kernel names that are no disk of their own: an eMMC's boot areas are wiped with it."""
_USB: Final = re.compile(r"-usb[v\d]*-")


class NoAssetCode(Refused):
    """This is no asset code of a label. Scan the label again, or type its 8 characters."""


def code_of(scanned: str) -> str:
    """The asset code in what a scanner or a person gave. Raises NoAssetCode."""
    scan = parse_scan(scanned)
    if scan.kind is not ScanKind.ASSET_CODE:
        raise NoAssetCode(f"{scanned!r}: {NoAssetCode.__doc__}")
    return scan.value


def measure_drive(station: Station, identity: Identity, asset_code: str, operator: str | None) -> None:
    """Report the health of a drive at a port; a virtual port has none."""
    if identity.storage.transport == _VIRTUAL:
        return
    report = drive_report(now(), read_health(identity.storage, str(identity.path)))
    tell_measured(station, asset_code, report, operator)


def this_machine() -> HardwareReport:
    """The machine that the agent runs on, with the health of every disk that is fitted in it; sticks and docks are left out."""
    found, unread = list[StorageHealth](), list[str]()
    for disk in monitor.attached():
        if not is_fitted(disk):
            continue
        try:
            found.append(_health_of(disk.path))
        except AgentError as error:
            unread.append(f"{disk.path.name}: {error}")
    report = read_machine(now(), found)
    return report.model_copy(update={"unread": (*report.unread, *unread)})


def is_fitted(disk: Uevent) -> bool:
    """Whether a disk belongs to the machine: no stick or dock on USB, nothing that the kernel makes up, no optical drive."""
    return bool(disk.size_bytes) and not _NO_DISKS.search(disk.path.name) and not _USB.search(disk.id_path or "")


def _health_of(path: Path) -> StorageHealth:
    identity = identify(PortConfig(name=_UNPORTED, id_path=_UNPORTED), path)
    return read_health(identity.storage, str(path))


def tell_measured(station: Station, asset_code: str, report: HardwareReport, operator: str | None) -> None:
    """Put a report into the outbox."""
    with station.journal.transaction() as tx:
        station.outbox.append(tx, DeviceMeasured(asset_code=asset_code, report=report), operator=operator)
    station.reported.set()


def tell_checked(
    station: Station, asset_code: str, answers: Mapping[CheckItem, CheckAnswer], note: str, operator: str | None
) -> None:
    """Put the answers of a check-list into the outbox."""
    with station.journal.transaction() as tx:
        event = DeviceChecked(asset_code=asset_code, answers=dict(answers), note=note)
        station.outbox.append(tx, event, operator=operator)
    station.reported.set()
