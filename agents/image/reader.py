"""Reading an image file from its start: unpacked in a stream of bounded memory, stored and unpacked bytes hashed in one pass.

A stream ends only when everything the manifest says was proven; anything else is an exception.
"""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import zstandard

from agents.errors import Refused
from agents.image.catalogue import LocalImage
from agents.image.ranges import ImageAltered
from fleet.contract.kinds import Compression

LARGEST_WINDOW: Final = 1 << 27
"""Memory that unpacking may need at most: what `zstd --ultra -22` asks for."""
_FILE_READ: Final = 1 << 20
_SETTLED_NS: Final = 2_000_000_000
"""A file that changed just now could change again within the same tick of the file system's clock, unseen."""
_CHECKED: Final[dict[tuple[int, ...], str]] = {}
"""SHA-256 by what a file's state was when it had it; a handful of entries for as long as the agent runs."""


class ImageFileDamaged(Refused):
    """The image file is not the one its manifest describes. Nothing was written; fetch the image again."""


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
        self._raw = opened(image.path)
        self._file = _HashedFile(self._raw)
        self._reader = self._unpacking()
        self._hash = hashlib.sha256()
        self.count = 0
        self._proven = False

    def _unpacking(self) -> _Reader:
        match self.manifest.compression:
            case Compression.NONE:
                return self._file
            case Compression.ZSTD:
                unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
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
            raise self._altered(f"it cannot be read on after {self.count + filled} bytes ({error})") from error
        self._hash.update(buffer[:filled])
        self.count += filled
        if self.count > self.manifest.size_bytes:
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
        if self.count != self.manifest.size_bytes:
            raise self._altered(f"it holds {self.count} bytes instead of {self.manifest.size_bytes}")
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


def check_file(image: LocalImage, stop: Callable[[], bool]) -> None:
    """The stored file against its manifest, before anything is written. Ends early, without a word, when `stop` says so.

    A file that was checked is not read again in this process while nothing about it changed: several ports in a row.

    Raises ImageFileDamaged: truncated, with something after its end, or altered.
    """
    expected = image.manifest
    with opened(image.path) as file:
        before = os.fstat(file.fileno())
        if before.st_size != expected.file_bytes:
            what = f"has {before.st_size} bytes, its manifest says {expected.file_bytes}"
            raise ImageFileDamaged(f"{image.path} {what}. Nothing was written; fetch the image again.")
        if _CHECKED.get(_state(before)) == expected.file_sha256:
            return
        hashed, began_ns = _HashedFile(file), time.time_ns()
        try:
            while not stop() and hashed.read():
                pass
        except OSError as error:
            raise ImageFileDamaged(f"{image.path} cannot be read ({error.strerror}). {ImageFileDamaged.__doc__}") from error
    if stop():
        return
    if hashed.hash.hexdigest() != expected.file_sha256:
        raise ImageFileDamaged(f"{image.path} was altered: its SHA-256 is another. Nothing was written; fetch the image again.")
    if began_ns - before.st_ctime_ns > _SETTLED_NS:
        _CHECKED[_state(before)] = expected.file_sha256


def _state(stat: os.stat_result) -> tuple[int, ...]:
    """What changes when a file does: nobody can set the moment of change (ctime)."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def opened(path: Path) -> BinaryIO:
    """An image's file, open for reading. Raises ImageFileDamaged."""
    try:
        return path.open("rb")
    except OSError as error:
        raise ImageFileDamaged(
            f"{path} cannot be read ({error.strerror}). Nothing was written; fetch the image again."
        ) from error
