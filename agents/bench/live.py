"""The donated computer itself, started from a live stick: its internal disks are the ports, and all of it is one device.

The stick's own disk is in use by this system, so the guard refuses it; sticks and docks are no internal disks and are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.bench import measuring, planning
from agents.bench.receiving import CAME_BACK, TO_INSPECT
from agents.bench.station import Station
from agents.config import BenchConfig, PortConfig
from agents.detect import monitor
from agents.errors import AgentError, Refused
from agents.identify.controllers import hidden_drives
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.journal import codes, devices, profile
from agents.journal.db import Transaction
from agents.journal.devices import KnownDevice, Stage
from agents.report.errors import ServiceError
from agents.shell.clock import now
from agents.wipe.guard import clear
from agents.wipe.plan import WipePlan
from fleet.contract.bench import Recognised
from fleet.contract.events import DeviceReceived
from fleet.contract.hardware import HardwareReport
from fleet.contract.kinds import DeviceKind, MediaType
from fleet.contract.policy import WipePolicy


class NoDiskSeen(Refused):
    """No internal disk shows. That does not mean that there is none: nothing was wiped, and nothing is proven.

    Look into the machine; storage that is soldered on may need a newer stick.
    """


class DrivesHidden(Refused):
    """Until then nothing is wiped here, because not every drive can be reached."""


class TwoDevices(Refused):
    """The service knows the disks of this machine as several devices. Have the lead look at them before anything is wiped."""


class DiskIncomplete(Refused):
    """One of the disks cannot be read, so it is not known what this machine holds. Nothing is wiped until every disk is known."""


@dataclass(frozen=True)
class LiveDisk:
    """An internal disk: what would be done to it, or why it cannot be."""

    path: Path
    identity: Identity | None
    plan: WipePlan | None
    refusal: str | None


def internal_ports(kind: DeviceKind) -> tuple[PortConfig, ...]:
    """A port for every disk that is fitted in this machine.

    Raises:
        DrivesHidden: a controller keeps some from this system.
        NoDiskSeen: there is none.
        DiskIncomplete: udev gives one no position.
    """
    fitted = [disk for disk in monitor.attached() if measuring.is_fitted(disk)]
    hidden = hidden_drives()
    if hidden:
        raise DrivesHidden(f"{' '.join(hidden)} {DrivesHidden.__doc__}")
    if not fitted:
        raise NoDiskSeen
    unplaced = [str(disk.path) for disk in fitted if disk.id_path is None]
    if unplaced:
        raise DiskIncomplete(f"{', '.join(unplaced)}: udev gives no position. {DiskIncomplete.__doc__}")
    return tuple(
        PortConfig(name=f"disk{number}", id_path=disk.id_path, kind=kind)
        for number, disk in enumerate(sorted(fitted, key=lambda disk: disk.path), start=1)
    )


def disks(config: BenchConfig, policy: WipePolicy) -> tuple[LiveDisk, ...]:
    """Every internal disk with its plan, or with why it cannot be wiped. Raises NoDiskSeen: nothing but a card stands there."""
    paths = {disk.id_path: disk.path for disk in monitor.attached()}
    standing = [(port, paths[port.id_path]) for port in config.ports if port.id_path in paths]
    seen = tuple(filter(None, (_disk(config, policy, port, path) for port, path in standing)))
    if not seen:
        raise NoDiskSeen
    return seen


def receive_machine(station: Station, report: HardwareReport, seen: Sequence[LiveDisk]) -> tuple[KnownDevice, ...]:
    """The machine as one device that holds all its disks, one entry a disk: recognised, or new and given a code.

    Raises DiskIncomplete, TwoDevices, OutOfCodes.
    """
    identities = [disk.identity for disk in seen if disk.identity is not None]
    if len(identities) != len(seen) or not identities:
        unread = ", ".join(f"{disk.path}: {disk.refusal}" for disk in seen if disk.identity is None)
        raise DiskIncomplete(f"{unread} {DiskIncomplete.__doc__}")
    told = _known_machine(station, identities, report)
    with station.journal.transaction() as tx:
        here = [known for identity in identities if (known := devices.find(tx, identity.storage.key))]
        mine = {known.asset_code: known for known in here if known.kind is not DeviceKind.DRIVE}
        known_as = set(mine) | ({told.asset_code} if told else set())
        if len(known_as) > 1:
            raise TwoDevices(f"{', '.join(sorted(known_as))}: {TwoDevices.__doc__}")
        code = next(iter(known_as), None) or codes.take(tx, identities[0].storage.key)
        if not known_as or (told is not None and told.state in CAME_BACK):
            station.outbox.append(tx, _received(station, tx, report, identities, code), operator=station.config.operator)
        stage = _stage(told, mine.get(code))
        machine = tuple(KnownDevice(identity.storage, code, _kind(report), stage) for identity in identities)
        for known in machine:
            devices.remember(tx, known, now())
    station.reported.set()
    return machine


def _stage(told: Recognised | None, here: KnownDevice | None) -> Stage:
    """How far its label came: what the service says goes before what the stick remembers."""
    if told is None:
        return here.stage if here is not None else Stage.RECEIVED
    return Stage.SCANNED if told.label_scanned and told.state not in TO_INSPECT else Stage.RECEIVED


def _received(
    station: Station, tx: Transaction, report: HardwareReport, identities: Sequence[Identity], code: str
) -> DeviceReceived:
    return DeviceReceived(
        asset_code=code,
        kind=_kind(report),
        manufacturer=report.manufacturer,
        model=report.model or identities[0].model,
        serial=report.serial or identities[0].serial,
        storages=tuple(identity.storage for identity in identities),
        port=station.config.station,
        batch_id=profile.get(tx).profile.batch_id,
    )


def _kind(report: HardwareReport) -> DeviceKind:
    """A chassis that SMBIOS leaves open is taken for a laptop: that is what sticks are made for."""
    return DeviceKind.LAPTOP if report.kind is DeviceKind.OTHER else report.kind


def _known_machine(station: Station, identities: Sequence[Identity], report: HardwareReport) -> Recognised | None:
    """The device that holds these disks at the service; a loose drive that is fitted here now is none of its own any more."""
    found: dict[str, Recognised] = {}
    for identity in identities:
        try:
            told = station.client.recognise(identity.storage.key, report.serial or identity.serial)
        except ServiceError:
            return None
        if told is not None and told.kind is not DeviceKind.DRIVE:
            found[told.asset_code] = told
    if len(found) > 1:
        raise TwoDevices(f"{', '.join(found)}: {TwoDevices.__doc__}")
    return next(iter(found.values()), None)


def _disk(config: BenchConfig, policy: WipePolicy, port: PortConfig, path: Path) -> LiveDisk | None:
    """One disk. None for a card in the machine's reader: it belongs to whoever left it there."""
    identity: Identity | None = None
    try:
        identity = identify(port, path)
        if identity.storage.media is MediaType.SD:
            return None
        clear(identity, config.ports)
        wanted = planning.plan_for(config, policy, identity)
        clear(identity, config.ports, scope=wanted.scope)
    except AgentError as error:
        return LiveDisk(path, identity, None, str(error))
    return LiveDisk(path, identity, wanted, None)
