"""A disk's partition table as it stands, and changes of it: new GUIDs, the last partition grown. Pure: bytes in, patches out."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self
from uuid import UUID, uuid4

from agents.errors import Failed
from agents.image.gpt import Header, Patch, placed, sector_bytes, table_of

HEAD_BYTES: Final = 2 << 20
"""Enough of a disk's start for a table of any size that is accepted."""
_ENTRY: Final = struct.Struct("<16s16sQQQ72s")
_ALIGNMENT: Final = 1 << 20
"""Partitions end on a whole MiB, as every partitioner has it: file systems then end on their own blocks."""


class NoPartitionTable(Failed):
    """There is no GPT on this disk, and the image's finishing needs one. Have the image made anew, with a GPT."""


class PartitionAbsent(Failed):
    """The image lacks a partition that its manifest names. Have the image made anew."""


class PartitionNotLast(Failed):
    """Only the last partition of a disk can grow. Have the image made anew, or without that step."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One partition. `first` and `last` in sectors, both its own; `number` counts from 1, as the kernel's do."""

    number: int
    type: UUID
    guid: UUID
    first: int
    last: int
    attributes: int
    name: bytes

    def packed(self) -> bytes:
        """The 128 bytes of the entry."""
        return _ENTRY.pack(self.type.bytes_le, self.guid.bytes_le, self.first, self.last, self.attributes, self.name)


@dataclass(frozen=True, slots=True)
class DiskTable:
    """A GPT: its header, its entries that are in use, and what surrounds them. `sector` in bytes."""

    header: Header
    entries: tuple[Entry, ...]
    mbr: bytes
    sector: int

    @classmethod
    def parse(cls, head: bytes) -> Self:
        """The table in a disk's first bytes. Raises NoPartitionTable, PartitionTableDamaged."""
        sector = sector_bytes(head)
        if sector is None:
            raise NoPartitionTable(str(NoPartitionTable.__doc__))
        header = Header.parse(head[sector : 2 * sector])
        table, size = table_of(header, head, sector), header.entry_bytes
        raw = (table[at : at + _ENTRY.size] for at in range(0, len(table), size))
        entries = tuple(_entry(number, data) for number, data in enumerate(raw, start=1) if any(data[:16]))
        return cls(header, entries, head[:512], sector)

    @property
    def guid(self) -> UUID:
        """The disk's GUID."""
        return UUID(bytes_le=self.header.disk_guid)

    def partition(self, number: int) -> Entry:
        """A partition by its number. Raises PartitionAbsent."""
        found = next((entry for entry in self.entries if entry.number == number), None)
        if found is None:
            raise PartitionAbsent(f"The image has no partition {number}. {PartitionAbsent.__doc__}")
        return found

    def span(self, number: int) -> tuple[int, int]:
        """Where a partition lies: its first byte, and its length in bytes. Raises PartitionAbsent."""
        entry = self.partition(number)
        return entry.first * self.sector, (entry.last - entry.first + 1) * self.sector

    def with_new_guids(self, make: Callable[[], UUID] = uuid4) -> Self:
        """The same partitions under new GUIDs, the disk's too; types, names and places stay."""
        header = replace(self.header, disk_guid=make().bytes_le)
        return replace(self, header=header, entries=tuple(replace(entry, guid=make()) for entry in self.entries))

    def grown(self, number: int, disk_bytes: int) -> Self:
        """The last partition grown to the end of the disk; never shrunk. Raises PartitionAbsent, PartitionNotLast."""
        entry = self.partition(number)
        behind = [other for other in self.entries if other.first > entry.first]
        if behind:
            raise PartitionNotLast(f"Partition {behind[0].number} lies behind partition {number}. {PartitionNotLast.__doc__}")
        table_sectors = -(-self.header.table_bytes // self.sector)
        unit = _ALIGNMENT // self.sector
        end = (disk_bytes // self.sector - 1 - table_sectors) // unit * unit
        grown = replace(entry, last=max(entry.last, end - 1))
        return replace(self, entries=tuple(grown if other is entry else other for other in self.entries))

    def patches(self, disk_bytes: int) -> tuple[Patch, ...]:
        """Both copies of the table for a disk of this size, the backup last."""
        table = bytearray(self.header.table_bytes)
        for entry in self.entries:
            at = (entry.number - 1) * self.header.entry_bytes
            table[at : at + _ENTRY.size] = entry.packed()
        header = replace(self.header, table_crc=zlib.crc32(table))
        return placed(header, bytes(table), self.mbr, self.sector, disk_bytes)


def _entry(number: int, data: bytes) -> Entry:
    kind, guid, first, last, attributes, name = _ENTRY.unpack(data)
    return Entry(number, UUID(bytes_le=kind), UUID(bytes_le=guid), first, last, attributes, name)
