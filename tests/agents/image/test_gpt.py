import zlib
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.image.gpt import Header, Partition, PartitionTableDamaged, check_table, moved_to_end, new_table, sector_bytes
from agents.shell.run import run

MIB = 1 << 20
PART = Partition("system \u00e9", UUID(int=7), 2048, 8191)


def disk(size: int) -> bytearray:
    content = bytearray(size)
    for change in new_table(size, UUID(int=1), (PART,)):
        content[change.offset : change.offset + len(change.data)] = change.data
    return content


def test_a_new_table_has_both_copies_where_the_standard_wants_them() -> None:
    content = disk(8 * MIB)
    last = 8 * MIB // 512 - 1
    primary, backup = Header.parse(bytes(content[512:1024])), Header.parse(bytes(content[-512:]))
    assert (primary.own, primary.other, primary.table) == (1, last, 2)
    assert (backup.own, backup.other, backup.table) == (last, 1, last - 32)
    assert (primary.first_usable, primary.last_usable) == (34, last - 33)
    assert content[510:512] == b"\x55\xaa"
    assert sector_bytes(bytes(content)) == 512
    assert moved_to_end(bytes(content[: 2 * MIB]), 8 * MIB) is None


@given(st.integers(1, 5000))
def test_moved_to_a_larger_disk_both_copies_agree_and_the_partition_stays(more: int) -> None:
    head = bytes(disk(8 * MIB)[: 2 * MIB])
    size = 8 * MIB + more * 512
    changes = moved_to_end(head, size)
    assert changes is not None
    moved = bytearray(head)
    for change in changes[:-1]:
        moved[change.offset : change.offset + len(change.data)] = change.data
    check_table(bytes(moved), changes[-1], size)
    assert changes[-1].offset + len(changes[-1].data) == size
    assert moved[1024 : 1024 + 128] == head[1024 : 1024 + 128]
    assert moved_to_end(bytes(moved), size) is None
    assert int.from_bytes(moved[458:462], "little") == size // 512 - 1


def test_an_image_without_a_table_is_left_alone() -> None:
    assert moved_to_end(bytes(MIB), 8 * MIB) is None
    assert sector_bytes(b"") is None


@pytest.mark.parametrize("place", [512 + 24, 512 + 56, 512 + 80, 1024 + 5, 1024 + 16383])
def test_a_changed_byte_is_found(place: int) -> None:
    head = disk(8 * MIB)[: 2 * MIB]
    head[place] ^= 1
    with pytest.raises(PartitionTableDamaged, match="checksum"):
        moved_to_end(bytes(head), 9 * MIB)


def test_a_header_that_claims_a_huge_table_is_refused_though_its_checksum_is_right() -> None:
    sector = disk(8 * MIB)[512:1024]
    sector[80:84] = (1 << 31).to_bytes(4, "little")
    sector[16:20] = bytes(4)
    sector[16:20] = zlib.crc32(bytes(sector[:92])).to_bytes(4, "little")
    with pytest.raises(PartitionTableDamaged):
        Header.parse(bytes(sector))


def test_copies_that_do_not_agree_are_found() -> None:
    content = disk(8 * MIB)
    changes = moved_to_end(bytes(content[: 2 * MIB]), 9 * MIB)
    assert changes is not None
    with pytest.raises(PartitionTableDamaged, match="do not agree"):
        check_table(bytes(content[: 2 * MIB]), changes[-1], 9 * MIB)


@pytest.mark.process
def test_sgdisk_finds_no_fault_in_a_new_and_in_a_moved_table(tmp_path: Path) -> None:
    file = tmp_path / "disk.img"
    content = disk(8 * MIB)
    for size in (8 * MIB, 13 * MIB + 512):
        content.extend(bytes(size - len(content)))
        for change in moved_to_end(bytes(content[: 2 * MIB]), size) or ():
            content[change.offset : change.offset + len(change.data)] = change.data
        file.write_bytes(content)
        said = run(["sgdisk", "-v", str(file)], timeout_s=30)
        assert "No problems found" in said.stdout
        assert not said.stderr
        shown = run(["sgdisk", "-i", "1", str(file)], timeout_s=30)
        assert "system \u00e9" in shown.stdout
