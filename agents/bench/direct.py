"""One device by its path, without the port threads: `bench-agent plan | wipe | image`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.bench import imaging, labelling, receiving, recovery, settling, wiping
from agents.bench.lock import agent_lock
from agents.bench.phases import PortPhase
from agents.bench.settling import WipeEnd
from agents.bench.station import Station, open_station
from agents.config import BenchConfig, PortConfig
from agents.detect import monitor
from agents.errors import Refused
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.image.onto import ImageResult
from agents.journal import codes, devices, jobs
from agents.journal.db import Journal
from agents.journal.jobs import JobKind
from agents.journal.scans import NewScan
from agents.report.delivery import Delivery, deliver
from agents.report.errors import ServiceError
from agents.report.lease import keep_stock
from agents.shell.progress import Progress
from agents.wipe.guard import NotAllowlisted, clear
from agents.wipe.plan import WipePlan, plan
from fleet.contract.kinds import Method

_AGAIN: Final = "the agent stopped during this wipe, and the operator began anew"

Watch = Callable[[PortPhase, Progress], None]
AskScan = Callable[[str, Path], NewScan | None]
"""Given the code and the label's PDF, what the scanner read of it on the device; None goes on without."""


class WrongConfirmation(Refused):
    """This is not the serial of the device that stands there. Read it off `bench-agent plan PATH` and off the device."""


class StillWiped(Refused):
    """A wipe of this device runs, or has ended and is not settled yet. Start `bench-agent run`: it shows and settles the wipe."""


class DeviceUnknown(Refused):
    """This bench does not know the device. Wipe it first: an image goes only onto a device with a code and a proven wipe."""


@dataclass(frozen=True)
class DirectWipe:
    """A wipe from the command line. `undelivered`: why its events still wait in the outbox."""

    asset_code: str
    end: WipeEnd
    label: Path
    undelivered: ServiceError | None


@dataclass(frozen=True)
class DirectImage:
    """An image from the command line. `undelivered`: why its events still wait in the outbox."""

    asset_code: str
    result: ImageResult
    undelivered: ServiceError | None


def port_of(config: BenchConfig, path: Path) -> PortConfig:
    """The declared port where this device stands. Raises NotAllowlisted."""
    for port in config.ports:
        if port.path is not None and _same(port.path, path):
            return port
    uevent = monitor.describe(path)
    for port in config.ports:
        if uevent is not None and uevent.id_path is not None and port.id_path == uevent.id_path:
            return port
    where = f" (it stands at {uevent.id_path})" if uevent is not None and uevent.id_path else ""
    raise NotAllowlisted(f"{path}{where}: {NotAllowlisted.__doc__}")


def plan_for(config: BenchConfig, path: Path, method: Method | None = None) -> tuple[Identity, WipePlan]:
    """What would be done to a device. Raises what the guard refuses; nothing is touched."""
    identity = _identified(config, path)
    return identity, plan(identity, method=method, overwrite=config.method)


def wipe(
    config: BenchConfig,
    journal: Journal,
    path: Path,
    *,
    confirm: str,
    method: Method | None,
    watch: Watch,
    stop: threading.Event,
    ask_scan: AskScan | None = None,
) -> DirectWipe:
    """Wipe one device now; its serial is the confirmation.

    With `ask_scan` the label is drawn, stuck on and scanned back first, as at a port. Without, the service keeps the wipe as a
    fact, and asks the workshop lead because nobody inspected the device.

    Raises:
        ScanRefused: another label was scanned; nothing was touched.
        WrongConfirmation, NotEnrolled, AgentRunning and what the guard refuses: nothing was touched.
        AgentError: it could not begin.
    """
    identity, wanted = plan_for(config, path, method)
    _require_serial(identity, confirm)
    with _at_work(config, journal) as station:
        _make_way(station, identity)
        _stock_codes(station)
        device = receiving.receive(station, identity)
        label = labelling.draw(station, device)
        scan = ask_scan(device.asset_code, label) if ask_scan is not None else None
        if scan is not None:
            base_url = station.profile.label_base_url
            with journal.transaction() as tx:
                labelled = devices.find(tx, identity.storage.key) or device
                labelling.confirm(station, tx, labelled, scan, base_url)
        job = wiping.begin(station, device, wanted, config.operator)
        end = wiping.carry_out(station, job, identity, wiping.WipeWatch(watch, stop=stop))
        return DirectWipe(device.asset_code, end, label, _deliver(station).error)


def image(
    config: BenchConfig, journal: Journal, path: Path, file_or_name: str, *, watch: Watch, stop: threading.Event
) -> DirectImage:
    """Write an image to a device that this bench knows.

    Raises:
        DeviceUnknown, ImageNotFound and what the guard refuses: nothing was touched.
        AgentError: it failed; the device is not usable.
    """
    identity = _identified(config, path)
    with _at_work(config, journal) as station:
        with journal.transaction() as tx:
            device = devices.find(tx, identity.storage.key)
            wiped = jobs.latest(tx, identity.storage.key, JobKind.WIPE)
        if device is None or wiped is None or wiped.outcome is not jobs.Outcome.ERASED:
            raise DeviceUnknown(f"{path}, serial {identity.serial}: {DeviceUnknown.__doc__}")
        found = imaging.find(station, file_or_name, stop)
        result = imaging.write(
            station, device, identity, found, config.operator, imaging.ImageWatch(watch, stop)
        )
        return DirectImage(device.asset_code, result, _deliver(station).error)


def _identified(config: BenchConfig, path: Path) -> Identity:
    """What stands at a path, if the guard has nothing against it."""
    identity = identify(port_of(config, path), path.absolute())
    clear(identity, config.ports)
    return identity


@contextmanager
def _at_work(config: BenchConfig, journal: Journal) -> Iterator[Station]:
    with agent_lock(config.state_dir), open_station(config, journal) as station:
        yield station


def _make_way(station: Station, identity: Identity) -> None:
    """End a wipe of this device that an earlier agent left. Raises StillWiped, MediumHeld."""
    key = identity.storage.key
    left = recovery.resolve(station, {port.name for port in station.config.ports})
    if any(job.storage.key == key for job in left.attended):
        raise StillWiped
    recovery.refuse_held(station, identity.storage)
    orphan = left.orphans.take(key)
    if orphan is not None:
        settling.give_up(station, orphan.id, _AGAIN)


def _require_serial(identity: Identity, confirm: str) -> None:
    if confirm.strip() != identity.serial:
        raise WrongConfirmation(
            f"{identity.path} is {identity.model}, serial {identity.serial}, not {confirm!r}. {WrongConfirmation.__doc__}"
        )


def _stock_codes(station: Station) -> None:
    """Lease codes when there is none; a service that is away only matters when a code is really needed."""
    with station.journal.transaction() as tx:
        free = codes.free(tx)
    if not free:
        with suppress(ServiceError):
            keep_stock(station.journal, station.client, station.config.codes_in_stock)


def _deliver(station: Station) -> Delivery:
    return deliver(station.journal, station.client)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
