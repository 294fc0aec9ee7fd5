import pytest

from agents.shell import progress
from agents.shell.progress import Meter, Phase, Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: at[0])
    return at


def test_rate_and_rest_are_told_once_an_interval(clock: list[float]) -> None:
    seen: list[Progress] = []
    meter = Meter(Phase.WRITE, 1000, seen.append, interval_s=0.5)
    meter.add(100)
    assert seen == []
    clock[0] += 1.0
    meter.add(100)
    assert seen == [Progress(Phase.WRITE, 200, 1000, 200.0, 4.0)]


def test_a_drive_that_slows_down_shows_it(clock: list[float]) -> None:
    seen: list[Progress] = []
    meter = Meter(Phase.VERIFY, 10_000, seen.append)
    for count in (1000, 100, 100, 100, 100):
        clock[0] += 1.0
        meter.add(count)
    rates = [snapshot.rate_bytes_s or 0 for snapshot in seen]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 400


def test_a_resumed_pass_counts_on_and_its_rate_does_not(clock: list[float]) -> None:
    seen: list[Progress] = []
    meter = Meter(Phase.WRITE, 1000, seen.append, start_bytes=500)
    clock[0] += 1.0
    meter.add(100)
    assert (seen[0].done_bytes, seen[0].rate_bytes_s, seen[0].percent) == (600, 100.0, 60.0)


def test_the_end_is_always_told(clock: list[float]) -> None:
    seen: list[Progress] = []
    meter = Meter(Phase.WRITE, 100, seen.append)
    clock[0] += 0.1
    meter.add(100)
    meter.finish()
    assert (seen[-1].done_bytes, seen[-1].seconds_left) == (100, 0.0)


def test_nothing_done_has_no_rate(clock: list[float]) -> None:
    seen: list[Progress] = []
    clock[0] += 0.1
    Meter(Phase.WRITE, 100, seen.append).finish()
    assert seen == [Progress(Phase.WRITE, 0, 100, None, None)]
