"""Firmware jobs that an earlier run left: what was told is never told again, and nothing is guessed."""

import threading

import pytest

from agents.wipe.kept import NotResumable
from agents.wipe.result import Reached, Resume
from fleet.contract.kinds import Method, Verdict
from tests.sim.drives import Drive, Memory
from tests.sim.firmware import Firmware, to_zeros
from tests.sim.firmware_jobs import ERASE, kept_until_prepared, resumed, wipe


def test_a_process_that_ends_leaves_the_job_open_and_the_next_one_only_asks(drive: Drive, chip: Firmware, memory: Memory) -> None:
    interrupted = threading.Event()
    chip.on_question = lambda: interrupted.set() if chip.told else None
    first = wipe(drive, memory, interrupted=interrupted)
    assert (first.verdict, first.errors, memory.said) == (Verdict.UNKNOWN, (), ["issued", "prepared", "polling"])
    chip.on_question = lambda: None
    second = wipe(drive, memory, resume=resumed(memory, Reached.POLLING))
    assert (second.verdict, second.interruptions, len(chip.told)) == (Verdict.ERASED, 1, 1)
    assert second.commands == first.commands


@pytest.mark.parametrize(("worked", "verdict"), [(True, Verdict.UNKNOWN), (False, Verdict.FAILED)])
@pytest.mark.parametrize("method", [Method.NVME_SANITIZE_BLOCK, Method.NVME_FORMAT_USER_DATA, ERASE])
def test_when_nobody_knows_whether_it_was_told_it_is_not_told_again(
    drive: Drive, chip: Firmware, method: Method, *, worked: bool, verdict: Verdict
) -> None:
    memory = kept_until_prepared(drive, method)
    if worked:
        to_zeros(drive.file)
    memory.said.clear()
    chip.told.clear()
    result = wipe(drive, memory, method, resume=resumed(memory, Reached.PREPARED))
    assert (result.verdict, chip.told) == (verdict, [])
    assert "verifying" not in memory.said


def test_a_sanitize_that_runs_after_a_power_cut_is_waited_for_and_stays_unknown(drive: Drive, chip: Firmware) -> None:
    memory = kept_until_prepared(drive, Method.NVME_SANITIZE_BLOCK)
    chip._action, chip._asked = 2, 0
    result = wipe(drive, memory, resume=resumed(memory, Reached.PREPARED))
    assert (result.verdict, chip.told) == (Verdict.UNKNOWN, [])
    assert "no exit code is known" in str(result.reason)
    assert result.sampling is not None
    assert not result.sampling.unchanged_samples


@pytest.mark.usefixtures("chip")
def test_a_job_that_only_planted_begins_anew_with_its_secret(drive: Drive) -> None:
    memory = Memory(key=b"0123456789abcdef0123456789abcdef")
    result = wipe(drive, memory, ERASE, resume=resumed(memory, Reached.ISSUED))
    assert (result.verdict, memory.said[:2], memory.key) == (
        Verdict.ERASED,
        ["issued", "prepared"],
        b"0123456789abcdef0123456789abcdef",
    )


def test_a_verification_that_was_interrupted_is_done_again(drive: Drive, chip: Firmware, memory: Memory) -> None:
    wipe(drive, memory)
    result = wipe(drive, memory, resume=resumed(memory, Reached.VERIFYING))
    assert (result.verdict, len(chip.told)) == (Verdict.ERASED, 1)


@pytest.mark.usefixtures("chip")
@pytest.mark.parametrize("reached", [Reached.PREPARED, Reached.POLLING, Reached.VERIFYING])
def test_without_what_was_kept_nothing_goes_on(drive: Drive, memory: Memory, reached: Reached) -> None:
    with pytest.raises(NotResumable):
        wipe(drive, memory, resume=Resume(None, 0, reached))
