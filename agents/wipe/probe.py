"""Is a USB stick or SD card as large as it says? Blocks that know their own address, written, flushed and read back, as f3 does.

Known forgeries (f3's documentation): what is written behind the real end is lost ("limbo"), or lands at an address before it
("wraparound"). A device smaller by R bytes than it says is certain to be found when R is more than a stride (a thousandth): the
first stride is written densely and a block at every multiple of it, so that, whatever the real size, the first block behind it
either is lost or falls into the dense part. Powers of two, random places and the last block are asked besides.

It is written from the highest address down, so that where two addresses are one the lower block is what remains; it is read from
the highest, which was written first and has left any cache, so far as the device has one.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agents.shell.blockdev import BlockDevice, IoFault, aligned_buffer
from agents.shell.progress import Meter
from agents.wipe.patterns import UNIT_BYTES, Keystream
from agents.wipe.sampling import LEAST_GRAIN_BYTES

_STRIDES: Final = 1024
"""For 128 GB: 128 MB written in one piece and as many thousand single blocks; a minute on a slow stick."""
_RANDOM_PLACES: Final = 64
_FAULT_LIMIT: Final = 16
"""A dying stick takes seconds for each error."""
_HEADER: Final = struct.Struct(">Q8s")
_LOST: Final = -1


class Capacity(StrEnum):
    """What a probe says of the capacity that a device announces."""

    GENUINE = "genuine"
    SMALLER = "smaller"
    DROPS_WRITES = "drops_writes"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class ProbePlan:
    """What a probe writes and reads: ranges of bytes, ascending; a whole number of grains each.

    Attributes:
        key: makes the blocks' contents.
        size_bytes: of the device, as announced.
        grain_bytes: one block.
        dense_bytes: this much from the start is written wholly.
        singles: offsets of the single blocks behind it.
    """

    key: bytes
    size_bytes: int
    grain_bytes: int
    dense_bytes: int
    singles: tuple[int, ...]

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Offset and length of each I/O."""
        dense = ((at, min(UNIT_BYTES, self.dense_bytes - at)) for at in range(0, self.dense_bytes, UNIT_BYTES))
        return (*dense, *((at, self.grain_bytes) for at in self.singles))

    @property
    def total_bytes(self) -> int:
        """What is written, and then read."""
        return self.dense_bytes + len(self.singles) * self.grain_bytes


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found.

    Attributes:
        capacity: the verdict.
        real_bytes: the size that it really has, a thousandth at most too small; None unless it is smaller than it says.
        lost_blocks: how many did not hold what was written to them.
        faults: reads and writes that failed; each counts as a lost block, too.
    """

    capacity: Capacity
    real_bytes: int | None = None
    lost_blocks: int = 0
    faults: tuple[IoFault, ...] = ()


def probe_plan(key: bytes, size_bytes: int, block_bytes: int) -> ProbePlan:
    """What to ask a device of `size_bytes` with logical blocks of `block_bytes`. Pure; `key` has 32 bytes.

    Raises ValueError when there are no two blocks to tell apart.
    """
    grain = max(LEAST_GRAIN_BYTES, block_bytes)
    whole = size_bytes // grain * grain
    if whole < 2 * grain:
        raise ValueError(f"{size_bytes} bytes are too few to probe")
    stride = -(-whole // (_STRIDES * grain)) * grain
    places = set(range(stride, whole, stride)) | {whole - grain}
    powers = [1 << exponent for exponent in range(grain.bit_length() - 1, whole.bit_length())]
    places |= {*powers, *(power - grain for power in powers)}
    places |= {_draw(key, number) % (whole // grain) * grain for number in range(_RANDOM_PLACES)}
    return ProbePlan(key, size_bytes, grain, stride, tuple(sorted(at for at in places if stride <= at <= whole - grain)))


def probe(device: BlockDevice, plan: ProbePlan, halted: Callable[[], bool], meter: Meter) -> ProbeResult:
    """Write, flush, read back, judge. It destroys data. `meter` counts up to twice `plan.total_bytes`."""
    return _Probe(device, plan, memoryview(aligned_buffer(UNIT_BYTES)), halted, meter).run()


def judge(plan: ProbePlan, answers: Mapping[int, int]) -> ProbeResult:
    """From what each block held: the address that was written with it, or -1 for none of ours.

    Two addresses at one place prove a smaller device, by how far they are apart. Where blocks are only lost, all from one address
    on must be: a device that loses one and keeps a later one is of its size, and drops writes.
    """
    wrong = [at for at, held in answers.items() if held != at]
    if not wrong:
        return ProbeResult(Capacity.GENUINE)
    wrap = min((abs(at - answers[at]) for at in wrong if answers[at] != _LOST), default=plan.size_bytes)
    lost = min((at for at in wrong if answers[at] == _LOST), default=plan.size_bytes)
    kept = [at for at, held in answers.items() if held == at]
    before = max((at + plan.grain_bytes for at in kept if at < lost), default=0)
    if not before or (wrap == plan.size_bytes and max(kept) > lost):
        return ProbeResult(Capacity.DROPS_WRITES, lost_blocks=len(wrong))
    return ProbeResult(Capacity.SMALLER, wrap if wrap <= lost else before, len(wrong))


class _Probe:
    """One probe under way."""

    def __init__(
        self, device: BlockDevice, plan: ProbePlan, buffer: memoryview, halted: Callable[[], bool], meter: Meter
    ) -> None:
        self._device, self._plan, self._buffer, self._halted, self._meter = device, plan, buffer, halted, meter
        self._pattern = Keystream(plan.key)
        self._tag = hashlib.sha256(plan.key + b"probe").digest()[:8]
        self._faults: list[IoFault] = []
        self._answers: dict[int, int] = {}

    def run(self) -> ProbeResult:
        spans = self._plan.spans[::-1]
        done = all(self._step(self._write, *span) for span in spans) and self._flush()
        done = done and all(self._step(self._read, *span) for span in spans)
        faults = tuple(self._faults)
        if not done:
            return ProbeResult(Capacity.INCONCLUSIVE, faults=faults)
        found = judge(self._plan, self._answers)
        return ProbeResult(found.capacity, found.real_bytes, found.lost_blocks, faults)

    def _step(self, work: Callable[[int, int], None], offset: int, length: int) -> bool:
        """One I/O; False ends the probe."""
        if self._halted() or len(self._faults) >= _FAULT_LIMIT:
            return False
        try:
            work(offset, length)
        except IoFault as fault:
            self._faults.append(fault)
            self._answers |= dict.fromkeys(range(offset, offset + length, self._plan.grain_bytes), _LOST)
        self._meter.add(length)
        return True

    def _write(self, offset: int, length: int) -> None:
        view = self._buffer[:length]
        self._pattern.fill(view, offset)
        for at in range(0, length, self._plan.grain_bytes):
            _HEADER.pack_into(view, at, offset + at, self._tag)
        self._device.write_at(view, offset)

    def _flush(self) -> bool:
        try:
            self._device.flush()
        except OSError as error:
            self._faults.append(IoFault(error, self._device.path, 0))
            return False
        return True

    def _read(self, offset: int, length: int) -> None:
        view = self._buffer[:length]
        view[:] = bytes(length)  # a device that gives nothing must not be believed for what was here before
        count = self._device.read_into(view, offset)
        view[count:] = bytes(length - count)
        for at in range(0, length, self._plan.grain_bytes):
            self._answers[offset + at] = self._owner(view[at : at + self._plan.grain_bytes])

    def _owner(self, block: memoryview) -> int:
        """The address that a block was written with, when every byte of it is right."""
        address, tag = _HEADER.unpack_from(block)
        if tag != self._tag or address % self._plan.grain_bytes or address >= self._plan.size_bytes:
            return _LOST
        right = bytearray(len(block))
        with memoryview(right) as view:
            self._pattern.fill(view, address)
        _HEADER.pack_into(right, 0, address, tag)
        return int(address) if right.startswith(block) else _LOST


def _draw(key: bytes, number: int) -> int:
    return int.from_bytes(hashlib.sha256(key + b"probe" + number.to_bytes(8, "big")).digest(), "big")
