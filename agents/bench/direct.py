"""One device by its path, without the port threads: `bench-agent plan | wipe`."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.bench import labelling, planning, receiving, recovery, settling, wiping
from agents.bench.lock import agent_lock
from agents.bench.phases import PortPhase
from agents.bench.settling import WipeEnd
from agents.bench.station import Station, open_station
from agents.config import BenchConfig, PortConfig
from agents.detect import monitor
from agents.errors import Refused
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.journal import codes, devices
from agents.journal.db import Journal
from agents.journal.scans import NewScan
from agents.report.delivery import Delivery, deliver
from agents.report.errors import ServiceError
from agents.report.lease import keep_stock
from agents.shell.progress import Progress
from agents.wipe.guard import NotAllowlisted, clear
from agents.wipe.plan import WipePlan
from fleet.contract.kinds import Method

_AGAIN: Final = "the agent stopped during this wipe, and the operator began anew"

Watch = Callable[[PortPhase, Progress], None]
AskScan = Callable[[str, Path], NewScan | None]
"""Given the code and the label's PDF, what the scanner read of it on the device; None goes on without."""


class WrongConfirmation(Refused):
    """This is not the serial of the device that stands there. Read it off `bench-agent plan PATH` and off the device."""


class StillWiped(Refused):
    """A wipe of this device runs, or has ended and is not settled yet. Start `bench-agent run`: it shows and settles the wipe."""


@dataclass(frozen=True)
class DirectWipe:
    """A wipe from the command line. `undelivered`: why its events still wait in the outbox."""

    asset_code: str
    end: WipeEnd
    label: Path
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
    """What would be done to a device, by the policy that this bench knows.

    Raises what the guard refuses, and what the policy does not allow; nothing is touched.
    """
    identity = identified(config, path)
    return identity, planning.plan_for(config, planning.known_policy(config), identity, method)


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
    with at_work(config, journal) as station:
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


def identified(config: BenchConfig, path: Path) -> Identity:
    """What stands at a path, if the guard has nothing against it."""
    identity = identify(port_of(config, path), path.absolute())
    clear(identity, config.ports)
    return identity


@contextmanager
def at_work(config: BenchConfig, journal: Journal) -> Iterator[Station]:
    """The station, when no other agent runs here. Raises AgentRunning, NotEnrolled."""
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
