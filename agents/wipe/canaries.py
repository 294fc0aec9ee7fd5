"""Sampled verification of an erasure by firmware: canaries planted before it, every sample read after it.

Reading all samples (10 % of the medium) before the erasure as well would cost as much as the verification, and prove less: a
digest of a whole sample changes as soon as any byte of it does, and the canary alone sees to that. So one small part of each
sample, its witness of up to 16 grains, is read before, and each of its grains must have changed on its own:

- the grain with the canary must not read as the canary, which is random, was flushed, and was read back past the page cache; so
  there is something to lose in every sample, on an empty medium too;
- nor may it read as it did before the canary: a drive that kept the canary in a cache, lost it, and erased nothing;
- nor may any other grain read as before, unless it repeated one word then (zeros, the pattern of an earlier erasure): an erased
  medium may well hold that again, so it tells nothing.

Afterwards every byte of every sample is read, and no 512-byte sector of any canary may be found at any sector of any sample.
"""

import threading
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from agents.errors import Failed
from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Meter
from agents.wipe.fingerprints import Fingerprints, fingerprint
from agents.wipe.lanes import Chunk, Lane, Lanes
from agents.wipe.patterns import Keystream
from agents.wipe.sampling import SamplePlan
from fleet.contract.certificate import Sampling

_SECTOR_BYTES: Final = 512
_WORD_BYTES: Final = 8
_PPM: Final = 1_000_000


class DroppedWrites(Failed):
    """The device said that it wrote, and did not. It can be neither wiped nor trusted: set it apart for destruction."""


@dataclass(frozen=True)
class Planting:
    """How planting ended.

    Attributes:
        fingerprints: None when it did not reach its end: halted, or a fault that is among the lanes' faults.
        canaries: how many were planted, flushed and read back.
        unreadable: witnesses that could not be read before; they tell nothing, the canaries in them do.
    """

    fingerprints: Fingerprints | None
    canaries: int
    unreadable: tuple[IoFault, ...] = ()


@dataclass(frozen=True)
class SampleReading:
    """What a verification found. `complete`: every sample was read to its last byte."""

    sampling: Sampling
    bytes_read: int
    coverage_ppm: int
    complete: bool

    @property
    def proven(self) -> bool:
        """Whether every sample was read and has changed, and no canary is left."""
        return self.complete and not self.sampling.unchanged_samples and not self.sampling.canaries_found


def plant(device: BlockDevice, plan: SamplePlan, lanes: Lanes, meter: Meter) -> Planting:
    """Read the witnesses, write the canaries over parts of them, flush, and read the canaries back.

    It destroys data: call it when the job is in the journal as begun. `meter` counts up to `plan.planting_bytes`.

    Raises:
        DroppedWrites: at least one canary is not there, though no call failed.
    """
    job = _Planting(device, plan, lanes, meter)
    witnesses = [(sample.witness_offset, sample.witness_offset + sample.witness_length) for sample in plan.samples]
    canaries = [(sample.canary_offset, sample.canary_offset + sample.canary_length) for sample in plan.samples]
    done = lanes.sweep_ranges(witnesses, job.put) and job.flush() and lanes.sweep_ranges(canaries, job.look)
    unreadable = tuple(sorted(job.unreadable, key=lambda fault: fault.offset))
    if job.missing:
        first = min(job.missing)
        raise DroppedWrites(
            f"{len(job.missing)} of {len(canaries)} test blocks, the first at byte {first}: {DroppedWrites.__doc__}"
        )
    return Planting(Fingerprints.of(plan, job.witnesses) if done else None, job.there if done else 0, unreadable)


class _Planting:
    """What the lanes share while they plant."""

    def __init__(self, device: BlockDevice, plan: SamplePlan, lanes: Lanes, meter: Meter) -> None:
        self.witnesses: dict[int, bytes] = {}
        self.unreadable: list[IoFault] = []
        self.missing: list[int] = []
        self.there = 0
        self._device, self._plan, self._lanes, self._meter = device, plan, lanes, meter
        self._pattern = Keystream(plan.canary_key)
        self._numbers = {sample.witness_offset: number for number, sample in enumerate(plan.samples)}
        self._lock = threading.Lock()

    def put(self, lane: Lane, chunk: Chunk) -> None:
        """One witness: read it, and overwrite a part of it."""
        number = self._numbers[chunk.offset]
        sample = self._plan.samples[number]
        view = lane.buffer[: chunk.length]
        try:
            count = self._device.read_into(view, chunk.offset)
            self.witnesses[number] = fingerprint(self._plan, number, view[:count])
        except IoFault as fault:
            self.unreadable.append(fault)
        canary = lane.buffer[: sample.canary_length]
        self._pattern.fill(canary, sample.canary_offset)
        self._device.write_at(canary, sample.canary_offset)
        self._meter.add(chunk.length + sample.canary_length)

    def flush(self) -> bool:
        """Write through to the medium; a buffered file leaves the page cache."""
        try:
            self._device.flush()
        except OSError as error:
            self._lanes.faults.append(IoFault(error, self._device.path, 0))
            return False
        return True

    def look(self, lane: Lane, chunk: Chunk) -> None:
        """One canary: is it there?"""
        view = lane.buffer[: chunk.length]
        count = self._device.read_into(view, chunk.offset)
        right = count == chunk.length and not self._pattern.differing(view, lane.scratch, chunk.offset)
        with self._lock:
            self.there += right
            if not right:
                self.missing.append(chunk.offset)
        self._meter.add(chunk.length)


def verify_samples(
    device: BlockDevice, plan: SamplePlan, fingerprints: Fingerprints, lanes: Lanes, meter: Meter
) -> SampleReading:
    """Read every byte of every sample. `meter` counts up to `plan.total_bytes`; faults are among the lanes' faults.

    Raises:
        FingerprintsMismatch: they were taken for other samples.
    """
    fingerprints.check(plan)
    job = _Reading(device, plan, fingerprints, meter)
    done = lanes.sweep_ranges([(sample.offset, sample.end) for sample in plan.samples], job.look)
    sampling = Sampling(
        sections=plan.sections,
        samples=len(plan.samples),
        sample_bytes=plan.sample_bytes,
        unchanged_samples=len(job.unchanged),
        canaries_planted=len(plan.samples),
        canaries_found=len(job.found),
    )
    complete = done and job.read_bytes == plan.total_bytes
    return SampleReading(sampling, job.read_bytes, job.read_bytes * _PPM // plan.size_bytes, complete)


class _Reading:
    """What the lanes share while they read samples. `unchanged` and `found` are numbers of samples, and of canaries."""

    def __init__(self, device: BlockDevice, plan: SamplePlan, fingerprints: Fingerprints, meter: Meter) -> None:
        self.read_bytes = 0
        self.unchanged: set[int] = set()
        self.found: set[int] = set()
        self._device, self._plan, self._fingerprints, self._meter = device, plan, fingerprints, meter
        self._starts = [sample.offset for sample in plan.samples]
        self._canaries = _Canaries(plan)
        self._lock = threading.Lock()

    def look(self, lane: Lane, chunk: Chunk) -> None:
        """A part of one sample."""
        number = bisect_right(self._starts, chunk.offset) - 1
        view = lane.buffer[: chunk.length]
        read = view[: self._device.read_into(view, chunk.offset)]
        found = self._canaries.found(read, chunk.offset)
        unchanged = {canary for canary, in_place in found if in_place}
        if self._fingerprints.unchanged(self._plan, number, read, chunk.offset):
            unchanged.add(number)
        with self._lock:
            self.read_bytes += len(read)
            self.unchanged |= unchanged
            self.found |= {canary for canary, _ in found}
        self._meter.add(len(read))


class _Canaries:
    """All canaries of a plan, looked up by the first word of each of their sectors."""

    def __init__(self, plan: SamplePlan) -> None:
        self._pattern = Keystream(plan.canary_key)
        self._sectors: dict[int, tuple[int, int]] = {}
        for number, sample in enumerate(plan.samples):
            canary = memoryview(bytearray(sample.canary_length))
            self._pattern.fill(canary, sample.canary_offset)
            for place, word in enumerate(_first_words(canary)):
                self._sectors[word] = number, sample.canary_offset + place * _SECTOR_BYTES

    def found(self, read: memoryview, offset: int) -> set[tuple[int, bool]]:
        """The canaries of which a sector is in `read`, which is from byte `offset` on; and whether it is at its own place."""
        words = _first_words(read)
        if self._sectors.keys().isdisjoint(words):
            return set()
        found = set()
        for place, word in enumerate(words):
            number, home = self._sectors.get(word, (0, -1))
            at = place * _SECTOR_BYTES
            if home >= 0 and self._is_sector(read[at : at + _SECTOR_BYTES], home):
                found.add((number, home == offset + at))
        return found

    def _is_sector(self, read: memoryview, home: int) -> bool:
        return not self._pattern.differing(read, bytearray(_SECTOR_BYTES), home)


def _first_words(data: memoryview) -> list[int]:
    """The first eight bytes of each whole sector."""
    whole = data[: len(data) // _SECTOR_BYTES * _SECTOR_BYTES]
    return whole.cast("Q")[:: _SECTOR_BYTES // _WORD_BYTES].tolist()
