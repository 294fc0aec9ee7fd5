"""A drive's temperature while it is overwritten: watched, kept for the certificate, and too hot a drive rests."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from agents.shell.clock import monotonic

REST_AT_C: Final = 65
"""Above the 60 °C that makers give as the limit of most drives; nwipe's users saw 78 °C."""
RESUME_AT_C: Final = 58
_INTERVAL_S: Final = 30.0
_LOOK_S: Final = 0.5


class Thermometer:
    """Asks a drive for its temperature in a thread of its own: a dying drive may take long to answer. Use it in a `with`."""

    def __init__(self, read: Callable[[], int | None] | None, *, interval_s: float = _INTERVAL_S) -> None:
        self.highest_c: int | None = None
        self.rests = 0
        self._latest_c: int | None = None
        self._read, self._interval_s = read, interval_s
        self._cool = threading.Event()
        self._cool.set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="thermometer", daemon=True)

    def rest_while_hot(self, halted: Callable[[], bool], note: Callable[[str], None]) -> None:
        """Return when the drive is cool enough, or the job is halted. Each rest is counted, and noted at both its ends."""
        if self._cool.is_set() or halted():
            return
        self.rests += 1
        started = monotonic()
        note(f"rest {self.rests} began at {self._latest_c} °C: it ends at {RESUME_AT_C} °C")
        while not halted() and not self._cool.wait(_LOOK_S):
            pass
        note(f"rest {self.rests} ended after {monotonic() - started:.0f} s at {self._latest_c} °C")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()

    def _watch(self) -> None:
        while self._read is not None and not self._end.is_set():
            self._take_in(self._read())
            self._end.wait(self._interval_s)

    def _take_in(self, celsius: int | None) -> None:
        """A drive that stops telling is not held back by its last word."""
        self._latest_c = celsius
        if celsius is None or celsius <= RESUME_AT_C:
            self._cool.set()
        elif celsius >= REST_AT_C:
            self._cool.clear()
        if celsius is not None:
            self.highest_c = max(celsius, self.highest_c or celsius)
