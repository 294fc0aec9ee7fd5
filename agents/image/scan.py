"""Making a block map of a raw image: holes of the file and blocks of zeros are left out."""

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.image.bmap import Bmap, MappedRange

BLOCK_BYTES: Final = 4096
_CHUNK_BYTES: Final = 1 << 20
_ZEROS: Final = bytes(_CHUNK_BYTES)


@dataclass(frozen=True, slots=True)
class ScannedImage:
    """A raw image's block map and the SHA-256 of all its bytes, holes included, in lower-case hex."""

    bmap: Bmap
    sha256: str


def scan_image(raw: Path) -> ScannedImage:
    """Read a raw disk image once. Raises OSError."""
    whole = hashlib.sha256()
    ranges: list[MappedRange] = []
    with raw.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        current, first, last = hashlib.sha256(), -1, -1
        for block, data in _blocks(file.fileno(), size, whole):
            if last >= 0 and block > last + 1:
                ranges.append(MappedRange(first, last, current.hexdigest()))
                current, last = hashlib.sha256(), -1
            first = block if last < 0 else first
            current.update(data)
            last = block
        if last >= 0:
            ranges.append(MappedRange(first, last, current.hexdigest()))
    return ScannedImage(Bmap(size, BLOCK_BYTES, tuple(ranges)), whole.hexdigest())


def _blocks(fd: int, size: int, whole: "hashlib._Hash") -> Iterator[tuple[int, bytes]]:
    """Blocks that hold something, with their numbers; every byte of the image goes into `whole`."""
    offset = 0
    while offset < size:
        data_at = _next_data(fd, offset, size) // _CHUNK_BYTES * _CHUNK_BYTES
        while offset < data_at:
            hole = min(_CHUNK_BYTES, data_at - offset)
            whole.update(_ZEROS[:hole])
            offset += hole
        chunk = os.pread(fd, _CHUNK_BYTES, offset)
        whole.update(chunk)
        if chunk != _ZEROS[: len(chunk)]:
            yield from _filled(chunk, offset // BLOCK_BYTES)
        offset += len(chunk)


def _filled(chunk: bytes, first: int) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(chunk), BLOCK_BYTES):
        block = chunk[start : start + BLOCK_BYTES]
        if block != _ZEROS[: len(block)]:
            yield first + start // BLOCK_BYTES, block


def _next_data(fd: int, offset: int, size: int) -> int:
    """Where the file holds data again at or after `offset`; its end when only a hole follows."""
    try:
        return os.lseek(fd, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return size
