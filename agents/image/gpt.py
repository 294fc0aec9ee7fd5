"""GUID partition tables as bytes: made for a new image, moved when a disk is larger than its image.

UEFI Specification 2.10, chapter 5: a protective MBR, a header with its table of entries, and a backup of both that must
end at the last sector of the disk.
"""

import struct
import zlib
from dataclasses import dataclass, replace
from typing import Final, Self
from uuid import UUID

from agents.errors import Failed

SIGNATURE: Final = b"EFI PART"
LINUX_DATA: Final = UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
_HEADER: Final = struct.Struct("<8s4sIIIQQQQ16sQIII")
_REVISION: Final = b"\x00\x00\x01\x00"
_ENTRY: Final = struct.Struct("<16s16sQQQ72s")
_ENTRIES: Final = 128
_LARGEST_TABLE: Final = 1 << 20
_SECTOR_SIZES: Final = (512, 4096)
_MBR_PARTITION: Final = 446
_MBR_SIGNATURE: Final = b"\x55\xaa"
_PROTECTIVE: Final = 0xEE


class PartitionTableDamaged(Failed):
    """The image's partition table is damaged. Have the image made anew."""


@dataclass(frozen=True, slots=True)
class Header:
    """A GPT header. Positions in sectors."""

    own: int
    other: int
    first_usable: int
    last_usable: int
    disk_guid: bytes
    table: int
    entries: int
    entry_bytes: int
    table_crc: int

    @property
    def table_bytes(self) -> int:
        """Size of the table of entries."""
        return self.entries * self.entry_bytes

    def packed(self) -> bytes:
        """The 92 bytes of the header, checksum filled in."""
        fields = (self.own, self.other, self.first_usable, self.last_usable, self.disk_guid, self.table)
        counts = (self.entries, self.entry_bytes, self.table_crc)
        blank = _HEADER.pack(SIGNATURE, _REVISION, _HEADER.size, 0, 0, *fields, *counts)
        return _HEADER.pack(SIGNATURE, _REVISION, _HEADER.size, zlib.crc32(blank), 0, *fields, *counts)

    @classmethod
    def parse(cls, sector: bytes) -> Self:
        """A header from its sector, its checksum checked. Raises PartitionTableDamaged."""
        signature, _revision, size, crc, _reserved, *fields = _HEADER.unpack_from(sector)
        if signature != SIGNATURE or not _HEADER.size <= size <= len(sector):
            raise PartitionTableDamaged("There is no GPT header where one must be. Have the image made anew.")
        blank = sector[:16] + bytes(4) + sector[20:size]
        header = cls(*fields)
        if zlib.crc32(blank) != crc or not 0 < header.table_bytes <= _LARGEST_TABLE:
            raise PartitionTableDamaged("The checksum of the GPT header is wrong. Have the image made anew.")
        return header


@dataclass(frozen=True, slots=True)
class Patch:
    """Bytes that belong at an offset of the disk."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition of a new table: name, unique id, first and last sector."""

    name: str
    guid: UUID
    first: int
    last: int

    def packed(self) -> bytes:
        """Its entry, as Linux data."""
        name = self.name.encode("utf-16-le").ljust(72, b"\0")
        return _ENTRY.pack(LINUX_DATA.bytes_le, self.guid.bytes_le, self.first, self.last, 0, name)


def sector_bytes(head: bytes) -> int | None:
    """The sector size that the image was made for, told by where its GPT header lies; None when it has none."""
    return next((size for size in _SECTOR_SIZES if head[size : size + len(SIGNATURE)] == SIGNATURE), None)


def new_table(disk_bytes: int, disk_guid: UUID, partitions: tuple[Partition, ...]) -> tuple[Patch, ...]:
    """Both copies of a new table for a disk of 512-byte sectors; the backup is the last patch."""
    table = b"".join(partition.packed() for partition in partitions).ljust(_ENTRIES * _ENTRY.size, b"\0")
    seed = Header(1, 0, 2 + len(table) // 512, 0, disk_guid.bytes_le, 2, _ENTRIES, _ENTRY.size, zlib.crc32(table))
    mbr = bytearray(512)
    mbr[_MBR_PARTITION + 1 : _MBR_PARTITION + 8] = bytes([0, 2, 0, _PROTECTIVE, 0xFF, 0xFF, 0xFF])
    struct.pack_into("<I", mbr, _MBR_PARTITION + 8, 1)
    mbr[510:512] = _MBR_SIGNATURE
    return placed(seed, table, bytes(mbr), 512, disk_bytes)


def moved_to_end(head: bytes, disk_bytes: int) -> tuple[Patch, ...] | None:
    """What to write so that the table of an image ends at the last sector of a disk of this size.

    Args:
        head: the image's first bytes: protective MBR, header and table of entries.
        disk_bytes: size of the disk.

    Returns:
        Both copies, the backup last, or None when there is no GPT or when it fits the disk already.

    Raises:
        PartitionTableDamaged: a checksum of the image's table is wrong.
    """
    sector = sector_bytes(head)
    if sector is None:
        return None
    header = Header.parse(head[sector : 2 * sector])
    table = table_of(header, head, sector)
    if header.other == disk_bytes // sector - 1:
        return None
    return placed(header, table, head[:512], sector, disk_bytes)


def check_table(first: bytes, backup: Patch, disk_bytes: int) -> None:
    """Whether both copies of a disk's table are whole and name each other. Raises PartitionTableDamaged."""
    sector = sector_bytes(first) or 512
    primary = Header.parse(first[sector : 2 * sector])
    other = Header.parse(backup.data[-sector:])
    table_of(primary, first, sector)
    start = other.table * sector - backup.offset
    last = disk_bytes // sector - 1
    agree = (primary.own, primary.other, other.own, other.other) == (1, last, last, 1)
    if not agree or start < 0 or zlib.crc32(backup.data[start : start + other.table_bytes]) != other.table_crc:
        raise PartitionTableDamaged("The two copies of the partition table do not agree. Have the image made anew.")


def table_of(header: Header, head: bytes, sector: int) -> bytes:
    """The entries that a header names, from the disk's first bytes, their checksum proven. Raises PartitionTableDamaged."""
    table = head[header.table * sector : header.table * sector + header.table_bytes]
    if len(table) != header.table_bytes or zlib.crc32(table) != header.table_crc:
        raise PartitionTableDamaged("The checksum of the partition entries is wrong. Have the image made anew.")
    return table


def placed(header: Header, table: bytes, mbr: bytes, sector: int, disk_bytes: int) -> tuple[Patch, ...]:
    """Both copies of a table, ending at the last sector of a disk of this size; the backup is the last patch."""
    last = disk_bytes // sector - 1
    table_sectors = -(-len(table) // sector)
    primary = replace(header, own=1, other=last, last_usable=last - table_sectors - 1)
    backup = replace(primary, own=last, other=1, table=last - table_sectors)
    rear = table.ljust(table_sectors * sector, b"\0") + backup.packed().ljust(sector, b"\0")
    return (
        Patch(0, _resized(mbr, last)),
        Patch(sector, primary.packed().ljust(sector, b"\0")),
        Patch(primary.table * sector, table),
        Patch(backup.table * sector, rear),
    )


def _resized(mbr: bytes, last: int) -> bytes:
    """The protective MBR for a disk of `last` + 1 sectors; an MBR with partitions of its own is left alone."""
    if mbr[_MBR_PARTITION + 4] != _PROTECTIVE or any(mbr[_MBR_PARTITION + 16 : 510]):
        return mbr
    return mbr[: _MBR_PARTITION + 12] + struct.pack("<I", min(last, 0xFFFFFFFF)) + mbr[_MBR_PARTITION + 16 :]
