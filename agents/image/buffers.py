"""A fixed number of page-aligned buffers that several targets write from at once; the last one to let go gives it back."""

import mmap
import queue
import threading
from contextlib import suppress
from typing import Final

from agents.shell.blockdev import aligned_buffer

CHUNK_BYTES: Final = 4 << 20
"""Bytes handed on at once: large enough for direct I/O to reach the device's speed."""


class Buffer:
    """One buffer. Who takes it holds it once."""

    def __init__(self, pool: "Pool") -> None:
        self.memory: Final[mmap.mmap] = aligned_buffer(CHUNK_BYTES)
        self.view: Final = memoryview(self.memory)
        self._pool, self._lock, self._holders = pool, threading.Lock(), 0

    def hold(self, holders: int) -> None:
        """So many holders more."""
        with self._lock:
            self._holders += holders

    def release(self) -> None:
        """One holder less; the last one gives the buffer back."""
        with self._lock:
            self._holders -= 1
            free = self._holders == 0
        if free:
            self._pool.give_back(self)


class Pool:
    """All buffers of one image job: its memory, `count` times CHUNK_BYTES. Safe for several threads."""

    def __init__(self, count: int) -> None:
        self._free: queue.SimpleQueue[Buffer] = queue.SimpleQueue()
        self._closed = False
        for _ in range(count):
            self._free.put(Buffer(self))

    def take(self, timeout_s: float) -> Buffer | None:
        """A buffer held once; None when all of them were in use for so long."""
        with suppress(queue.Empty):
            buffer = self._free.get(timeout=timeout_s) if timeout_s else self._free.get_nowait()
            buffer.hold(1)
            return buffer
        return None

    def give_back(self, buffer: Buffer) -> None:
        """For `Buffer.release` alone."""
        if not self._closed:
            self._free.put(buffer)

    def close(self) -> None:
        """Let the memory go: at once where nobody holds it, else with its last holder."""
        self._closed = True
        with suppress(queue.Empty):
            while True:
                self._free.get_nowait()
