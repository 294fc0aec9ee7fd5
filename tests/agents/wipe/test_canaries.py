"""Planting and reading samples on plain files, with the ways in which a device may lie put in at its own calls."""

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agents.shell.blockdev import BlockDevice, IoFault, open_device
from agents.shell.progress import Meter, Phase, Progress
from agents.wipe.canaries import DroppedWrites, Planting, SampleReading, plant, verify_samples
from agents.wipe.fingerprints import Fingerprints, FingerprintsMismatch
from agents.wipe.lanes import Lanes
from agents.wipe.patterns import Keystream
from agents.wipe.sampling import SamplePlan, sample_plan
from fleet.contract.kinds import IoMode

SIZE = (64 << 20) + 512
SEED = "5a" * 32


@dataclass
class Medium:
    """A file held as a device, its plan, and one set of lanes a step."""

    device: BlockDevice
    plan: SamplePlan
    file: Path
    faults: tuple[IoFault, ...] = ()
    seen: list[Progress] | None = None

    def plant(self, *, halted: bool = False) -> Planting:
        with Lanes(lambda: halted) as lanes:
            meter = Meter(Phase.WRITE, self.plan.planting_bytes, self._see)
            planting = plant(self.device, self.plan, lanes, meter)
            meter.finish()
            self.faults = tuple(lanes.faults)
        return planting

    def planted(self) -> Fingerprints:
        fingerprints = self.plant().fingerprints
        assert fingerprints is not None
        return fingerprints

    def verify(self, fingerprints: Fingerprints, *, halted: bool = False) -> SampleReading:
        with Lanes(lambda: halted) as lanes:
            meter = Meter(Phase.VERIFY, self.plan.total_bytes, self._see)
            reading = verify_samples(self.device, self.plan, fingerprints, lanes, meter)
            meter.finish()
            self.faults = tuple(lanes.faults)
        return reading

    def write(self, data: bytes, offset: int) -> None:
        with self.file.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def read(self, offset: int, length: int) -> bytes:
        with self.file.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def erase(self, byte: bytes = b"\0") -> None:
        """What a firmware does."""
        with self.file.open("r+b") as file:
            file.truncate(0)
            if byte == b"\0":
                file.truncate(SIZE)
            else:
                file.write(byte * SIZE)

    def _see(self, progress: Progress) -> None:
        if self.seen is not None:
            self.seen.append(progress)


@pytest.fixture
def medium(tmp_path: Path) -> Iterator[Medium]:
    """64 MiB of old data with an odd tail."""
    file = tmp_path / "medium.img"
    data = bytearray(SIZE)
    with memoryview(data) as view:
        for offset in range(0, SIZE, 4 << 20):
            Keystream(b"old data" * 4).fill(view[offset : offset + (4 << 20)], offset)
    file.write_bytes(data)
    with open_device(file, write=True) as device:
        yield Medium(device, sample_plan(SEED, SIZE, 512), file)


def test_erased_media_are_proven(medium: Medium) -> None:
    planting = medium.plant()
    assert planting.fingerprints is not None
    assert (planting.canaries, planting.unreadable) == (2002, ())
    for byte in (b"\0", b"\xff"):
        medium.erase(byte)
        reading = medium.verify(planting.fingerprints)
        assert reading.proven
        assert (reading.bytes_read, reading.coverage_ppm) == (medium.plan.total_bytes, medium.plan.coverage_ppm)
        assert (reading.sampling.sections, reading.sampling.samples, reading.sampling.canaries_planted) == (1000, 2002, 2002)


def test_crypto_erased_media_read_as_anything_and_are_proven(medium: Medium) -> None:
    fingerprints = medium.planted()
    medium.file.write_bytes(os.urandom(SIZE))
    assert medium.verify(fingerprints).proven


def test_an_erasure_that_never_ran_is_found_in_every_sample(medium: Medium) -> None:
    reading = medium.verify(medium.planted())
    assert not reading.proven
    assert reading.sampling.unchanged_samples == reading.sampling.canaries_found == 2002


def test_an_empty_medium_that_was_not_erased_is_found_by_its_canaries(medium: Medium) -> None:
    medium.erase()
    reading = medium.verify(medium.planted())
    assert reading.sampling.unchanged_samples == reading.sampling.canaries_found == 2002


def test_an_empty_medium_that_was_erased_is_proven(medium: Medium) -> None:
    medium.erase()
    fingerprints = medium.planted()
    medium.erase()
    assert medium.verify(fingerprints).proven


def test_one_canary_left_is_found(medium: Medium) -> None:
    fingerprints, sample = medium.planted(), medium.plan.samples[1234]
    canary = medium.read(sample.canary_offset, sample.canary_length)
    medium.erase()
    medium.write(canary[512:1024], sample.canary_offset + 512)
    sampling = medium.verify(fingerprints).sampling
    assert (sampling.unchanged_samples, sampling.canaries_found) == (1, 1)


def test_a_canary_that_moved_to_another_sample_is_found(medium: Medium) -> None:
    fingerprints, sample, other = medium.planted(), medium.plan.samples[3], medium.plan.samples[1500]
    canary = medium.read(sample.canary_offset, sample.canary_length)
    medium.erase()
    medium.write(canary[:512], other.end - 512)
    sampling = medium.verify(fingerprints).sampling
    assert (sampling.unchanged_samples, sampling.canaries_found) == (0, 1)


def test_a_drive_that_lost_its_cache_and_erased_nothing_is_found(medium: Medium) -> None:
    """All canaries are gone, and all reads as before them."""
    before = medium.file.read_bytes()
    fingerprints = medium.planted()
    medium.write(before, 0)
    sampling = medium.verify(fingerprints).sampling
    assert (sampling.unchanged_samples, sampling.canaries_found) == (2002, 0)


def test_old_data_beside_an_erased_canary_is_found(tmp_path: Path) -> None:
    """Only what was written last has been erased: the other grains of a witness tell."""
    size = 1 << 30
    plan = sample_plan(SEED, size, 512)
    sample = next(sample for sample in plan.samples[1:] if sample.canary_offset > sample.witness_offset)
    file = tmp_path / "medium.img"
    with file.open("wb") as sparse:
        sparse.truncate(size)
        sparse.seek(sample.witness_offset)
        sparse.write(os.urandom(sample.witness_length))
    with open_device(file, write=True) as device:
        medium = Medium(device, plan, file)
        fingerprints = medium.planted()
        for each in plan.samples:
            medium.write(bytes(each.canary_length), each.canary_offset)
        sampling = medium.verify(fingerprints).sampling
    assert (sampling.unchanged_samples, sampling.canaries_found) == (1, 0)


WriteAt = Callable[[BlockDevice, memoryview, int], None]


def test_dropped_writes_are_found_when_planting(medium: Medium, monkeypatch: pytest.MonkeyPatch) -> None:
    real: WriteAt = BlockDevice.write_at
    kept = medium.plan.samples[77].canary_offset

    def drops(self: BlockDevice, buffer: memoryview, offset: int) -> None:
        if offset != kept:
            real(self, buffer, offset)

    monkeypatch.setattr(BlockDevice, "write_at", drops)
    with pytest.raises(DroppedWrites, match=f"1 of 2002 test blocks, the first at byte {kept}"):
        medium.plant()


def faulty(name: str, at: int) -> Callable[..., object]:
    real = getattr(BlockDevice, name)

    def call(self: BlockDevice, buffer: memoryview, offset: int) -> object:
        if offset <= at < offset + len(buffer):
            raise IoFault(OSError(errno.EIO, os.strerror(errno.EIO)), self.path, at)
        return real(self, buffer, offset)

    return call


def test_a_witness_that_cannot_be_read_is_planted_all_the_same(medium: Medium, monkeypatch: pytest.MonkeyPatch) -> None:
    at = medium.plan.samples[5].witness_offset
    real = BlockDevice.read_into
    reads: list[int] = []

    def once(self: BlockDevice, buffer: memoryview, offset: int) -> int:
        if offset == at and not reads:
            reads.append(offset)
            raise IoFault(OSError(errno.EIO, os.strerror(errno.EIO)), self.path, offset)
        return real(self, buffer, offset)

    monkeypatch.setattr(BlockDevice, "read_into", once)
    planting = medium.plant()
    assert planting.fingerprints is not None
    assert [fault.offset for fault in planting.unreadable] == [at]
    assert planting.canaries == 2002
    assert medium.verify(planting.fingerprints).sampling.unchanged_samples == 2002
    medium.erase()
    assert medium.verify(planting.fingerprints).proven


def test_a_canary_that_cannot_be_written_is_a_fault(medium: Medium, monkeypatch: pytest.MonkeyPatch) -> None:
    at = medium.plan.samples[5].canary_offset
    monkeypatch.setattr(BlockDevice, "write_at", faulty("write_at", at))
    assert medium.plant().fingerprints is None
    assert [fault.offset for fault in medium.faults] == [at]


def test_a_flush_that_fails_is_a_fault(medium: Medium, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_self: BlockDevice) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(BlockDevice, "flush", fails)
    assert medium.plant() == Planting(None, 0)
    assert len(medium.faults) == 1


def test_a_sample_that_cannot_be_read_leaves_it_unproven(medium: Medium, monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprints = medium.planted()
    medium.erase()
    at = medium.plan.samples[900].offset
    monkeypatch.setattr(BlockDevice, "read_into", faulty("read_into", at))
    reading = medium.verify(fingerprints)
    assert not reading.complete
    assert not reading.proven
    assert [fault.offset for fault in medium.faults] == [at]


def test_a_device_that_ends_early_leaves_it_unproven(medium: Medium) -> None:
    fingerprints = medium.planted()
    medium.erase()
    os.truncate(medium.file, SIZE - 4096)
    reading = medium.verify(fingerprints)
    assert not reading.proven
    assert reading.bytes_read < medium.plan.total_bytes


def test_a_halted_planting_or_reading_proves_nothing(medium: Medium) -> None:
    fingerprints = medium.planted()
    assert medium.plant(halted=True) == Planting(None, 0)
    medium.erase()
    assert not medium.verify(fingerprints, halted=True).proven


def test_progress_reaches_the_end(medium: Medium) -> None:
    medium.seen = []
    medium.verify(medium.planted())
    ends = {progress.phase: (progress.done_bytes, progress.total_bytes) for progress in medium.seen}
    planting, total = medium.plan.planting_bytes, medium.plan.total_bytes
    assert ends == {Phase.WRITE: (planting, planting), Phase.VERIFY: (total, total)}


def test_fingerprints_survive_a_restart(medium: Medium) -> None:
    fingerprints = medium.planted()
    kept = fingerprints.to_bytes()
    assert len(kept) < 1 << 20
    assert Fingerprints.from_bytes(kept, medium.plan) == fingerprints


def test_damaged_or_foreign_fingerprints_are_refused(medium: Medium) -> None:
    fingerprints = medium.planted()
    kept = fingerprints.to_bytes()
    flipped = [kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :] for at in (0, 40, 5000, len(kept) - 1)]
    for damaged in (b"", kept[:-1], kept + b"\0", *flipped):
        with pytest.raises(FingerprintsMismatch):
            Fingerprints.from_bytes(damaged, medium.plan)
    other = sample_plan("00" * 32, SIZE, 512)
    with pytest.raises(FingerprintsMismatch):
        Fingerprints.from_bytes(kept, other)
    with pytest.raises(FingerprintsMismatch):
        replace(medium, plan=other).verify(fingerprints)


@pytest.mark.loop
def test_a_loop_device_is_sampled_past_the_page_cache(tmp_path: Path, loop_device: Callable[..., Path]) -> None:
    """A real block device with O_DIRECT, an odd tail and the kernel's own BLKZEROOUT as its firmware."""
    file = tmp_path / "medium.img"
    file.write_bytes(os.urandom(SIZE))
    with open_device(loop_device(file), write=True) as device:
        medium = Medium(device, sample_plan(SEED, SIZE, device.logical_block_bytes), file)
        planting = medium.plant()
        assert (planting.canaries, device.io_mode) == (2002, IoMode.DIRECT)
        assert planting.fingerprints is not None
        assert medium.verify(planting.fingerprints).sampling.unchanged_samples == 2002
        device.zero(0, SIZE)
        reading = medium.verify(planting.fingerprints)
    assert reading.proven
    assert reading.sampling.samples == 2002
