"""Several I/Os in flight over ranges: each lane has a buffer of its own and takes the next chunk when it is free.

A lane makes its keystream while other lanes wait for the device, both outside the interpreter's lock.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from agents.shell.blockdev import IoFault, aligned_buffer
from agents.wipe.patterns import SCRATCH_BYTES, UNIT_BYTES

CHUNK_BYTES: Final = 2 * UNIT_BYTES
"""One I/O. At least 1 MiB is needed to reach a drive's own speed (measured against fio); at 4 MiB the processor works longer for
each byte, because what one core reads another has to fetch from memory."""
LANES: Final = 3
"""Two to four in flight saturate a drive; three were the fastest on two cores. More only cost memory."""


@dataclass(frozen=True)
class Chunk:
    """A range of the device, in bytes."""

    offset: int
    length: int


@dataclass(frozen=True)
class Lane:
    """The memory of one lane: page-aligned for direct I/O, and a scratch buffer to compare with."""

    buffer: memoryview = field(default_factory=lambda: memoryview(aligned_buffer(CHUNK_BYTES)))
    scratch: bytearray = field(default_factory=lambda: bytearray(SCRATCH_BYTES))


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
        return self.sweep_ranges([(start, end)], work)

    def sweep_ranges(self, ranges: Iterable[tuple[int, int]], work: Work) -> bool:
        """Work through ranges, each given by its start and its end, in their order. Returns whether all of it was done."""
        chunks = _Chunks(ranges)
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
    """Gives each chunk to one lane only, in the order of the ranges (ascending in each): disks like that."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._chunks = _cut(ranges)
        self._lock = threading.Lock()
        self._next = next(self._chunks, None)

    @property
    def exhausted(self) -> bool:
        """Whether the last chunk has been taken."""
        return self._next is None

    def take(self) -> Chunk | None:
        with self._lock:
            chunk = self._next
            if chunk is not None:
                self._next = next(self._chunks, None)
            return chunk


def _cut(ranges: Iterable[tuple[int, int]]) -> Iterator[Chunk]:
    for start, end in ranges:
        for offset in range(start, end, CHUNK_BYTES):
            yield Chunk(offset, min(CHUNK_BYTES, end - offset))
