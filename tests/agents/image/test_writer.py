"""Files as targets, and devices that lie: each check of the writer has a test that fails without it."""

import errno
import os
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.errors import Failed, Refused
from agents.image.bmap import Bmap, BmapError, MappedRange, parse_bmap, to_xml
from agents.image.catalogue import LocalImage
from agents.image.gpt import Header
from agents.image.onto import ImageResult, ImageWriteFailed, ImagingStopped, ReadBackDiffers
from agents.image.ranges import ImageAltered
from agents.image.reader import ImageFileDamaged
from agents.image.target import TargetTooSmall
from agents.image.writer import write_image
from agents.shell.blockdev import BlockDevice, DeviceGone, open_device
from agents.shell.progress import Phase, Progress
from fleet.contract.kinds import Compression

MIB = 1 << 20
SIZE = 12 * MIB
Packer = Callable[..., LocalImage]


def target(tmp_path: Path, size: int = SIZE) -> Path:
    file = tmp_path / "target.img"
    file.write_bytes(random.Random(9).randbytes(size))  # noqa: S311 - old data of a test
    return file


def write(file: Path, image: LocalImage, stop: threading.Event, *, zero_unmapped: bool = True) -> ImageResult:
    with open_device(file, write=True) as device:
        return write_image(device, image, zero_unmapped=zero_unmapped, stop=stop)


def mapped(image: LocalImage) -> Bmap:
    return parse_bmap(image.manifest.bmap)


@pytest.mark.parametrize("compression", Compression)
def test_a_target_of_the_same_size_becomes_the_image_byte_for_byte(
    packed: Packer, tmp_path: Path, go: threading.Event, compression: Compression
) -> None:
    image, file = packed(SIZE, compression), target(tmp_path)
    result = write(file, image, go)
    assert file.read_bytes() == (tmp_path / "raw.img").read_bytes()
    assert result.mapped_bytes == result.read_back_bytes == mapped(image).mapped_bytes
    assert result.mapped_bytes + result.zeroed_bytes == SIZE
    assert (result.sha256, result.table_moved) == (image.manifest.sha256, False)


@pytest.mark.parametrize("more", [512, 3584, MIB - 512, MIB, 3 * MIB + 512])
def test_on_a_larger_target_the_table_moves_and_nothing_else_differs(
    packed: Packer, tmp_path: Path, go: threading.Event, more: int
) -> None:
    image, file = packed(), target(tmp_path, SIZE + more)
    old_end = file.read_bytes()[SIZE:]
    result = write(file, image, go)
    raw, found = (tmp_path / "raw.img").read_bytes(), file.read_bytes()
    assert result.table_moved
    last = len(found) // 512 - 1
    assert Header.parse(found[512:1024]).other == last
    assert Header.parse(found[-512:]).own == last
    backup = len(found) - 33 * 512
    assert found[1024 : min(SIZE, backup)] == raw[1024 : min(SIZE, backup)]
    kept = max(0, more - MIB)
    assert found[SIZE : SIZE + kept] == old_end[:kept]
    if backup > SIZE + kept:
        assert not any(found[SIZE + kept : backup])


def test_an_image_whose_size_is_no_whole_block_leaves_what_lies_behind_it(
    packed: Packer, tmp_path: Path, go: threading.Event
) -> None:
    image, file = packed(SIZE + 512 * 3), target(tmp_path, SIZE + 3 * MIB)
    before = file.read_bytes()
    write(file, image, go, zero_unmapped=False)
    found, raw = file.read_bytes(), (tmp_path / "raw.img").read_bytes()
    for one in mapped(image).ranges:
        start, end = mapped(image).span(one)
        assert found[max(start, 1024) : end] == raw[max(start, 1024) : end]
    table_end = 34 * 512
    for start, end in mapped(image).holes:
        assert found[max(start, table_end) : end] == before[max(start, table_end) : end]
    assert found[len(raw) : -33 * 512] == before[len(raw) : -33 * 512]


def test_progress_reaches_its_end_in_both_phases(packed: Packer, tmp_path: Path, go: threading.Event) -> None:
    seen: list[Progress] = []
    with open_device(target(tmp_path), write=True) as device:
        write_image(device, packed(), zero_unmapped=True, on_progress=seen.append, stop=go)
    for phase in (Phase.IMAGE, Phase.READ_BACK):
        last = [progress for progress in seen if progress.phase is phase][-1]
        assert last.done_bytes == last.total_bytes > 0


@pytest.mark.parametrize("less", [512, 4096, 5 * MIB])
def test_a_smaller_target_is_refused_untouched_with_both_sizes(
    packed: Packer, tmp_path: Path, go: threading.Event, less: int
) -> None:
    image, file = packed(), target(tmp_path, SIZE - less)
    before = file.read_bytes()
    with pytest.raises(TargetTooSmall, match=rf"{SIZE - less} bytes.*needs {SIZE}") as caught:
        write(file, image, go)
    assert isinstance(caught.value, Refused)
    assert file.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "more", "altered"])
def test_a_damaged_file_is_refused_untouched(packed: Packer, tmp_path: Path, go: threading.Event, damage: str) -> None:
    image, file = packed(), target(tmp_path)
    data, before = bytearray(image.path.read_bytes()), file.read_bytes()
    data[len(data) // 2] ^= damage == "altered"
    image.path.write_bytes({"cut": data[:-1], "more": data + b"x", "altered": data}[damage])
    with pytest.raises(ImageFileDamaged, match="Nothing was written"):
        write(file, image, go)
    assert file.read_bytes() == before


def with_map(image: LocalImage, bmap: Bmap) -> LocalImage:
    return replace(image, manifest=image.manifest.model_copy(update={"bmap": to_xml(bmap)}))


def test_a_range_with_another_checksum_fails(packed: Packer, tmp_path: Path, go: threading.Event) -> None:
    image = packed()
    bmap = mapped(image)
    wrong = replace(bmap.ranges[1], sha256="0" * 64)
    changed = with_map(image, replace(bmap, ranges=(bmap.ranges[0], wrong, *bmap.ranges[2:])))
    with pytest.raises(ImageAltered, match="another SHA-256 than its block map"):
        write(target(tmp_path), changed, go)


def test_a_map_that_leaves_data_out_fails(packed: Packer, tmp_path: Path, go: threading.Event) -> None:
    image = packed()
    bmap = mapped(image)
    with pytest.raises(ImageAltered, match="leaves out"):
        write(target(tmp_path), with_map(image, replace(bmap, ranges=(bmap.ranges[0], *bmap.ranges[2:]))), go)


def test_a_map_of_another_image_is_refused(packed: Packer, tmp_path: Path, go: threading.Event) -> None:
    image, file = packed(), target(tmp_path)
    before = file.read_bytes()
    with pytest.raises(BmapError, match=r"4096 bytes, the manifest of one of"):
        write(file, with_map(image, Bmap(4096, 4096, (MappedRange(0, 0, "0" * 64),))), go)
    assert file.read_bytes() == before


class Dropping(BlockDevice):
    """A device that says it wrote, and at one place did not."""

    place = 4 * MIB

    def write_at(self, buffer: memoryview, offset: int) -> None:
        if not offset <= self.place < offset + len(buffer):
            super().write_at(buffer, offset)


class Failing(BlockDevice):
    """A device that reports an error in the middle, as a dying or an unplugged one does."""

    def write_at(self, buffer: memoryview, offset: int) -> None:
        if offset >= 4 * MIB:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().write_at(buffer, offset)


class Unplugged(BlockDevice):
    """A device that goes while it is written; on a file nothing but its name goes."""

    def write_at(self, buffer: memoryview, offset: int) -> None:
        super().write_at(buffer, offset)
        self.path.unlink(missing_ok=True)


def lying(kind: type[BlockDevice], file: Path) -> BlockDevice:
    honest = open_device(file, write=True)
    return kind(file, os.dup(honest.fd), is_block=False, io_mode=honest.io_mode)


@pytest.mark.parametrize(
    ("kind", "failure", "said"),
    [
        (Dropping, ReadBackDiffers, "not sound"),
        (Failing, ImageWriteFailed, "Input/output error"),
        (Unplugged, DeviceGone, "no longer there"),
    ],
)
def test_a_device_that_lies_fails_or_goes_never_gives_a_result(
    packed: Packer, tmp_path: Path, go: threading.Event, kind: type[BlockDevice], failure: type[Failed], said: str
) -> None:
    image = packed()
    with lying(kind, target(tmp_path)) as device, pytest.raises(failure, match=said):
        write_image(device, image, zero_unmapped=True, stop=go)


def test_stopped_before_the_first_byte_nothing_is_touched(packed: Packer, tmp_path: Path, go: threading.Event) -> None:
    image, file = packed(), target(tmp_path)
    before = file.read_bytes()
    go.set()
    with pytest.raises(ImagingStopped):
        write(file, image, go)
    assert file.read_bytes() == before


def test_stopped_in_the_middle_there_is_no_result(packed: Packer, tmp_path: Path, go: threading.Event) -> None:
    class Stopping(BlockDevice):
        def flush(self) -> None:
            super().flush()
            go.set()

    with lying(Stopping, target(tmp_path)) as device, pytest.raises(ImagingStopped, match="not usable"):
        write_image(device, packed(), zero_unmapped=True, stop=go)


@pytest.mark.parametrize("option", [(), ("--sector-size", "4096")])
@pytest.mark.loop
def test_a_loop_device_takes_its_image_by_direct_io_if_its_sectors_are_the_images(
    packed: Packer, tmp_path: Path, go: threading.Event, loop_device: Callable[..., Path], option: tuple[str, ...]
) -> None:
    size = SIZE + 3 * MIB + (0 if option else 512)
    image, file = packed(), target(tmp_path, size)
    before = file.read_bytes()
    node = loop_device(file, *option)
    if option:
        with pytest.raises(Refused, match=r"sectors of 4096 bytes.*made for 512.*Nothing was written"):
            write(node, image, go)
        assert file.read_bytes() == before
        return
    result = write(node, image, go)
    assert result.io_mode == "direct"
    found = file.read_bytes()
    assert found[1024:SIZE] == (tmp_path / "raw.img").read_bytes()[1024:]
    assert Header.parse(found[-512:]).own == size // 512 - 1
