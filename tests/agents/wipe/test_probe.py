"""Probes of forged devices: each forgery is a device that maps, loses or refuses what lies behind its real end."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agents.shell.blockdev import BlockDevice, IoFault, open_device
from agents.shell.progress import Meter, Phase, Progress
from agents.wipe.probe import Capacity, ProbeResult, judge, probe, probe_plan
from fleet.contract.kinds import IoMode

GIB = 1 << 30
ANNOUNCED = 4 * GIB
KEY = bytes(range(32))
STRIDE = ANNOUNCED // 1024


class Genuine(BlockDevice):
    """A sparse file of any announced size, buffered."""

    def __init__(self, path: Path, fd: int, announced: int) -> None:
        super().__init__(path, fd, is_block=False, io_mode=IoMode.BUFFERED)
        self.size_bytes = announced

    def flush(self) -> None:
        """Nothing is cached here."""


class Forged(Genuine):
    """It says `size_bytes` and has `real`."""

    real = GIB

    def mapped(self, offset: int) -> int | None:
        """Where an address really lies; None where nothing is kept."""
        raise NotImplementedError

    def write_at(self, buffer: memoryview, offset: int) -> None:
        for at in range(0, len(buffer), 4096):
            place = self.mapped(offset + at)
            if place is not None:
                super().write_at(buffer[at : at + 4096], place)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        for at in range(0, len(buffer), 4096):
            place = self.mapped(offset + at)
            if place is None:
                buffer[at : at + 4096] = b"\xff" * len(buffer[at : at + 4096])
            else:
                super().read_into(buffer[at : at + 4096], place)
        return len(buffer)


class Wraps(Forged):
    def mapped(self, offset: int) -> int | None:
        return offset % self.real


class Limbo(Forged):
    def mapped(self, offset: int) -> int | None:
        return offset if offset < self.real else None


class MasksThenLoses(Forged):
    """Address lines cut off at 2 GiB, and less than that behind them: the commonest forgery."""

    def mapped(self, offset: int) -> int | None:
        place = offset % (2 * GIB)
        return place if place < self.real else None


class Drops(Forged):
    def mapped(self, offset: int) -> int | None:  # noqa: ARG002 - wherever
        return None


class Refuses(Forged):
    def mapped(self, offset: int) -> int | None:
        if offset >= self.real:
            raise IoFault(OSError(errno.EIO, os.strerror(errno.EIO)), self.path, offset)
        return offset


@contextmanager
def made(folder: Path, kind: type[Genuine], announced: int = ANNOUNCED) -> Iterator[Genuine]:
    file = folder / "stick.img"
    file.touch()
    os.truncate(file, announced)
    device = kind(file, os.open(file, os.O_RDWR), announced)
    with device:
        yield device


def probed(device: BlockDevice, halted: Callable[[], bool] = lambda: False, seen: list[Progress] | None = None) -> ProbeResult:
    plan = probe_plan(KEY, device.size_bytes, 512)
    meter = Meter(Phase.WRITE, 2 * plan.total_bytes, (seen if seen is not None else []).append)
    result = probe(device, plan, halted, meter)
    meter.finish()
    return result


@pytest.mark.parametrize("announced", [ANNOUNCED, ANNOUNCED + 512, 8192, 1 << 20, 3 * GIB // 2])
def test_a_genuine_device_is_said_to_be(tmp_path: Path, announced: int) -> None:
    with made(tmp_path, Genuine, announced) as device:
        assert probed(device) == ProbeResult(Capacity.GENUINE)


@pytest.mark.parametrize(
    "real", [GIB, 2 * GIB, GIB - 64 * 1024, 1_073_745_920 + 4096 * 777, 5 * STRIDE, ANNOUNCED - STRIDE - 4096]
)
@pytest.mark.parametrize("kind", [Wraps, Limbo])
def test_a_smaller_device_is_found_whatever_its_real_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Forged], real: int
) -> None:
    monkeypatch.setattr(kind, "real", real)
    with made(tmp_path, kind) as device:
        found = probed(device)
    assert found.capacity is Capacity.SMALLER
    assert found.real_bytes is not None
    assert real - STRIDE <= found.real_bytes <= real
    if kind is Wraps:
        assert found.real_bytes == real
    assert found.lost_blocks > 0


def test_any_wrap_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        draw = int.from_bytes(hashlib.sha256(bytes([number])).digest()[:8], "big")
        real = (STRIDE + draw % (ANNOUNCED - 2 * STRIDE)) // 4096 * 4096
        monkeypatch.setattr(Wraps, "real", real)
        (folder := tmp_path / str(number)).mkdir()
        with made(folder, Wraps) as device:
            assert probed(device).real_bytes == real
        (folder / "stick.img").unlink()


def test_cut_address_lines_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MasksThenLoses, "real", GIB + 333 * 4096)
    with made(tmp_path, MasksThenLoses) as device:
        found = probed(device)
    assert found.capacity is Capacity.SMALLER
    assert found.real_bytes is not None
    assert GIB + 333 * 4096 - STRIDE <= found.real_bytes <= GIB + 333 * 4096


def test_a_cache_does_not_hide_what_is_missing(tmp_path: Path) -> None:
    """It remembers its last hundred writes: what lies behind its real end must be written before that, and read after it."""

    class Remembers(Limbo):
        real = ANNOUNCED - 20 * STRIDE

        def write_at(self, buffer: memoryview, offset: int) -> None:
            super().write_at(buffer, offset)
            self.cache = dict([*getattr(self, "cache", {}).items(), (offset, bytes(buffer))][-100:])

        def read_into(self, buffer: memoryview, offset: int) -> int:
            if offset not in self.cache:
                return super().read_into(buffer, offset)
            buffer[:] = self.cache[offset]
            return len(buffer)

    with made(tmp_path, Remembers) as device:
        assert probed(device).capacity is Capacity.SMALLER


def test_a_device_that_keeps_nothing_drops_writes(tmp_path: Path) -> None:
    with made(tmp_path, Drops) as device:
        assert probed(device).capacity is Capacity.DROPS_WRITES


def test_a_worn_device_that_loses_some_drops_writes(tmp_path: Path) -> None:
    class Worn(Forged):
        def mapped(self, offset: int) -> int | None:
            return None if offset == 100 * STRIDE else offset

    with made(tmp_path, Worn) as device:
        assert probed(device) == ProbeResult(Capacity.DROPS_WRITES, lost_blocks=1)


def test_a_device_that_refuses_everything_is_not_judged(tmp_path: Path) -> None:
    class Dead(Refuses):
        real = 0

    with made(tmp_path, Dead) as device:
        found = probed(device)
    assert found.capacity is Capacity.INCONCLUSIVE
    assert len(found.faults) == 16


def test_errors_behind_the_real_end_are_a_smaller_device(tmp_path: Path) -> None:
    class Short(Refuses):
        real = ANNOUNCED - 2 * STRIDE

    with made(tmp_path, Short) as device:
        found = probed(device)
    assert found.capacity is Capacity.SMALLER
    assert found.faults


def test_a_flush_that_fails_or_a_halt_judges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_self: BlockDevice) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with made(tmp_path, Genuine) as device:
        assert probed(device, lambda: True).capacity is Capacity.INCONCLUSIVE
        monkeypatch.setattr(Genuine, "flush", fails)
        found = probed(device)
    assert (found.capacity, len(found.faults)) == (Capacity.INCONCLUSIVE, 1)


def test_one_wrong_byte_of_a_block_is_a_lost_block(tmp_path: Path) -> None:
    class Flips(Genuine):
        def read_into(self, buffer: memoryview, offset: int) -> int:
            count = super().read_into(buffer, offset)
            if offset == 7 * STRIDE:
                buffer[4095] ^= 1
            return count

    with made(tmp_path, Flips) as device:
        assert probed(device).lost_blocks == 1


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with made(tmp_path, Genuine) as device:
        probed(device, seen=seen)
    assert seen[-1].done_bytes == seen[-1].total_bytes


def test_powers_of_two_random_places_and_the_end_are_asked() -> None:
    plan = probe_plan(KEY, ANNOUNCED, 512)
    assert {1 << power for power in range(23, 32)} <= {*plan.singles}
    assert {(1 << power) - 4096 for power in range(23, 33)} <= {*plan.singles}
    assert plan.singles[-1] == ANNOUNCED - 4096
    other = probe_plan(KEY[::-1], ANNOUNCED, 512)
    assert len({*plan.singles} ^ {*other.singles}) > 100
    assert plan.total_bytes < ANNOUNCED // 400
    ends = [start + length for start, length in plan.spans]
    assert all(start >= end for (start, _), end in zip(plan.spans[1:], ends, strict=False))
    with pytest.raises(ValueError, match="too few"):
        probe_plan(KEY, 4096, 512)


def test_judging_is_pure() -> None:
    plan = probe_plan(KEY, ANNOUNCED, 512)
    assert judge(plan, {0: 0, 4096: 4096}).capacity is Capacity.GENUINE
    assert judge(plan, {0: 0, 4096: -1}).real_bytes == 4096
    assert judge(plan, {0: 0, 4096: 4096, 3 << 20: 1 << 20}).real_bytes == 2 << 20
    assert judge(plan, {0: -1, 4096: 4096}).capacity is Capacity.DROPS_WRITES


@pytest.mark.loop
def test_a_genuine_loop_device_is_said_to_be(tmp_path: Path, loop_device: Callable[..., Path]) -> None:
    file = tmp_path / "stick.img"
    file.write_bytes(bytes((32 << 20) + 512))
    with open_device(loop_device(file), write=True) as device:
        assert device.io_mode is IoMode.DIRECT
        assert probed(device) == ProbeResult(Capacity.GENUINE)
