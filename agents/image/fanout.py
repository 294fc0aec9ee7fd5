"""One image to several targets from one decompression.

A target that fails leaves, with its own error; the others go on. A target that is slower than the others makes them wait,
because all write from the same few buffers: once they waited PATIENCE_S in all for it, it is left behind, and reads the
image on its own from where it was. So nobody fails for being slow, and nobody waits long for a slow one; what it costs is a
second decompression.
"""

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

from agents.errors import AgentError
from agents.image.buffers import Buffer, Pool
from agents.image.lane import Lane, LaneDied
from agents.image.onto import Target, Work
from agents.image.source import Chunk, decoders, proven_chunks
from agents.shell.clock import monotonic

PATIENCE_S: Final = 5.0
"""How long the targets of one image wait for their slowest in all: seconds of one job, not of one chunk."""
_QUEUED: Final = 3
"""Chunks that may wait at the slowest target while the fastest has none left."""


def fan_out(targets: Sequence[Target], work: Work, *, patience_s: float = PATIENCE_S) -> tuple[Lane, ...]:
    """Begin to write an image to every target, and read it back there; the lane of each, in their order, is waited for by itself.

    Memory: 4 MiB for each of at most 9 buffers, 4 MiB more for each target, and for one that is left behind 7 buffers more.
    """
    lanes = tuple(Lane(target, work, _alone) for target in targets)
    for lane in lanes:
        lane.start()
    threading.Thread(target=_feed, args=(lanes, work, patience_s), name="image-reader", daemon=True).start()
    return lanes


def _feed(lanes: Sequence[Lane], work: Work, patience_s: float) -> None:
    """Hand every chunk to all lanes that take it, until none does."""
    end: AgentError | None = LaneDied(f"The image's reader died. {LaneDied.__doc__}")
    try:
        _hand_out(lanes, work, patience_s)
        end = None
    except AgentError as error:
        end = error
    finally:
        for lane in lanes:
            lane.end(end)


def _hand_out(lanes: Sequence[Lane], work: Work, patience_s: float) -> None:
    """Raises ImageAltered, ImageFileDamaged."""
    with _pool(_QUEUED) as pool:
        patience = _Patience(lanes, pool, patience_s)
        with closing(proven_chunks(work.image, work.bmap, patience.take)) as chunks:
            for chunk in chunks:
                _note(work, chunk)
                for lane in lanes:
                    lane.give(chunk)
                chunk.buffer.release()
                if not any(lane.takes for lane in lanes):
                    return


class _Patience:
    """Gives buffers, and leaves the slowest lane behind when the others have waited for it long enough."""

    def __init__(self, lanes: Sequence[Lane], pool: Pool, seconds: float) -> None:
        self._lanes, self._pool, self._seconds = lanes, pool, seconds
        self._left_s = seconds

    def take(self, timeout_s: float) -> Buffer | None:
        """A buffer within so many seconds."""
        began = monotonic()
        buffer = self._pool.take(timeout_s)
        taking = [lane for lane in self._lanes if lane.takes]
        if timeout_s and any(lane.behind == 0 for lane in taking):
            self._left_s -= monotonic() - began
            slowest = max(taking, key=lambda lane: lane.behind)
            if self._left_s <= 0 and slowest.behind:
                slowest.leave_behind()
                self._left_s = self._seconds
        return buffer


def _note(work: Work, chunk: Chunk) -> None:
    for start, end in chunk.pieces:
        work.proof.note(start, end, chunk.data(start, end))


def _alone(work: Work, start: int) -> Generator[Chunk, None, None]:
    """The image once more, for a target that was left behind; what it has already is passed over."""
    with _pool(1) as pool, closing(proven_chunks(work.image, work.bmap, pool.take)) as chunks:
        for chunk in chunks:
            if chunk.pieces[-1][1] <= start:
                chunk.buffer.release()
                continue
            _note(work, chunk)
            yield chunk


@contextmanager
def _pool(queued: int) -> Iterator[Pool]:
    """Buffers for the threads that unpack, and so many more."""
    pool = Pool(decoders() + 2 + queued)
    try:
        yield pool
    finally:
        pool.close()
