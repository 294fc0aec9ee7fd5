"""The two passes over a device: overwrite, and read back every byte."""

import threading
from collections.abc import Callable
from typing import Final

from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Meter
from agents.wipe.lanes import Chunk, Lane, Lanes
from agents.wipe.patterns import Pattern

SYNC_BYTES: Final = 512 << 20
"""How much is written between two flushes: what a resumed pass writes again at most (seconds on a hard disk)."""
_MISMATCH_LIMIT: Final = 1 << 20
"""Enough differing bytes to know: the rest of a large disk need not be read."""


class OverwritePass:
    """Writes a pattern from an offset to the end, flushing and reporting as it goes. Counts in bytes from the device's start."""

    def __init__(self, device: BlockDevice, pattern: Pattern, lanes: Lanes, meter: Meter) -> None:
        self.flushed_bytes = 0
        self.issued = False
        self._device, self._pattern, self._lanes, self._meter = device, pattern, lanes, meter
        self._primed: set[int] = set()

    def run(self, start: int, synced: Callable[[int], None]) -> None:
        """Write; `synced` is told each offset up to which all is on the medium. Ends early when a lane fails or halts."""
        self.flushed_bytes = start
        while self.flushed_bytes < self._device.size_bytes:
            end = min(self.flushed_bytes + SYNC_BYTES, self._device.size_bytes)
            if not self._lanes.sweep(self.flushed_bytes, end, self._write) or not self._flush():
                return
            self.flushed_bytes = end
            synced(end)

    def _write(self, lane: Lane, chunk: Chunk) -> None:
        if not self._pattern.constant:
            self._pattern.fill(lane.buffer[: chunk.length], chunk.offset)
        elif id(lane) not in self._primed:
            self._pattern.fill(lane.buffer, chunk.offset)
            self._primed.add(id(lane))
        self.issued = True
        self._device.write_at(lane.buffer[: chunk.length], chunk.offset)
        self._meter.add(chunk.length)

    def _flush(self) -> bool:
        try:
            self._device.flush()
        except OSError as error:
            self._lanes.faults.append(IoFault(error, self._device.path, self.flushed_bytes))
            return False
        return True


class VerifyPass:
    """Reads every byte back, past the page cache, and compares it with the pattern."""

    def __init__(self, device: BlockDevice, pattern: Pattern, lanes: Lanes, meter: Meter) -> None:
        self.read_bytes = 0
        self.mismatched_bytes = 0
        self._device, self._pattern, self._lanes, self._meter = device, pattern, lanes, meter
        self._lock = threading.Lock()

    def run(self) -> None:
        """Read from the first byte to the last; ends early on faults, when halted, or when there is no doubt any more."""
        self._lanes.sweep(0, self._device.size_bytes, self._compare)

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
