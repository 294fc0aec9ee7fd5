"""One image to several targets: a failing, a lying, a slow or a stopped one never takes the others along."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from agents.errors import AgentError
from agents.image import fanout, source
from agents.image.catalogue import LocalImage
from agents.image.lane import LaneDied
from agents.image.onto import ImageResult, ImageWriteFailed, ImagingStopped, ReadBackDiffers, Target
from agents.image.pack import ImageLabel, pack_image
from agents.image.ranges import ImageAltered
from agents.image.writer import write_images
from agents.shell.blockdev import BlockDevice, open_device
from fleet.contract.kinds import DeviceKind

MIB = 1 << 20
Packer = Callable[..., LocalImage]
Fate = ImageResult | AgentError


class Failing(BlockDevice):
    """Ends with an error after a while."""

    def write_at(self, buffer: memoryview, offset: int) -> None:
        if offset >= 4 * MIB:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().write_at(buffer, offset)


class Lying(BlockDevice):
    """Says that it wrote, and changes a byte."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        count = super().read_into(buffer, offset)
        if offset <= 5 * MIB < offset + count:
            buffer[5 * MIB - offset] ^= 1
        return count


class Slow(BlockDevice):
    """Takes its time."""

    def write_at(self, buffer: memoryview, offset: int) -> None:
        time.sleep(0.15)
        super().write_at(buffer, offset)


def dense(folder: Path) -> LocalImage:
    """An image with data in each of its eight chunks: more than there are buffers in the test of the slow target."""
    raw = folder / "raw.img"
    raw.write_bytes(b"".join(bytes([number + 1]) * MIB + bytes(3 * MIB) for number in range(8)))
    return pack_image(raw, folder, ImageLabel("dense", "1", "nl-BE", DeviceKind.LAPTOP), datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[Callable[..., list[Target]]]:
    with ExitStack() as opened:

        def make(*kinds: type[BlockDevice], size: int = 12 * MIB) -> list[Target]:
            made = []
            for number, kind in enumerate(kinds):
                file = tmp_path / f"target-{number}"
                file.write_bytes(bytes([0xA5]) * size)
                honest = opened.enter_context(open_device(file, write=True))
                device = kind(file, os.dup(honest.fd), is_block=False, io_mode=honest.io_mode)
                made.append(Target(opened.enter_context(device), zero_unmapped=True, stop=threading.Event()))
            return made

        yield make


def fates(targets: list[Target], image: LocalImage, patience_s: float = 5.0) -> list[Fate]:
    found: list[Fate] = []
    for lane in write_images(targets, image, patience_s=patience_s):
        try:
            found.append(lane.result())
        except AgentError as error:
            found.append(error)
    return found


def content(target: Target) -> bytes:
    return target.device.path.read_bytes()


def test_four_targets_become_the_image_from_one_decompression(
    packed: Packer, targets: Callable[..., list[Target]], tmp_path: Path
) -> None:
    image, made = packed(), targets(*[BlockDevice] * 4)
    with patch.object(fanout, "proven_chunks", wraps=source.proven_chunks) as read:
        results = fates(made, image)
    assert read.call_count == 1
    assert all(isinstance(result, ImageResult) for result in results)
    assert {content(target) for target in made} == {(tmp_path / "raw.img").read_bytes()}


def test_one_that_fails_and_one_that_lies_do_not_take_the_others_along(
    packed: Packer, targets: Callable[..., list[Target]], tmp_path: Path
) -> None:
    image, made = packed(), targets(BlockDevice, Failing, Lying, BlockDevice)
    good, failed, lied, also_good = fates(made, image)
    assert isinstance(good, ImageResult)
    assert isinstance(also_good, ImageResult)
    assert isinstance(failed, ImageWriteFailed)
    assert isinstance(lied, ReadBackDiffers)
    assert content(made[0]) == content(made[3]) == (tmp_path / "raw.img").read_bytes()


def test_one_that_is_stopped_leaves_the_others_alone(packed: Packer, targets: Callable[..., list[Target]]) -> None:
    made = targets(BlockDevice, BlockDevice)
    made[0].stop.set()
    stopped, good = fates(made, packed())
    assert isinstance(stopped, ImagingStopped)
    assert isinstance(good, ImageResult)


def test_an_altered_image_fails_them_all(packed: Packer, targets: Callable[..., list[Target]]) -> None:
    image = packed()
    with patch.object(fanout, "proven_chunks", side_effect=ImageAltered("altered")):
        assert all(isinstance(fate, ImageAltered) for fate in fates(targets(BlockDevice, BlockDevice), image))


def test_a_reader_that_dies_leaves_nobody_with_half_an_image(
    packed: Packer, targets: Callable[..., list[Target]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _told: None)
    image = packed()
    with patch.object(fanout, "proven_chunks", side_effect=MemoryError):
        assert all(isinstance(fate, LaneDied) for fate in fates(targets(BlockDevice, BlockDevice), image))


def test_a_slow_one_is_left_behind_and_still_becomes_the_image(
    targets: Callable[..., list[Target]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "_QUEUED", 0)
    monkeypatch.setattr(source, "decoders", lambda: 1)
    monkeypatch.setattr(fanout, "decoders", lambda: 1)
    image, made = dense(tmp_path), targets(BlockDevice, Slow, size=32 * MIB)
    with patch.object(fanout, "proven_chunks", wraps=source.proven_chunks) as read:
        results = fates(made, image, patience_s=0.05)
    assert all(isinstance(result, ImageResult) for result in results), results
    assert read.call_count == 2
    assert content(made[0]) == content(made[1]) == (tmp_path / "raw.img").read_bytes()


@pytest.mark.loop
def test_two_loop_devices_past_the_page_cache(packed: Packer, tmp_path: Path, loop_device: Callable[..., Path]) -> None:
    image, nodes = packed(), []
    for number in range(2):
        file = tmp_path / f"target-{number}"
        file.write_bytes(b"\xa5" * 12 * MIB)
        nodes.append(loop_device(file))
    with ExitStack() as opened:
        devices = [opened.enter_context(open_device(node, write=True)) for node in nodes]
        results = fates([Target(device, zero_unmapped=True, stop=threading.Event()) for device in devices], image)
    assert [result.io_mode for result in results if isinstance(result, ImageResult)] == ["direct", "direct"]
    assert {(tmp_path / f"target-{number}").read_bytes() for number in range(2)} == {(tmp_path / "raw.img").read_bytes()}
