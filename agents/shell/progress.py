"""How far a job is: a frozen snapshot, and the meter that makes them."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from agents.shell.clock import monotonic

_SMOOTHING = 0.3
"""Weight of the newest interval in the rate: steady enough to read, quick enough to show a drive that slows down."""


class Phase(StrEnum):
    """What a job is doing."""

    WRITE = "write"
    VERIFY = "verify"
    IMAGE = "image"
    READ_BACK = "read_back"
    FETCH = "fetch"


@dataclass(frozen=True)
class Progress:
    """A job at one moment. Bytes, bytes per second, seconds; rate and rest are None until they are known."""

    phase: Phase
    done_bytes: int
    total_bytes: int
    rate_bytes_s: float | None = None
    seconds_left: float | None = None

    @property
    def percent(self) -> float:
        """0 to 100."""
        return 100.0 if not self.total_bytes else 100.0 * self.done_bytes / self.total_bytes


ProgressSink = Callable[[Progress], None]


def ignore(_progress: Progress) -> None:
    """A sink for callers that do not watch."""


class Meter:
    """Counts bytes from several threads and reports at most once an interval."""

    def __init__(
        self, phase: Phase, total_bytes: int, sink: ProgressSink, *, start_bytes: int = 0, interval_s: float = 0.5
    ) -> None:
        self._phase, self._total, self._sink, self._interval = phase, total_bytes, sink, interval_s
        self._lock = threading.Lock()
        self._done = self._reported_bytes = start_bytes
        self._reported_at = monotonic()
        self._rate: float | None = None

    @property
    def done_bytes(self) -> int:
        """Bytes counted so far, those of an earlier run included."""
        return self._done

    def add(self, count: int) -> None:
        """Count `count` bytes more; reports when the interval is over."""
        with self._lock:
            self._done += count
            elapsed = monotonic() - self._reported_at
            if elapsed < self._interval:
                return
            snapshot = self._snapshot(elapsed)
        self._sink(snapshot)

    def finish(self) -> None:
        """Report the last figure whatever the interval."""
        with self._lock:
            snapshot = self._snapshot(max(monotonic() - self._reported_at, 1e-6))
        self._sink(snapshot)

    def _snapshot(self, elapsed_s: float) -> Progress:
        moved = self._done - self._reported_bytes
        if moved or self._rate is None:
            newest = moved / elapsed_s
            self._rate = newest if self._rate is None else _SMOOTHING * newest + (1 - _SMOOTHING) * self._rate
        self._reported_at += elapsed_s
        self._reported_bytes = self._done
        left = (self._total - self._done) / self._rate if self._rate else None
        return Progress(self._phase, self._done, self._total, self._rate or None, left)
