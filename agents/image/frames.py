"""The zstd seekable format: independent frames, and at the end a table of where they are.

Any zstd program unpacks such a file, because the table is a skippable frame. Who knows the table unpacks several frames at once,
and leaves out those that nobody needs. Format: facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.image.buffers import CHUNK_BYTES

_SKIPPABLE: Final = struct.Struct("<II")
_SKIPPABLE_MAGIC: Final = 0x184D2A5E
_FOOTER: Final = struct.Struct("<IBI")
_SEEKABLE_MAGIC: Final = 0x8F92EAB1
_CHECKSUMS: Final = 0x80
_RESERVED: Final = 0x7C
_ENTRY: Final = struct.Struct("<II")
_CHECKSUM_BYTES: Final = 4
_MOST_FRAMES: Final = 0x8000000
_ALIGNMENT: Final = 4096


@dataclass(frozen=True, slots=True)
class Frame:
    """Part of an image: its place in the stored file and in the image, in bytes."""

    stored_at: int
    stored_bytes: int
    offset: int
    length: int


def table_of(sizes: Sequence[tuple[int, int]]) -> bytes:
    """The table that ends a file whose frames have these (stored, unpacked) sizes."""
    rows = b"".join(_ENTRY.pack(stored, unpacked) for stored, unpacked in sizes)
    footer = _FOOTER.pack(len(sizes), 0, _SEEKABLE_MAGIC)
    return _SKIPPABLE.pack(_SKIPPABLE_MAGIC, len(rows) + len(footer)) + rows + footer


def plain_frames(size_bytes: int) -> tuple[Frame, ...]:
    """A file that is not packed can be read from anywhere: frames of one buffer each."""
    starts = range(0, size_bytes, CHUNK_BYTES)
    return tuple(Frame(at, min(CHUNK_BYTES, size_bytes - at), at, min(CHUNK_BYTES, size_bytes - at)) for at in starts)


def read_frames(fd: int, file_bytes: int, size_bytes: int) -> tuple[Frame, ...] | None:
    """The frames of a packed file; None when it has no table, or one that does not fit: then it is unpacked from its start.

    Nothing of the table is believed: what each frame holds is checked against the block map when it is unpacked.

    Args:
        fd: the stored file, open for reading.
        file_bytes: its size.
        size_bytes: the size of the unpacked image.

    Raises OSError.
    """
    footer = os.pread(fd, _FOOTER.size, max(0, file_bytes - _FOOTER.size))
    if len(footer) < _FOOTER.size:
        return None
    count, descriptor, magic = _FOOTER.unpack(footer)
    if magic != _SEEKABLE_MAGIC or descriptor & _RESERVED or count > _MOST_FRAMES:
        return None
    row = _ENTRY.size + (_CHECKSUM_BYTES if descriptor & _CHECKSUMS else 0)
    content = count * row + _FOOTER.size
    table_at = file_bytes - content - _SKIPPABLE.size
    if table_at < 0:
        return None
    table = os.pread(fd, file_bytes - table_at, table_at)
    if table[: _SKIPPABLE.size] != _SKIPPABLE.pack(_SKIPPABLE_MAGIC, content):
        return None
    rows = [_ENTRY.unpack_from(table, _SKIPPABLE.size + number * row) for number in range(count)]
    return _laid_out(rows, table_at, size_bytes)


def _laid_out(rows: Sequence[tuple[int, int]], stored_bytes: int, size_bytes: int) -> tuple[Frame, ...] | None:
    """Frames one after another; None when they are not the whole file, or do not fit into buffers for direct I/O."""
    frames, stored_at, offset = [], 0, 0
    for stored, unpacked in rows:
        if unpacked > CHUNK_BYTES or offset % _ALIGNMENT:
            return None
        frames.append(Frame(stored_at, stored, offset, unpacked))
        stored_at, offset = stored_at + stored, offset + unpacked
    return tuple(frames) if (stored_at, offset) == (stored_bytes, size_bytes) else None
