"""Several I/Os in flight over one range: each lane has a buffer of its own and takes the next chunk when it is free.

A lane makes its keystream while other lanes wait for the device, both outside the interpreter's lock.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from agents.shell.blockdev import IoFault, aligned_buffer
from agents.wipe.patterns import CHUNK_BYTES

LANES: Final = 3
"""Two to four in flight saturate a drive; three were the fastest on two cores. More only cost memory (8 MiB each)."""


@dataclass(frozen=True)
class Chunk:
    """A range of the device, in bytes."""

    offset: int
    length: int


@dataclass(frozen=True)
class Lane:
    """The memory of one lane: page-aligned for direct I/O, and a scratch buffer to compare with."""

    buffer: memoryview = field(default_factory=lambda: memoryview(aligned_buffer(CHUNK_BYTES)))
    scratch: bytearray = field(default_factory=lambda: bytearray(CHUNK_BYTES))


Work = Callable[[Lane, Chunk], None]


class Lanes:
    """Lanes that sweep over ranges until they are told to halt or an I/O fails. Use it in a `with`."""

    def __init__(self, halted: Callable[[], bool], count: int = LANES) -> None:
        self.faults: list[IoFault] = []
        self._halted = halted
        self._lanes = [Lane() for _ in range(count)]
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="lane")

    def sweep(self, start: int, end: int, work: Work) -> bool:
        """Work through the bytes from `start` to `end`. Returns whether all of it was done."""
        chunks = _Chunks(start, end)
        for future in [self._pool.submit(self._drive, lane, chunks, work) for lane in self._lanes]:
            future.result()
        return not self.faults and chunks.exhausted

    def _drive(self, lane: Lane, chunks: "_Chunks", work: Work) -> None:
        while not self.faults and not self._halted():
            chunk = chunks.take()
            if chunk is None:
                return
            try:
                work(lane, chunk)
            except IoFault as fault:
                self.faults.append(fault)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown()
        for lane in self._lanes:
            lane.buffer.release()


class _Chunks:
    """Gives each chunk of a range to one lane only, in ascending order: disks like that."""

    def __init__(self, start: int, end: int) -> None:
        self._offsets: Iterator[int] = iter(range(start, end, CHUNK_BYTES))
        self._end = end
        self._lock = threading.Lock()
        self.exhausted = start >= end

    def take(self) -> Chunk | None:
        with self._lock:
            offset = next(self._offsets, None)
            if offset is None:
                return None
            chunk = Chunk(offset, min(CHUNK_BYTES, self._end - offset))
            self.exhausted = offset + chunk.length >= self._end
            return chunk
