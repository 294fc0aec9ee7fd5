"""The loop that drains uevents, looks at virtual ports, and announces arrivals and departures."""

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol, Self

from agents.config import PortConfig
from agents.detect.debounce import Debouncer
from agents.detect.monitor import Monitor
from agents.detect.occupants import Occupant, PortEvent
from agents.detect.positions import Positions
from agents.detect.uevents import Uevent
from agents.detect.virtual import observe
from agents.shell.clock import monotonic

_RESCAN_S: Final = 30.0
"""A full look at what is plugged in heals whatever a lost netlink message left wrong."""


class UeventSource(Protocol):
    """Where uevents come from; `monitor.Monitor` is the real one."""

    def start(self) -> None:
        """Begin to enqueue."""

    def stop(self) -> None:
        """End."""

    def alive(self) -> bool:
        """Whether it still enqueues."""

    def coldplug(self) -> Iterable[Uevent]:
        """What is there now."""


class Watcher:
    """Watches a bench's ports in a thread of its own; `events` holds what happened, in order."""

    def __init__(
        self,
        ports: Sequence[PortConfig],
        *,
        settle_s: float = 1.0,
        poll_s: float = 0.25,
        source: Callable[["queue.SimpleQueue[Uevent]"], UeventSource] = Monitor,
    ) -> None:
        self.events: queue.SimpleQueue[PortEvent] = queue.SimpleQueue()
        self._uevents: queue.SimpleQueue[Uevent] = queue.SimpleQueue()
        self._virtual = {port.name: Path(port.path) for port in ports if port.path is not None}
        self._positions = Positions(ports)
        self._source = source(self._uevents) if self._positions.declared else None
        self._debouncer = Debouncer(settle_s)
        self._poll_s = poll_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ports", daemon=True)

    def start(self) -> None:
        """Listen first, then look at what is there already."""
        if self._source is not None:
            self._source.start()
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the monitor."""
        self._stop.set()
        self._thread.join()
        if self._source is not None:
            self._source.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _watch(self) -> None:
        rescan_at = monotonic()
        while not self._stop.is_set():
            if self._source is not None and monotonic() >= rescan_at:
                self._rescan(self._source)
                rescan_at = monotonic() + _RESCAN_S
            self._drain()
            for name, path in self._virtual.items():
                self._saw(name, observe(path))
            for event in self._debouncer.settled(monotonic()):
                self.events.put(event)

    def _rescan(self, source: UeventSource) -> None:
        if not source.alive():
            source.start()
        self._positions.replace(source.coldplug())
        self._look()

    def _drain(self) -> None:
        """Take in uevents for one poll interval; each takes effect at once, so that a job learns of its unplugging."""
        deadline = monotonic() + self._poll_s
        while (left := deadline - monotonic()) > 0:
            try:
                uevent = self._uevents.get(timeout=left)
            except queue.Empty:
                return
            self._positions.apply(uevent)
            self._look()

    def _look(self) -> None:
        for name, occupant in self._positions.occupants():
            self._saw(name, occupant)

    def _saw(self, port: str, occupant: Occupant | None) -> None:
        for event in self._debouncer.saw(port, occupant, monotonic()):
            self.events.put(event)
