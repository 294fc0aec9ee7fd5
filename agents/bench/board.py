"""The board of all ports: in memory for this process, in the journal for `bench-agent ports` in another one."""

import threading
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from agents.bench.phases import PortPhase, PortSnapshot
from agents.journal import ports
from agents.journal.db import Journal, JournalBroken
from agents.shell.clock import monotonic, now
from agents.shell.progress import Progress


class Board:
    """Shows snapshots and lets others wait for them."""

    def __init__(self, journal: Journal, names: Iterable[str]) -> None:
        self._journal = journal
        self._changed = threading.Condition()
        self._shown = {name: PortSnapshot(name) for name in names}
        self._listeners: list[Callable[[PortSnapshot], None]] = []
        with journal.transaction(durable=False) as tx:
            ports.clear(tx)
            for snapshot in self._shown.values():
                ports.show(tx, snapshot.port, snapshot.to_dict(), now())

    def all(self) -> tuple[PortSnapshot, ...]:
        """What every port shows now, in the order of the configuration."""
        with self._changed:
            return tuple(self._shown.values())

    def get(self, port: str) -> PortSnapshot:
        """What one port shows now."""
        with self._changed:
            return self._shown[port]

    def listen(self, listener: Callable[[PortSnapshot], None]) -> None:
        """Have every snapshot told from now on, in order, by the port's own thread: a listener must be quick and never raise."""
        with self._changed:
            self._listeners.append(listener)

    def show(self, snapshot: PortSnapshot) -> None:
        """Replace what a port shows."""
        with self._changed:
            self._shown[snapshot.port] = snapshot
            self._changed.notify_all()
            for listener in self._listeners:
                listener(snapshot)
        # Looking at a port must not end its job: a journal that cannot be written shows where it matters, at the job's next step.
        with suppress(JournalBroken), self._journal.transaction(durable=False) as tx:
            ports.show(tx, snapshot.port, snapshot.to_dict(), now())

    def change(self, port: str, **changes: Any) -> None:  # noqa: ANN401 - the fields of PortSnapshot
        """Change some fields of what a port shows."""
        self.show(replace(self.get(port), **changes))

    def progress(self, port: str, phase: PortPhase, progress: Progress) -> None:
        """Show how far a port is."""
        self.change(port, phase=phase, progress=progress)

    def wait(self, port: str, phases: Collection[PortPhase], timeout_s: float) -> PortSnapshot:
        """Wait until a port shows one of these phases. Raises TimeoutError, which says what it shows instead."""
        deadline = monotonic() + timeout_s
        with self._changed:
            while (snapshot := self._shown[port]).phase not in phases:
                if not self._changed.wait(max(0.0, deadline - monotonic())):
                    raise TimeoutError(f"port {port} is {snapshot.phase} ({snapshot.message}), not {', '.join(phases)}")
            return snapshot
