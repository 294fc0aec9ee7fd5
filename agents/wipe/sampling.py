"""Which sectors a sampled verification looks at: a pure function of a seed, the medium's size and its block.

Anybody can repeat it from the certificate. All is counted in grains: 4096 bytes, or the logical block where that is larger.

1. The head is the protective MBR, the GPT header and its 16 KiB of entries; the tail is their copy at the end (UEFI 2.10, 5.3);
   each is widened to whole grains, the tail up to the medium's last byte. Both are samples.
2. What lies between them, I grains, is cut into N = 1000 sections (I // 2 where fewer than 2 N grains are there, which is below
   8 MiB): section i is the grains from I * i // N up to I * (i + 1) // N. (Sizes differ by one grain at most.)
3. A section of L grains has two samples of S grains, S being a twentieth of the medium's share for one section, rounded up, so
   that all samples together are 10 % of the medium at least. With H = SHA-256(seed, "section", i as 8 bytes) and a, b its first
   and last 16 bytes, modulo L - 2 S + 1, the lower of the two first: they start at grain a and grain b + S of the section.
4. Sample j (0 is the head, then two a section in ascending order, then the tail) has a witness of up to 16 grains, and one of
   these carries the canary. With H = SHA-256(seed, "witness", j as 8 bytes), the witness of W grains starts at grain
   a modulo (sample's grains - W + 1) of the sample, and its grain b modulo W has the canary. In the head and the tail the canary
   is in the first grain and in the last (which is shorter where the medium ends oddly), so that both ends are certain to be seen.
5. The canaries are cut from a keystream (`agents.wipe.patterns.Keystream`) of the key SHA-256(seed, "canary"): each holds what
   the keystream has at the canary's own place.

Numbers are big-endian, the seed is its bytes and not its hex digits, a comma above is concatenation. A modulo of a 128-bit number
is even enough. SHA-256 rather than Python's generator, whose sequence is Python's own affair.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from agents.errors import Refused

SECTIONS: Final = 1000
"""NIST SP 800-88 Rev. 1, 4.7.3: at least a thousand sections of equal size, two samples from each that do not overlap."""
LEAST_GRAIN_BYTES: Final = 4096
SEED_BYTES: Final = 32
WITNESS_GRAINS: Final = 16
_GPT_ENTRIES_BYTES: Final = 16384
_SHARE: Final = 20
"""A sample is a twentieth of its section: two of them make the 10 % that NIST SP 800-88 Rev. 1, 4.7.3 asks for."""
_PPM: Final = 1_000_000


class NotSamplable(Refused):
    """This medium is too small for a sampled verification, or no whole number of blocks. Overwrite it instead."""


@dataclass(frozen=True)
class Sample:
    """A range that is read after the erasure. Bytes from the medium's start.

    Attributes:
        offset, length: what is read.
        witness_offset, witness_length: the part that is read before, too; inside the sample, in whole grains but at the end.
        canary_offset, canary_length: the part of the witness that is overwritten with a canary.
    """

    offset: int
    length: int
    witness_offset: int
    witness_length: int
    canary_offset: int
    canary_length: int

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.offset + self.length


@dataclass(frozen=True)
class SamplePlan:
    """What a sampled verification of one medium reads. `samples` are in ascending order and do not overlap.

    Attributes:
        seed: in hex, as the certificate has it.
        size_bytes, block_bytes: of the medium.
        grain_bytes: every sample starts on a multiple of it.
        sections: how many there are.
        sample_bytes: the length of a section's sample; head and tail have their own.
        samples: head, two a section, tail.
    """

    seed: str
    size_bytes: int
    block_bytes: int
    grain_bytes: int
    sections: int
    sample_bytes: int
    samples: tuple[Sample, ...]

    @property
    def total_bytes(self) -> int:
        """What a verification reads."""
        return sum(sample.length for sample in self.samples)

    @property
    def planting_bytes(self) -> int:
        """What planting reads and writes: each witness once, each canary twice (written, and read back)."""
        return sum(sample.witness_length + 2 * sample.canary_length for sample in self.samples)

    @property
    def canary_key(self) -> bytes:
        """The key of the keystream that the canaries are cut from."""
        return hashlib.sha256(bytes.fromhex(self.seed) + b"canary").digest()

    @property
    def coverage_ppm(self) -> int:
        """Parts per million of the medium that a verification reads."""
        return self.total_bytes * _PPM // self.size_bytes


def new_seed() -> str:
    """A seed that the medium cannot guess, in hex."""
    return secrets.token_hex(SEED_BYTES)


def sample_plan(seed: str, size_bytes: int, block_bytes: int) -> SamplePlan:
    """The samples of a medium of `size_bytes` with logical blocks of `block_bytes`, for a seed of 32 bytes in hex.

    Raises:
        NotSamplable: it has room for less than one section, or does not end with a whole block.
        ValueError: the seed is not 32 bytes in hex.
    """
    key = bytes.fromhex(seed)
    if len(key) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes, this one {len(key)}")
    grain = max(LEAST_GRAIN_BYTES, block_bytes)
    first = -(-(2 * block_bytes + _GPT_ENTRIES_BYTES) // grain)
    behind = (size_bytes - block_bytes - _GPT_ENTRIES_BYTES) // grain
    sections = min(SECTIONS, (behind - first) // 2)
    if sections < 1 or size_bytes % block_bytes:
        raise NotSamplable
    share = -(-size_bytes // (_SHARE * sections * grain))
    starts = [first + start for start in _starts(key, sections, behind - first, share)]
    ranges = [
        (0, first * grain),
        *((start * grain, share * grain) for start in starts),
        (behind * grain, size_bytes - behind * grain),
    ]
    samples = tuple(_sample(key, number, span, grain, len(ranges)) for number, span in enumerate(ranges))
    return SamplePlan(seed, size_bytes, block_bytes, grain, sections, share * grain, samples)


def _starts(key: bytes, sections: int, grains: int, share: int) -> list[int]:
    """Where the samples of all sections start, in grains from the first section's start."""
    starts = []
    for number in range(sections):
        begin, end = grains * number // sections, grains * (number + 1) // sections
        one, other = sorted(draw % (end - begin - 2 * share + 1) for draw in _draws(key, b"section", number))
        starts += [begin + one, begin + other + share]
    return starts


def _sample(key: bytes, number: int, span: tuple[int, int], grain: int, count: int) -> Sample:
    """Sample `number` of `count`, with its witness and canary."""
    offset, length = span
    grains = -(-length // grain)
    witness = min(WITNESS_GRAINS, grains)
    where, which = _draws(key, b"witness", number)
    start, canary = where % (grains - witness + 1), which % witness
    if number == 0:
        start, canary = 0, 0
    elif number == count - 1:
        start, canary = grains - witness, witness - 1
    witness_offset = offset + start * grain
    canary_offset = witness_offset + canary * grain
    end = offset + length
    return Sample(
        offset,
        length,
        witness_offset,
        min(witness * grain, end - witness_offset),
        canary_offset,
        min(grain, end - canary_offset),
    )


def _draws(key: bytes, what: bytes, number: int) -> tuple[int, int]:
    """Two even numbers of 128 bits."""
    digest = hashlib.sha256(key + what + number.to_bytes(8, "big")).digest()
    return int.from_bytes(digest[:16], "big"), int.from_bytes(digest[16:], "big")
