"""The whole report of a machine, put together from its parts. What cannot be read is named, never guessed."""

import platform
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from agents.errors import Failed
from agents.identify import smartctl
from agents.identify.machine.batteries import read_batteries
from agents.identify.machine.board import read_board
from agents.identify.machine.health import health
from agents.identify.machine.inputs import read_inputs
from agents.identify.machine.lshw import Part, modules, processor, read_lshw
from agents.identify.machine.roots import Roots, text
from agents.identify.machine.screens import read_screens
from fleet.contract.base import escape_controls
from fleet.contract.hardware import HardwareReport, StorageHealth
from fleet.contract.kinds import DeviceKind, Presence
from fleet.contract.storage import StorageIdentity

_TOTAL: Final = re.compile(r"^MemTotal:\s+(\d+) kB$", re.MULTILINE)
_MODEL: Final = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)
_KIB: Final = 1024


def read_health(storage: StorageIdentity, path: str) -> StorageHealth:
    """A drive's health now; never raises for a drive or machine without SMART."""
    return health(storage, smartctl.raw_report(path))


def read_machine(taken_at: datetime, storages: Sequence[StorageHealth] = (), roots: Roots | None = None) -> HardwareReport:
    """Read the machine that this runs on. Never raises: `unread` says what could not be read, and why.

    Args:
        taken_at: now, aware.
        storages: the health of its drives, read by the caller, who knows which are its own.
        roots: where the kernel tells; other roots are for recorded machines.
    """
    roots = roots or Roots()
    board, inputs, unread = read_board(roots), read_inputs(roots), list[str]()
    tree = _lshw(unread)
    name, cores, threads = processor(tree)
    fitted = modules(tree)
    if board.serial is None:
        unread.append("the machine tells no serial number")
    return HardwareReport(
        taken_at=taken_at,
        kind=board.kind,
        manufacturer=board.manufacturer,
        model=board.model,
        serial=board.serial,
        product_uuid=board.product_uuid,
        firmware_version=board.firmware_version,
        boot=board.boot,
        secure_boot=board.secure_boot,
        architecture=platform.machine(),
        cpu=name or _cpu_name(roots),
        cpu_cores=cores,
        cpu_threads=threads,
        memory_bytes=sum(module.size_bytes for module in fitted) or _memory_seen(roots),
        memory=fitted,
        storages=tuple(storages),
        batteries=read_batteries(roots),
        screens=read_screens(roots),
        keyboards=inputs.keyboards,
        touchscreen=inputs.touchscreen,
        cameras=inputs.cameras,
        networks=inputs.networks,
        unread=tuple(map(escape_controls, unread)),
    )


def drive_report(taken_at: datetime, storage: StorageHealth) -> HardwareReport:
    """The report of a loose drive: its health, nothing of the bench that read it."""
    return HardwareReport(
        taken_at=taken_at,
        kind=DeviceKind.DRIVE,
        model=storage.model,
        serial=storage.serial,
        secure_boot=Presence.NO,
        touchscreen=Presence.NO,
        storages=(storage,),
    )


def _lshw(unread: list[str]) -> tuple[Part, ...]:
    try:
        return read_lshw()
    except Failed as error:
        unread.append(f"memory modules and processor: {error}")
        return ()


def _cpu_name(roots: Roots) -> str | None:
    found = _MODEL.search(text(roots.proc / "cpuinfo") or "")
    return found[1].strip() if found else None


def _memory_seen(roots: Roots) -> int | None:
    """What the kernel can use: less than what is fitted, by what the firmware keeps for itself."""
    found = _TOTAL.search(text(roots.proc / "meminfo") or "")
    return int(found[1]) * _KIB if found else None
