"""An image's mapped bytes in order, in shared buffers, every range proven: one decompression, whoever writes them.

A file of independent frames (as `pack_image` makes them) is unpacked by several threads, and its frames without mapped blocks
are never touched. What proves it is the signed manifest's block map: the SHA-256 of each range, as the range goes by. Any other
packed file is unpacked from its start in one thread, and hashed whole besides, because all of it is read anyway.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import zstandard

from agents.image.bmap import Bmap
from agents.image.buffers import Buffer
from agents.image.catalogue import LocalImage
from agents.image.frames import Frame, plain_frames, read_frames
from agents.image.ranges import ImageAltered, RangeChecker
from agents.image.reader import LARGEST_WINDOW, ImageStream, opened
from fleet.contract.kinds import Compression

_MOST_DECODERS: Final = 4
"""More than that no medium keeps up with."""
TakeBuffer = Callable[[float], Buffer | None]


def decoders() -> int:
    """How many threads unpack: one a core, four at most."""
    return min(_MOST_DECODERS, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of the image in a buffer that its taker must release.

    Attributes:
        buffer: holds the chunk's bytes from its own start.
        offset: where they lie in the image.
        pieces: those that are mapped, and proven: (first byte, byte after the last), positions of the image.
    """

    buffer: Buffer
    offset: int
    pieces: tuple[tuple[int, int], ...]

    def data(self, start: int, end: int) -> memoryview:
        """The bytes of a piece, in the buffer itself."""
        return self.buffer.view[start - self.offset : end - self.offset]


def proven_chunks(image: LocalImage, bmap: Bmap, take: TakeBuffer) -> Generator[Chunk, None, None]:
    """Every chunk with mapped bytes, in order.

    Args:
        image: the file and its manifest.
        bmap: the manifest's block map.
        take: gives a buffer within so many seconds, or None; a taker without buffers is asked again.

    Raises:
        ImageAltered: what was handed out before is proven, what comes would not be.
    """
    checker = RangeChecker(bmap)
    with closing(_unpacked(image, bmap, take)) as unpacked:
        for buffer, offset, length in unpacked:
            try:
                pieces = tuple(checker.mapped_in(buffer.view[:length], offset))
            except ImageAltered:
                buffer.release()
                raise
            if pieces:
                yield Chunk(buffer, offset, pieces)
            else:
                buffer.release()
    checker.end()


def _unpacked(image: LocalImage, bmap: Bmap, take: TakeBuffer) -> Generator[tuple[Buffer, int, int], None, None]:
    """Buffers with their place in the image and their count of bytes."""
    with opened(image.path) as file:
        fd, manifest = file.fileno(), image.manifest
        try:
            frames = (
                plain_frames(manifest.size_bytes)
                if manifest.compression is Compression.NONE
                else read_frames(fd, os.fstat(fd).st_size, manifest.size_bytes)
            )
        except OSError as error:
            raise _unreadable(image, error) from error
        if frames is None:
            with closing(_in_sequence(image)) as jobs:
                yield from _ahead(jobs, take, threads=1)
        else:
            unpack = _FrameReader(image, fd)
            wanted = (_bound(unpack, frame) for frame in _mapped(frames, bmap))
            yield from _ahead(wanted, take, threads=decoders())


def _bound(unpack: "_FrameReader", frame: Frame) -> Callable[[Buffer], tuple[int, int]]:
    return lambda buffer: unpack(frame, buffer)


def _ahead(
    jobs: Iterable[Callable[[Buffer], tuple[int, int]]], take: TakeBuffer, *, threads: int
) -> Generator[tuple[Buffer, int, int], None, None]:
    """Fill buffers in threads, one more under way than there are threads; hand them on in order."""
    waiting: deque[tuple[Buffer, Future[tuple[int, int]]]] = deque()
    todo = iter(jobs)
    job = next(todo, None)
    with ThreadPoolExecutor(threads, thread_name_prefix="unpack") as pool:
        try:
            while job is not None or waiting:
                while job is not None and len(waiting) <= threads and (buffer := take(0.0 if waiting else 0.1)):
                    waiting.append((buffer, pool.submit(job, buffer)))
                    job = next(todo, None)
                if not waiting:
                    continue
                buffer, future = waiting[0]
                offset, length = future.result()
                waiting.popleft()
                if not length:
                    buffer.release()
                    return
                yield buffer, offset, length
        finally:
            for buffer, future in waiting:
                future.cancel()
                future.add_done_callback(lambda _done, held=buffer: held.release())  # type: ignore[misc]  # a default binds it


def _in_sequence(image: LocalImage) -> Generator[Callable[[Buffer], tuple[int, int]], None, None]:
    """Jobs for one thread: each fills the next buffer of a stream that proves itself at its end."""
    with ImageStream(image) as stream:
        end = threading.Event()

        def fill(buffer: Buffer) -> tuple[int, int]:
            at = stream.count
            length = stream.readinto(buffer.view)
            if not length:
                end.set()
            return at, length

        while not end.is_set():
            yield fill


def _mapped(frames: Iterable[Frame], bmap: Bmap) -> Iterator[Frame]:
    """Frames that hold at least one mapped byte. Both lists ascend."""
    spans = iter([bmap.span(one) for one in bmap.ranges])
    span = next(spans, None)
    for frame in frames:
        while span is not None and span[1] <= frame.offset:
            span = next(spans, None)
        if span is not None and span[0] < frame.offset + frame.length:
            yield frame


class _FrameReader:
    """Unpacks one frame into a buffer. Safe for several threads."""

    def __init__(self, image: LocalImage, fd: int) -> None:
        self._image, self._fd = image, fd
        self._own = threading.local()
        self._packed = image.manifest.compression is Compression.ZSTD

    def __call__(self, frame: Frame, buffer: Buffer) -> tuple[int, int]:
        try:
            filled = self._unpack(frame, buffer.view) if self._packed else self._read(frame, buffer.view)
        except (zstandard.ZstdError, OSError) as error:
            raise _unreadable(self._image, error) from error
        if filled != frame.length:
            raise _unreadable(self._image, f"{filled} bytes where {frame.length} should be, from byte {frame.offset}")
        return frame.offset, frame.length

    def _read(self, frame: Frame, view: memoryview) -> int:
        return os.preadv(self._fd, [view[: frame.length]], frame.stored_at)

    def _unpack(self, frame: Frame, view: memoryview) -> int:
        unpacker = getattr(self._own, "unpacker", None)
        if unpacker is None:
            unpacker = self._own.unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        stored = os.pread(self._fd, frame.stored_bytes, frame.stored_at)
        filled = 0
        with unpacker.stream_reader(stored, read_across_frames=False) as reader:
            while filled < frame.length and (count := reader.readinto(view[filled : frame.length])):
                filled += count
            return filled + len(reader.read(1))


def _unreadable(image: LocalImage, why: object) -> ImageAltered:
    name = f"{image.manifest.name} {image.manifest.version}"
    return ImageAltered(
        f"Image {name} cannot be unpacked ({why}). The target is not usable: fetch the image again, and start anew."
    )
