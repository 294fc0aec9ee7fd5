"""The second pass: read every byte back, past the page cache, and compare it with what was written."""

import threading
from collections.abc import Callable
from typing import Final

from agents.shell.blockdev import BlockDevice
from agents.shell.progress import Meter
from agents.wipe.lanes import Chunk, Lane, Lanes
from agents.wipe.patterns import Pattern

_MISMATCH_LIMIT: Final = 1 << 20
"""Enough differing bytes to know: the rest of a large disk need not be read."""

_STRETCH_BYTES: Final = 1 << 30
"""How much is read between two looks at the drive's temperature: seconds on the fastest, on which heat matters most."""


class VerifyPass:
    """Reads every byte back, past the page cache, and compares it with the pattern."""

    def __init__(self, device: BlockDevice, pattern: Pattern, lanes: Lanes, meter: Meter) -> None:
        self.read_bytes = 0
        self.mismatched_bytes = 0
        self._device, self._pattern, self._lanes, self._meter = device, pattern, lanes, meter
        self._lock = threading.Lock()

    def run(self, rested: Callable[[], None]) -> None:
        """Read from the first byte to the last; ends early on faults, when halted, or when there is no doubt any more.

        `rested` is called between two stretches and returns when the drive may be read on.
        """
        size = self._device.size_bytes
        for start in range(0, size, _STRETCH_BYTES):
            if not self._lanes.sweep(start, min(start + _STRETCH_BYTES, size), self._compare):
                return
            rested()

    @property
    def hopeless(self) -> bool:
        """Whether so much differs that the rest need not be read."""
        return self.mismatched_bytes >= _MISMATCH_LIMIT

    def _compare(self, lane: Lane, chunk: Chunk) -> None:
        if self.hopeless:
            return
        view = lane.buffer[: chunk.length]
        count = self._device.read_into(view, chunk.offset)
        differing = self._pattern.differing(view[:count], lane.scratch, chunk.offset)
        with self._lock:
            self.read_bytes += count
            self.mismatched_bytes += differing
        self._meter.add(count)
