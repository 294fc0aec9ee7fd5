"""How fast one caller may go: a bucket of calls that fills steadily. In this process alone, which is enough against a loop."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from fleet.errors import TooMany

BURST: Final = 300
"""Calls at once after a pause."""
PER_SECOND: Final = 10.0
"""Calls a second that are always allowed."""
REMEMBERED: Final = 10_000
"""Callers; one that was forgotten starts with a full bucket, as after any pause longer than BURST / PER_SECOND."""


@dataclass(frozen=True)
class Bucket:
    """How many calls are left, as of a moment in seconds."""

    left: float
    at: float

    def filled(self, now: float) -> float:
        """Calls left by now."""
        return min(float(BURST), self.left + max(0.0, now - self.at) * PER_SECOND)


class Pace:
    """Counts calls by caller; safe among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, caller: Hashable) -> None:
        """One call more. Raises TooMany with the whole seconds to wait."""
        now = self._clock()
        with self._lock:
            known = self._buckets.get(caller)
            left = known.filled(now) if known else float(BURST)
            if left < 1.0:
                raise TooMany(seconds=max(1, math.ceil((1.0 - left) / PER_SECOND)))
            self._buckets[caller] = Bucket(left - 1.0, now)
            self._buckets.move_to_end(caller)
            if len(self._buckets) > REMEMBERED:
                self._buckets.popitem(last=False)
