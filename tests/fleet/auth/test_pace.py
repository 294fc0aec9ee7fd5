"""How fast one caller may go."""

import pytest

from fleet.auth.pace import BURST, PER_SECOND, REMEMBERED, Pace
from fleet.errors import TooMany


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def spent(clock: Clock) -> Pace:
    pace = Pace(clock)
    for _ in range(BURST):
        pace.count("a")
    return pace


def test_a_burst_then_a_steady_pace():
    clock = Clock()
    pace = spent(clock)
    with pytest.raises(TooMany) as refused:
        pace.count("a")
    assert refused.value.data == {"seconds": 1}
    clock.now += 1
    for _ in range(int(PER_SECOND)):
        pace.count("a")
    with pytest.raises(TooMany):
        pace.count("a")


def test_one_caller_does_not_slow_another():
    pace = spent(Clock())
    pace.count("b")


def test_a_pause_fills_no_more_than_the_bucket():
    clock = Clock()
    pace = spent(clock)
    clock.now += 86_400
    for _ in range(BURST):
        pace.count("a")
    with pytest.raises(TooMany):
        pace.count("a")


def test_memory_is_bounded():
    pace = Pace(Clock())
    for caller in range(REMEMBERED + 50):
        pace.count(caller)
    assert len(pace._buckets) == REMEMBERED
