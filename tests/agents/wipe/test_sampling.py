import hashlib
import random
from itertools import pairwise

import pytest

from agents.wipe.sampling import SECTIONS, NotSamplable, SamplePlan, new_seed, sample_plan

SEED = "00" * 32
SIZES = [
    (64 << 20, 512),
    ((64 << 20) + 512, 512),
    ((16 << 20) + 7 * 512, 512),
    (32_017_047_552, 512),
    (1_000_204_886_016, 512),
    (8_001_563_222_016, 4096),
    (1 << 36, 65536),
]


@pytest.fixture(params=SIZES, ids=str)
def plan(request: pytest.FixtureRequest) -> SamplePlan:
    size, block = request.param
    return sample_plan(new_seed(), size, block)


def sections_of(plan: SamplePlan) -> list[tuple[int, int]]:
    """The sections as the module's docstring defines them, from byte to byte."""
    first, last = plan.samples[0].end, plan.samples[-1].offset
    grains = (last - first) // plan.grain_bytes
    edges = [first + grains * number // plan.sections * plan.grain_bytes for number in range(plan.sections + 1)]
    return list(pairwise(edges))


def test_a_thousand_equal_sections_have_two_samples_each(plan: SamplePlan) -> None:
    assert plan.sections == SECTIONS
    assert len(plan.samples) == 2 * SECTIONS + 2
    lengths = {end - start for start, end in sections_of(plan)}
    assert max(lengths) - min(lengths) <= plan.grain_bytes
    pairs = zip(plan.samples[1:-1:2], plan.samples[2:-1:2], strict=True)
    for (start, end), (one, other) in zip(sections_of(plan), pairs, strict=True):
        assert start <= one.offset < one.end <= other.offset < other.end <= end
        assert one.length == other.length == plan.sample_bytes


def test_a_tenth_is_read_and_not_much_more(plan: SamplePlan) -> None:
    assert 100_000 <= plan.coverage_ppm <= (102_000 if plan.size_bytes > 1 << 34 else 600_000)
    assert plan.total_bytes == sum(sample.length for sample in plan.samples)


def test_both_ends_and_both_partition_tables_are_in_it(plan: SamplePlan) -> None:
    head, tail = plan.samples[0], plan.samples[-1]
    assert head.offset == head.canary_offset == 0
    assert head.length >= 2 * plan.block_bytes + 16384
    assert tail.offset <= plan.size_bytes - plan.block_bytes - 16384
    assert tail.end == tail.canary_offset + tail.canary_length == plan.size_bytes


def test_all_is_aligned_ordered_and_inside(plan: SamplePlan) -> None:
    at = 0
    for sample in plan.samples:
        assert at <= sample.offset <= sample.witness_offset <= sample.canary_offset
        canary_end = sample.canary_offset + sample.canary_length
        assert canary_end <= sample.witness_offset + sample.witness_length <= sample.end <= plan.size_bytes
        assert sample.canary_length >= 512
        assert not any(place % 4096 for place in (sample.offset, sample.witness_offset, sample.canary_offset))
        assert not any(length % plan.block_bytes for length in (sample.length, sample.witness_length, sample.canary_length))
        at = sample.end


@pytest.mark.parametrize("block", [512, 4096])
def test_media_too_small_for_a_thousand_sections_have_as_many_as_fit(block: int) -> None:
    numbers = random.Random(1)  # noqa: S311 - sizes to try
    for _ in range(50):
        size = numbers.randrange(128 << 10, 8 << 20) // block * block
        plan = sample_plan(new_seed(), size, block)
        assert len(plan.samples) == 2 * plan.sections + 2
        room = (plan.samples[-1].offset - plan.samples[0].end) // plan.grain_bytes
        assert plan.sections == min(SECTIONS, room // 2)
        test_all_is_aligned_ordered_and_inside(plan)
        test_both_ends_and_both_partition_tables_are_in_it(plan)
        assert plan.coverage_ppm >= 100_000


@pytest.mark.parametrize(("size", "block"), [(0, 512), (45056, 512), (64 << 20 | 256, 512), ((64 << 20) + 512, 4096)])
def test_what_has_no_room_for_a_section_or_ends_in_a_broken_block_is_refused(size: int, block: int) -> None:
    with pytest.raises(NotSamplable):
        sample_plan(SEED, size, block)


def test_a_seed_gives_one_plan_and_another_seed_another() -> None:
    assert sample_plan(SEED, 1 << 30, 512) == sample_plan(SEED, 1 << 30, 512)
    other = sample_plan("01" + SEED[2:], 1 << 30, 512)
    assert {sample.offset for sample in other.samples} & {sample.offset for sample in sample_plan(SEED, 1 << 30, 512).samples} < {
        sample.offset for sample in other.samples
    }
    assert new_seed() != new_seed()


@pytest.mark.parametrize("seed", ["", "00", "zz" * 32, "00" * 33])
def test_a_seed_is_32_bytes_in_hex(seed: str) -> None:
    with pytest.raises(ValueError, match=r"seed|hexadecimal"):
        sample_plan(seed, 1 << 30, 512)


def test_samples_are_spread_over_the_whole_section() -> None:
    """The two samples of 1,000 sections of 64 grains: every grain of a section is met, none much more often than another."""
    plan = sample_plan(SEED, 64_000 * 4096 + 10 * 4096, 512)
    met = [0] * 64
    for (start, _), number in zip(sections_of(plan), range(1, len(plan.samples) - 1, 2), strict=True):
        for sample in plan.samples[number : number + 2]:
            for at in range(sample.offset, sample.end, 4096):
                met[(at - start) // 4096] += 1
    assert min(met[4:-4]) > 0.5 * sum(met) / 64
    assert max(met) < 2 * sum(met) / 64


def test_anybody_can_repeat_it_from_the_description_alone() -> None:
    """The docstring's arithmetic, done by hand for one section and one witness."""
    plan = sample_plan(SEED, 1 << 30, 512)
    grains, head, tail = (1 << 30) // 4096, 5, -(-(16384 + 512) // 4096)
    inner, size = grains - head - tail, -(-grains // 20_000)
    digest = hashlib.sha256(bytes(32) + b"section" + (7).to_bytes(8, "big")).digest()
    length = inner * 8 // 1000 - inner * 7 // 1000
    low, high = sorted(int.from_bytes(half, "big") % (length - 2 * size + 1) for half in (digest[:16], digest[16:]))
    one, other = plan.samples[15], plan.samples[16]
    begin = head + inner * 7 // 1000
    assert (one.offset, other.offset) == ((begin + low) * 4096, (begin + high + size) * 4096)
    assert one.length == size * 4096
    digest = hashlib.sha256(bytes(32) + b"witness" + (15).to_bytes(8, "big")).digest()
    witness = min(16, size)
    start = int.from_bytes(digest[:16], "big") % (size - witness + 1)
    assert one.witness_offset == one.offset + start * 4096
    assert one.canary_offset == one.witness_offset + int.from_bytes(digest[16:], "big") % witness * 4096
    assert plan.canary_key == hashlib.sha256(bytes(32) + b"canary").digest()
