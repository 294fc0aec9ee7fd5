"""The first pass: write a pattern over the whole device, flushing as it goes."""

from collections.abc import Callable
from typing import Final

from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.clock import monotonic
from agents.shell.progress import Meter
from agents.wipe.lanes import CHUNK_BYTES, Chunk, Lane, Lanes
from agents.wipe.patterns import Pattern

SYNC_BYTES: Final = 512 << 20
"""How much is written between two flushes at most: what a resumed pass may have to write again."""
_FIRST_BYTES: Final = 64 << 20
_SYNC_S: Final = 8.0
"""How long a stretch between two flushes should take: a slow stick would lose minutes of work for SYNC_BYTES."""


class OverwritePass:
    """Writes a pattern from an offset to the end, flushing and reporting as it goes. Counts in bytes from the device's start."""

    def __init__(self, device: BlockDevice, pattern: Pattern, lanes: Lanes, meter: Meter) -> None:
        self.flushed_bytes = 0
        self.issued = False
        self._device, self._pattern, self._lanes, self._meter = device, pattern, lanes, meter
        self._primed: set[int] = set()

    def run(self, start: int, synced: Callable[[int], None]) -> None:
        """Write; `synced` is told each offset up to which all is on the medium. Ends early when a lane fails or halts."""
        self.flushed_bytes, stretch = start, min(_FIRST_BYTES, SYNC_BYTES)
        while self.flushed_bytes < self._device.size_bytes:
            began = monotonic()
            end = min(self.flushed_bytes + stretch, self._device.size_bytes)
            if not self._lanes.sweep(self.flushed_bytes, end, self._write) or not self._flush():
                return
            stretch = next_stretch(stretch, monotonic() - began)
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


def next_stretch(bytes_written: int, took_s: float) -> int:
    """How much to write until the next flush, after a stretch that took so long."""
    if took_s < _SYNC_S / 2:
        return min(2 * bytes_written, SYNC_BYTES)
    return max(bytes_written // 2, CHUNK_BYTES) if took_s > 2 * _SYNC_S else bytes_written
