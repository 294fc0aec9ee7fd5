"""Answers over time: what ends the wait, and what never does."""

from functools import reduce

import pytest

from agents.wipe.completion.status import State, Status
from agents.wipe.completion.watch import GRACE_S, MUTE_S, Outlook, Watch, interval_s

TIMEOUT = 3600.0


def watched(*answers: tuple[float, State], before: bool = False, progress: float | None = None) -> Watch:
    start = Watch(TIMEOUT, over_before=before)
    return reduce(lambda watch, answer: watch.after(Status(answer[1], "said", progress), answer[0]), answers, start)


@pytest.mark.parametrize(
    ("answers", "before", "outlook"),
    [
        ([(0, State.DONE)], False, Outlook.DONE),
        ([(0, State.FAILED)], False, Outlook.FAILED),
        ([(0, State.DONE)], True, Outlook.WAIT),
        ([(0, State.FAILED)], True, Outlook.WAIT),
        ([(0, State.RUNNING), (2, State.DONE)], True, Outlook.DONE),
        ([(0, State.DONE), (GRACE_S, State.DONE)], True, Outlook.DONE),
        ([(0, State.NEVER)], False, Outlook.WAIT),
        ([(GRACE_S - 1, State.NEVER)], False, Outlook.WAIT),
        ([(GRACE_S, State.NEVER)], False, Outlook.LOST),
        ([(0, State.RUNNING), (2, State.NEVER)], False, Outlook.LOST),
        ([(0, State.NEVER), (GRACE_S + 1, State.RUNNING)], False, Outlook.WAIT),
        ([(0, State.RUNNING), (MUTE_S - 1, State.UNCLEAR)], False, Outlook.WAIT),
        ([(0, State.RUNNING), (MUTE_S, State.UNCLEAR)], False, Outlook.LOST),
        ([(MUTE_S - 1, State.UNCLEAR), (MUTE_S, State.RUNNING), (2 * MUTE_S - 1, State.UNCLEAR)], False, Outlook.WAIT),
        ([(TIMEOUT - 1, State.RUNNING)], False, Outlook.WAIT),
        ([(TIMEOUT, State.RUNNING)], False, Outlook.LOST),
        ([(TIMEOUT + 1, State.DONE)], False, Outlook.DONE),
    ],
)
def test_outlooks(answers: list[tuple[float, State]], *, before: bool, outlook: Outlook) -> None:
    assert watched(*answers, before=before).outlook is outlook


def test_progress_that_stands_still_is_told_with_the_time_out() -> None:
    watch = watched((0, State.RUNNING), (1000, State.RUNNING), (TIMEOUT, State.RUNNING), progress=0.01)
    assert "its progress has stood at 1.00% for 1.0 h" in str(watch.reason)


def test_progress_that_moves_does_not() -> None:
    steps = [(at, Status(State.RUNNING, "said", at / 5000)) for at in (0.0, 1800.0, TIMEOUT)]
    watch = reduce(lambda seen, step: seen.after(step[1], step[0]), steps, Watch(TIMEOUT))
    assert (watch.outlook, "stood" in str(watch.reason)) == (Outlook.LOST, False)


@pytest.mark.parametrize(("expected_s", "interval"), [(None, 2.0), (30.0, 2.0), (1000.0, 10.0), (36000.0, 60.0)])
def test_the_pace_follows_the_expected_time(expected_s: float | None, interval: float) -> None:
    assert interval_s(expected_s) == interval
