"""A bench at work: every port a thread, one watcher for what is plugged in, one courier to the service, one mailbox for scans."""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Final, Self

from agents.bench import recovery, standing
from agents.bench.board import Board
from agents.bench.fetching import Fetcher
from agents.bench.lock import agent_lock
from agents.bench.mailbox import Mailbox
from agents.bench.phases import PortPhase, PortSnapshot
from agents.bench.showing import shown
from agents.bench.standing import Standing
from agents.bench.station import PATIENCE_S, open_station
from agents.bench.worker import PortWorker
from agents.config import BenchConfig
from agents.detect.occupants import Arrived
from agents.detect.watcher import Watcher
from agents.errors import AgentError, Failed
from agents.journal.db import Journal
from agents.journal.scans import Answer, NewScan
from agents.report.backoff import Backoff
from agents.report.courier import Courier
from agents.report.ports import PortReporter
from agents.shell.clock import now
from fleet.contract.bench import BenchProfile
from fleet.contract.kinds import VisualResult

_log = logging.getLogger(__name__)
_GRACE_S: Final = 15.0
"""How long a wipe whose process died waits for its device after a restart: a hub full of drives takes some seconds to come up."""
_TURN_S: Final = 0.2


class PortDied(Failed):
    """A port's thread ended by a fault of the agent. Start the agent again: its journal resolves what was under way."""


class Bench:
    """Runs an enrolled bench. Use it in a `with`, or call `start` and `stop`.

    Args:
        config: the bench's settings.
        journal: its memory, opened by the caller.
        settle_s: how long a device must stand still before it counts as there.
        grace_s: how long a wipe whose process died waits for its device.
        patience_s: how long a wipe may show no progress before it is stuck.
        backoff: how the courier waits after a failure.
    """

    def __init__(
        self,
        config: BenchConfig,
        journal: Journal,
        *,
        settle_s: float = 1.0,
        grace_s: float = _GRACE_S,
        patience_s: float = PATIENCE_S,
        backoff: Backoff | None = None,
    ) -> None:
        self._config, self._journal = config, journal
        self._settle_s, self._grace_s, self._patience_s, self._backoff = settle_s, grace_s, patience_s, backoff
        self._held = ExitStack()
        self._service_trouble: AgentError | None = None
        self._heard_at: datetime | None = None

    def start(self) -> None:
        """Resolve what an earlier run left, then take devices.

        Raises AgentRunning, NotEnrolled, KeyExposed, JournalBroken, PortStillWorks.
        """
        with ExitStack() as held:
            held.enter_context(agent_lock(self._config.state_dir))
            self._station = held.enter_context(open_station(self._config, self._journal, patience_s=self._patience_s))
            names = [port.name for port in self._config.ports]
            left = recovery.resolve(self._station, names)
            self._orphans = left.orphans
            self._board = Board(self._journal, names)
            self._workers = {
                port.name: PortWorker(
                    port, self._station, self._board, left.orphans, [job for job in left.attended if job.port == port.name]
                )
                for port in self._config.ports
            }
            self._mailbox = Mailbox(self._station, self._workers)
            self._courier = Courier(
                self._journal,
                self._station.client,
                codes_in_stock=self._config.codes_in_stock,
                on_trouble=self._heard,
                backoff=self._backoff,
            )
            self._reporter = PortReporter(self._station.client, lambda: shown(self._board.all()))
            self._board.listen(lambda _snapshot: self._reporter.changed())
            self._watcher = Watcher(
                self._config.ports, settle_s=self._settle_s, poll_s=min(self._config.poll_seconds, self._settle_s)
            )
            self._fetcher = Fetcher(self._station)
            self._dispatcher = threading.Thread(target=self._dispatch, name="dispatch", daemon=True)
            self._courier.start()
            self._reporter.start()
            for worker in self._workers.values():
                worker.start()
            self._mailbox.start()
            self._fetcher.start()
            self._watcher.start()
            self._dispatcher.start()
            self._held = held.pop_all()

    def stop(self) -> None:
        """End in order: no new devices, then courier and journal's last words. Wipes go on in their own processes."""
        self._station.stopping.set()
        self._watcher.stop()
        self._dispatcher.join()
        self._mailbox.stop()
        for worker in self._workers.values():
            worker.join()
        self._fetcher.join()
        self._courier.stop()
        self._reporter.stop()
        self._held.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def ports(self) -> tuple[PortSnapshot, ...]:
        """What every port shows now."""
        return self._board.all()

    def wait(self, port: str, phase: PortPhase | frozenset[PortPhase], timeout_s: float) -> PortSnapshot:
        """Wait until a port shows this phase, or one of these. Raises TimeoutError, which says what it shows instead."""
        return self._board.wait(port, {phase} if isinstance(phase, PortPhase) else phase, timeout_s)

    def scan(
        self,
        port: str,
        text: str,
        *,
        visual: VisualResult = VisualResult.GOOD,
        defects: tuple[str, ...] = (),
        weight_g: int | None = None,
        operator: str | None = None,
    ) -> Answer:
        """Scan a label at a port, with what the operator sees of the device; returns the bench's answer."""
        scan = NewScan(port, text, visual, defects, weight_g, operator or self._config.operator)
        return self._mailbox.ask(scan)

    def scan_anywhere(self, text: str, *, visual: VisualResult = VisualResult.GOOD, defects: tuple[str, ...] = ()) -> Answer:
        """Scan a label whose port is not told: it is the one that waits for this label."""
        port = self._mailbox.port_for(text)
        return port if isinstance(port, Answer) else self.scan(port, text, visual=visual, defects=defects)

    def check(self) -> None:
        """Raises PortDied when a port's thread has ended by a fault."""
        dead = [name for name, worker in self._workers.items() if not worker.alive]
        if dead and not self._station.stopping.is_set():
            raise PortDied(f"port {', '.join(dead)}: {PortDied.__doc__}")

    @property
    def service_trouble(self) -> AgentError | None:
        """What is wrong between bench and service now."""
        return self._service_trouble

    def listen(self, listener: Callable[[PortSnapshot], None]) -> None:
        """Have every change of a port told from now on; a listener must be quick and never raise."""
        self._board.listen(listener)

    def standing(self) -> Standing:
        """How the bench itself is: its line to the service, its outbox, its codes. Raises JournalBroken."""
        return standing.look(self._journal, self._heard_at, self._service_trouble)

    @property
    def profile(self) -> BenchProfile:
        """What the service last told this bench. Raises JournalBroken."""
        return self._station.profile

    def _heard(self, error: AgentError | None) -> None:
        if error is None:
            self._heard_at = now()
        if error is not None and str(error) != str(self._service_trouble):
            _log.warning("%s", error)
        self._service_trouble = error

    def _dispatch(self) -> None:
        """Hand arrivals to their ports, wake the courier, and end the wipes whose devices did not come back."""
        while not self._station.stopping.is_set():
            for job in recovery.abandon(self._station, self._orphans, self._settle_s + self._grace_s):
                _log.warning("%s: %s", job.asset_code, recovery.GONE)
            if self._station.reported.is_set():
                self._station.reported.clear()
                self._courier.wake()
            try:
                event = self._watcher.events.get(timeout=_TURN_S)
            except queue.Empty:
                continue
            if isinstance(event, Arrived):
                self._workers[event.port].arrived(event)
