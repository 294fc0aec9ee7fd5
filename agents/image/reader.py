"""Reading an image file: unpacked in a stream of bounded memory, stored and unpacked bytes hashed in the same pass.

A stream ends only when everything the manifest says was proven; anything else is an exception.
"""

import hashlib
import mmap
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import zstandard

from agents.errors import Failed, Refused
from agents.image.catalogue import LocalImage
from agents.shell.blockdev import aligned_buffer
from fleet.contract.kinds import Compression

CHUNK_BYTES: Final = 4 << 20
"""Bytes handed on at once: large enough for direct I/O to reach the device's speed."""
_LARGEST_WINDOW: Final = 1 << 27
_FILE_READ: Final = 1 << 20


class ImageFileDamaged(Refused):
    """The image file is not the one its manifest describes. Nothing was written; fetch the image again."""


class ImageAltered(Failed):
    """The image did not unpack to what its manifest says. The target is not usable: fetch the image again, and start anew."""


class _Reader(Protocol):
    def readinto(self, buffer: memoryview, /) -> int | None: ...


class _HashedFile:
    """A file that remembers the SHA-256 of what was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, count: int = _FILE_READ) -> bytes:
        data = self._file.read(count if count > 0 else _FILE_READ)
        self.hash.update(data)
        return data

    def readinto(self, buffer: memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class ImageStream:
    """The unpacked bytes of an image, in order, once. Use it in a `with`."""

    def __init__(self, image: LocalImage) -> None:
        self.manifest = image.manifest
        self._raw = _opened(image.path)
        self._file = _HashedFile(self._raw)
        self._reader = self._unpacking()
        self._hash = hashlib.sha256()
        self._count = 0
        self._proven = False

    def _unpacking(self) -> _Reader:
        match self.manifest.compression:
            case Compression.NONE:
                return self._file
            case Compression.ZSTD:
                unpacker = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
                return unpacker.stream_reader(self._file, read_across_frames=True)  # type: ignore[arg-type]  # only read() is used

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer`; fewer bytes only at the end, and then only once all of the image is proven.

        Raises ImageAltered.
        """
        filled = 0
        try:
            while filled < len(buffer) and (count := self._reader.readinto(buffer[filled:])):
                filled += count
        except (zstandard.ZstdError, OSError) as error:
            raise self._altered(f"it cannot be read on after {self._count + filled} bytes ({error})") from error
        self._hash.update(buffer[:filled])
        self._count += filled
        if self._count > self.manifest.size_bytes:
            raise self._altered(f"it holds more than the {self.manifest.size_bytes} bytes it should")
        if filled < len(buffer):
            self._prove()
        return filled

    def _prove(self) -> None:
        """At the end: every figure of the manifest against what was read."""
        if self._proven:
            return
        while self._file.read():
            pass
        if self._count != self.manifest.size_bytes:
            raise self._altered(f"it holds {self._count} bytes instead of {self.manifest.size_bytes}")
        if self._hash.hexdigest() != self.manifest.sha256:
            raise self._altered("its SHA-256 is another")
        if self._file.hash.hexdigest() != self.manifest.file_sha256:
            raise self._altered("the stored file's SHA-256 is another")
        self._proven = True

    def _altered(self, what: str) -> ImageAltered:
        name = f"{self.manifest.name} {self.manifest.version}"
        return ImageAltered(f"Image {name}: {what}. The target is not usable: fetch the image again, and start anew.")

    def close(self) -> None:
        """Close the file."""
        self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def chunks(stream: ImageStream) -> Generator[tuple[mmap.mmap, int], None, None]:
    """Page-aligned buffers with their count of bytes, read one ahead in a thread of its own; a buffer is valid until the next.

    Raises ImageAltered; ending normally means that the whole image is proven.
    """
    with (
        closing(aligned_buffer(CHUNK_BYTES)) as one,
        closing(aligned_buffer(CHUNK_BYTES)) as other,
        ThreadPoolExecutor(1) as ahead,
    ):
        current, next_one = one, other
        pending = ahead.submit(_fill, stream, current)
        while count := pending.result():
            pending = ahead.submit(_fill, stream, next_one)
            yield current, count
            current, next_one = next_one, current


def _fill(stream: ImageStream, buffer: mmap.mmap) -> int:
    with memoryview(buffer) as view:
        return stream.readinto(view)


def check_file(image: LocalImage, stop: threading.Event) -> None:
    """The stored file against its manifest, before anything is written. Stops early, without a word, when `stop` is set.

    Raises ImageFileDamaged: truncated, with something after its end, or altered.
    """
    expected = image.manifest
    with _opened(image.path) as file:
        size = image.path.stat().st_size
        if size != expected.file_bytes:
            what = f"has {size} bytes, its manifest says {expected.file_bytes}"
            raise ImageFileDamaged(f"{image.path} {what}. Nothing was written; fetch the image again.")
        hashed = _HashedFile(file)
        try:
            while hashed.read() and not stop.is_set():
                pass
        except OSError as error:
            raise ImageFileDamaged(f"{image.path} cannot be read ({error.strerror}). {ImageFileDamaged.__doc__}") from error
    if not stop.is_set() and hashed.hash.hexdigest() != expected.file_sha256:
        raise ImageFileDamaged(f"{image.path} was altered: its SHA-256 is another. Nothing was written; fetch the image again.")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ImageFileDamaged(
            f"{path} cannot be read ({error.strerror}). Nothing was written; fetch the image again."
        ) from error
