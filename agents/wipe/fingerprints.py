"""What samples held before an erasure, in a form that a restart can read: the digests beside the journal."""

import hashlib
from dataclasses import dataclass
from typing import Final, Self

from agents.errors import Failed
from agents.wipe.sampling import Sample, SamplePlan

_DIGEST_BYTES: Final = 16
_NOTHING: Final = bytes(_DIGEST_BYTES)
"""Stands for a grain that cannot be recognised: one repeated word, or not readable."""
_WORD_BYTES: Final = 8
_MAGIC: Final = b"heropstart.fingerprints/1\n"


class FingerprintsMismatch(Failed):
    """These fingerprints are damaged or belong to other samples. The erasure cannot be verified: overwrite the device."""


@dataclass(frozen=True)
class Fingerprints:
    """What the witnesses of a plan held before the canaries: a BLAKE2b digest of 16 bytes for each of their grains.

    `witnesses` has one item a sample, in the plan's order. About 500 KiB for 1,000 sections; with the seed, all that the
    verification needs.
    """

    plan_digest: bytes
    witnesses: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """For a file beside the journal; what it held is not in it. `from_bytes` notices any damage."""
        body = _MAGIC + self.plan_digest + b"".join(self.witnesses)
        return body + _digest(body)

    @classmethod
    def from_bytes(cls, data: bytes, plan: SamplePlan) -> Self:
        """Raises FingerprintsMismatch when a byte is missing or wrong, or they were taken for another plan."""
        body, check = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        head = _MAGIC + _plan_digest(plan)
        sizes = [_DIGEST_BYTES * len(_grains(sample, plan)) for sample in plan.samples]
        if _digest(body) != check or not body.startswith(head) or len(body) != len(head) + sum(sizes):
            raise FingerprintsMismatch
        witnesses, at = [], len(head)
        for size in sizes:
            witnesses.append(body[at : at + size])
            at += size
        return cls(_plan_digest(plan), tuple(witnesses))

    @classmethod
    def of(cls, plan: SamplePlan, witnesses: dict[int, bytes]) -> Self:
        """From the digests of each witness by its sample's number; a missing one cannot be recognised."""
        blank = (_NOTHING * len(_grains(sample, plan)) for sample in plan.samples)
        return cls(_plan_digest(plan), tuple(witnesses.get(number, nothing) for number, nothing in enumerate(blank)))

    def check(self, plan: SamplePlan) -> None:
        """Raises FingerprintsMismatch when they were taken for another plan."""
        if self.plan_digest != _plan_digest(plan):
            raise FingerprintsMismatch

    def unchanged(self, plan: SamplePlan, number: int, read: memoryview, offset: int) -> bool:
        """Whether any grain of sample `number`'s witness that lies whole in `read` (at byte `offset`) is as it was."""
        known = self.witnesses[number]
        for place, (start, end) in enumerate(_grains(plan.samples[number], plan)):
            before = known[place * _DIGEST_BYTES : (place + 1) * _DIGEST_BYTES]
            inside = offset <= start and end <= offset + len(read)
            if inside and before != _NOTHING and before == _digest(read[start - offset : end - offset]):
                return True
        return False


def fingerprint(plan: SamplePlan, number: int, witness: memoryview) -> bytes:
    """The digests of sample `number`'s witness, as it was read."""
    sample = plan.samples[number]
    first = sample.witness_offset
    return b"".join(_recognisable(witness[start - first : end - first]) for start, end in _grains(sample, plan))


def _recognisable(grain: memoryview) -> bytes:
    """A grain that repeats one word (zeros, ones, the pattern of an earlier erasure) may be the same after an erasure, too."""
    held = bytes(grain)
    repeated = held[:_WORD_BYTES] * (len(held) // _WORD_BYTES)
    return _NOTHING if held == repeated else _digest(held)


def _grains(sample: Sample, plan: SamplePlan) -> list[tuple[int, int]]:
    """The grains of a sample's witness, from byte to byte; the medium's last one may be shorter."""
    end = sample.witness_offset + sample.witness_length
    return [(at, min(at + plan.grain_bytes, end)) for at in range(sample.witness_offset, end, plan.grain_bytes)]


def _plan_digest(plan: SamplePlan) -> bytes:
    return _digest(f"{plan.seed} {plan.size_bytes} {plan.block_bytes}".encode())


def _digest(data: bytes | memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()
