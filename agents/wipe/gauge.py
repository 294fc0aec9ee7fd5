"""How far the firmware is, shown as if it wrote bytes: by what the drive tells, else by the clock and the expected time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agents.shell import clock
from agents.shell.progress import Phase, Progress, ProgressSink

_INTERVAL_S: Final = 2.0
_NEARLY: Final = 0.99
"""An estimate never says that it is done."""


class Gauge:
    """Shows progress of one firmware job. `expected_s` None: nothing is known, and the rest stays open."""

    def __init__(self, capacity_bytes: int, expected_s: float | None, sink: ProgressSink) -> None:
        self._capacity, self._expected_s, self._sink = capacity_bytes, expected_s, sink
        self._began = clock.monotonic()

    def show(self, told: float | None = None) -> None:
        """One snapshot; `told` is what the drive says, from 0 to 1."""
        elapsed = clock.monotonic() - self._began
        expected = self._expected_s
        share = told if told is not None else min(elapsed / expected, _NEARLY) if expected else 0.0
        left = elapsed * (1 - told) / told if told else max(expected - elapsed, 0.0) if expected else None
        self._sink(Progress(Phase.WRITE, int(share * self._capacity), self._capacity, None, left))

    @contextmanager
    def ticking(self) -> Iterator[None]:
        """Show by the clock while a command keeps the caller waiting."""
        ended = threading.Event()
        thread = threading.Thread(target=self._tick, args=(ended,), name="gauge", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _tick(self, ended: threading.Event) -> None:
        self.show()
        while not ended.wait(_INTERVAL_S):
            self.show()
