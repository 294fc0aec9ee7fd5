"""The table of how an interrupted firmware job goes on: every row, and that none of them tells the firmware twice."""

import pytest

from agents.wipe.completion.status import State
from agents.wipe.result import Reached
from agents.wipe.taking_up import Course, course_of


@pytest.mark.parametrize("polled", [True, False])
def test_before_the_firmware_could_be_told_the_job_begins_anew(*, polled: bool) -> None:
    assert course_of(Reached.ISSUED, polled=polled, now=None) is Course.BEGIN


@pytest.mark.parametrize("now", [*State, None])
@pytest.mark.parametrize("polled", [True, False])
def test_when_it_may_have_been_told_it_is_looked_at(now: State | None, *, polled: bool) -> None:
    expected = Course.POLL_AND_LOOK if polled and now is State.RUNNING else Course.LOOK
    assert course_of(Reached.PREPARED, polled=polled, now=now) is expected


@pytest.mark.parametrize(("polled", "course"), [(True, Course.POLL), (False, Course.VERIFY)])
def test_when_all_was_accepted_it_goes_on(course: Course, *, polled: bool) -> None:
    assert course_of(Reached.POLLING, polled=polled, now=None) is course
    assert course_of(Reached.VERIFYING, polled=polled, now=None) is Course.VERIFY


@pytest.mark.parametrize("reached", [Reached.PREPARED, Reached.POLLING, Reached.VERIFYING])
@pytest.mark.parametrize("now", [*State, None])
@pytest.mark.parametrize("polled", [True, False])
def test_nothing_is_ever_told_twice(reached: Reached, now: State | None, *, polled: bool) -> None:
    assert course_of(reached, polled=polled, now=now) is not Course.BEGIN
