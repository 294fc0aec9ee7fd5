"""The thread of one target: takes what the reading hands out, and never lets the other targets suffer for its own trouble."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from typing import Protocol

from agents.errors import AgentError, Failed
from agents.image.onto import ImageResult, Target, Work, Writing, device_errors
from agents.image.source import Chunk


class Alone(Protocol):
    """Chunks of the image from a place on, for a target that the others no longer wait for."""

    def __call__(self, work: Work, start: int) -> Generator[Chunk, None, None]:
        """Every chunk that reaches beyond byte `start`."""


class LaneDied(Failed):
    """The thread of this target ended by a fault of the agent. The target is not usable: report it, and start anew."""


class Lane:
    """Writes one target, from `start` on, until `result`."""

    def __init__(self, target: Target, work: Work, alone: Alone) -> None:
        self._outcome: ImageResult | AgentError = LaneDied(f"{target.device.path}: {LaneDied.__doc__}")
        self._target, self._work, self._alone = target, work, alone
        self._writing = Writing(target, work)
        self._queue: queue.SimpleQueue[Chunk | AgentError | None] = queue.SimpleQueue()
        self._door, self._left_behind = threading.Lock(), threading.Event()
        self._open = True
        self._thread = threading.Thread(target=self._run, name=f"image-{target.device.path.name}", daemon=True)

    def start(self) -> None:
        """Begin to write what comes."""
        self._thread.start()

    def result(self) -> ImageResult:
        """Wait for the end. Raises what ended it early: AgentError.

        Whoever interrupts the waiting (Ctrl-C) stops the target first: its device is closed by the caller next.
        """
        try:
            self._thread.join()
        except BaseException:
            self._target.stop.set()
            self._thread.join()
            raise
        if isinstance(self._outcome, AgentError):
            raise self._outcome
        return self._outcome

    @property
    def takes(self) -> bool:
        """Whether more chunks are wanted: it has not failed, and others still wait for it."""
        return self._open and not self._left_behind.is_set()

    @property
    def behind(self) -> int:
        """How many chunks wait here."""
        return self._queue.qsize()

    def give(self, chunk: Chunk) -> None:
        """Hand a chunk on if it is still wanted; the lane releases it."""
        with self._door:
            if self.takes:
                chunk.buffer.hold(1)
                self._queue.put(chunk)

    def end(self, error: AgentError | None = None) -> None:
        """All chunks were given, or no more can come."""
        self._queue.put(error)

    def leave_behind(self) -> None:
        """Others wait for it no longer: it goes on with a reading of its own."""
        self._left_behind.set()
        self._queue.put(None)

    def _run(self) -> None:
        try:
            with device_errors(self._target.device):
                self._write_all()
                self._outcome = self._writing.complete()
        except AgentError as error:
            self._outcome = error
        finally:
            self._close()

    def _write_all(self) -> None:
        while not self._left_behind.is_set() and (item := self._queue.get()) is not None:
            if not isinstance(item, Chunk):
                raise item
            try:
                self._writing.write(item)
            finally:
                item.buffer.release()
        if self._left_behind.is_set():
            self._close()
            self._go_alone()

    def _go_alone(self) -> None:
        with closing(self._alone(self._work, self._writing.done)) as chunks:
            for chunk in chunks:
                try:
                    self._writing.write(chunk)
                finally:
                    chunk.buffer.release()

    def _close(self) -> None:
        """Take no more, and let go of what waits."""
        with self._door:
            self._open = False
        while not self._queue.empty():
            left = self._queue.get()
            if isinstance(left, Chunk):
                left.buffer.release()
