"""Partition tables changed as bytes. What sgdisk and a booting kernel think of them is tried where disks are finished."""

from dataclasses import replace
from uuid import UUID

import pytest

from agents.image.gpt import LINUX_DATA, PartitionTableDamaged, new_table
from agents.image.partitions import DiskTable, Entry, NoPartitionTable, PartitionAbsent, PartitionNotLast

MIB = 1 << 20
DISK = 64 * MIB


def head_of(table: DiskTable, disk_bytes: int = DISK) -> bytes:
    disk = bytearray(disk_bytes)
    for change in table.patches(disk_bytes):
        disk[change.offset : change.offset + len(change.data)] = change.data
    return bytes(disk[: 2 * MIB])


def table() -> DiskTable:
    first, *_ = new_table(DISK, UUID(int=9), ())
    disk = bytearray(2 * MIB)
    for change in new_table(DISK, UUID(int=9), ()):
        if change.offset < len(disk):
            disk[change.offset : change.offset + len(change.data)] = change.data
    assert disk[:512] == first.data
    name = "root".encode("utf-16-le").ljust(72, b"\0")
    entries = (
        Entry(2, LINUX_DATA, UUID(int=2), 20 * 2048, 40 * 2048 - 1, 4, name),  # numbers do not follow places
        Entry(5, LINUX_DATA, UUID(int=5), 1 * 2048, 20 * 2048 - 1, 0, name),
    )
    return replace(DiskTable.parse(bytes(disk)), entries=entries)


def test_a_table_reads_back_as_it_was_written() -> None:
    again = DiskTable.parse(head_of(table()))
    assert again.entries == table().entries
    assert again.guid == UUID(int=9)
    assert again.span(5) == (MIB, 19 * MIB)


def test_new_guids_and_nothing_else() -> None:
    before, after = table(), table().with_new_guids()
    assert len({after.guid, *(entry.guid for entry in after.entries)} | {before.guid, UUID(int=2), UUID(int=5)}) == 6
    assert [replace(entry, guid=UUID(int=0)) for entry in after.entries] == [
        replace(entry, guid=UUID(int=0)) for entry in before.entries
    ]


@pytest.mark.parametrize(("disk_mib", "end_mib"), [(64, 63), (41, 40), (40, 40), (4000, 3999)])
def test_the_last_partition_grows_to_a_whole_mib_and_never_shrinks(disk_mib: int, end_mib: int) -> None:
    start, length = table().grown(2, disk_mib * MIB).span(2)
    assert (start, start + length) == (20 * MIB, end_mib * MIB)


def test_what_cannot_grow() -> None:
    with pytest.raises(PartitionNotLast, match="Partition 2 lies behind partition 5"):
        table().grown(5, DISK)
    with pytest.raises(PartitionAbsent, match="no partition 3"):
        table().grown(3, DISK)


def test_a_disk_without_a_table_and_a_damaged_one() -> None:
    with pytest.raises(NoPartitionTable):
        DiskTable.parse(bytes(2 * MIB))
    damaged = bytearray(head_of(table()))
    damaged[1024 + 3] ^= 1
    with pytest.raises(PartitionTableDamaged):
        DiskTable.parse(bytes(damaged))
