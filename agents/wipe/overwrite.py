"""The first pass: write a pattern over the whole device, flushing as it goes."""

from collections.abc import Callable
from typing import Final

from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Meter
from agents.wipe.lanes import Chunk, Lane, Lanes
from agents.wipe.patterns import Pattern

SYNC_BYTES: Final = 512 << 20
"""How much is written between two flushes: what a resumed pass writes again at most (seconds on a hard disk)."""


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
