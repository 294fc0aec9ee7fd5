"""Every fact alone, on top of a job that is otherwise proven: each must take the proof away."""

from dataclasses import replace

import pytest

from agents.wipe.firmware_verdict import Ending, FirmwareFacts, decide_firmware
from fleet.contract.certificate import Sampling
from fleet.contract.kinds import Verdict

SAMPLING = Sampling(sections=1000, samples=2002, sample_bytes=4096, unchanged_samples=0, canaries_planted=2002, canaries_found=0)
PROVEN = FirmwareFacts(issued=True, ending=Ending.DONE, sampling=SAMPLING, complete=True)


def test_proven() -> None:
    assert decide_firmware(PROVEN).verdict is Verdict.ERASED


@pytest.mark.parametrize(
    ("change", "verdict", "medium"),
    [
        ({"sampling": SAMPLING.model_copy(update={"unchanged_samples": 1})}, Verdict.FAILED, True),
        ({"sampling": SAMPLING.model_copy(update={"canaries_found": 1})}, Verdict.FAILED, True),
        ({"dropped": "lost"}, Verdict.FAILED, True),
        ({"vanished": True}, Verdict.FAILED, False),
        ({"ending": Ending.FAILED, "said": "failed"}, Verdict.FAILED, True),
        ({"ending": Ending.REFUSED, "said": "refused"}, Verdict.FAILED, False),
        ({"left_behind": "locked"}, Verdict.FAILED, False),
        ({"faults": ("Input/output error",)}, Verdict.FAILED, True),
        ({"ending": Ending.UNTOLD, "stopped": True}, Verdict.FAILED, False),
        ({"bench_trouble": "disk full"}, Verdict.UNKNOWN, False),
        ({"ending": Ending.LOST, "said": "stuck"}, Verdict.UNKNOWN, False),
        ({"ending": Ending.UNCERTAIN, "said": "interrupted"}, Verdict.UNKNOWN, False),
        ({"ending": Ending.UNCERTAIN, "said": "interrupted", "faults": ("Input/output error",)}, Verdict.UNKNOWN, False),
        ({"ending": Ending.OPEN, "said": "at work"}, Verdict.UNKNOWN, False),
        ({"ending": Ending.UNTOLD}, Verdict.UNKNOWN, False),
        ({"sampling": None}, Verdict.UNKNOWN, False),
        ({"complete": False}, Verdict.UNKNOWN, False),
    ],
)
def test_one_fact_is_enough(change: dict[str, object], verdict: Verdict, *, medium: bool) -> None:
    decision = decide_firmware(replace(PROVEN, **change))
    assert (decision.verdict, decision.medium_failure) == (verdict, medium)
    assert decision.reason


def test_what_is_still_there_outweighs_every_doubt() -> None:
    left = SAMPLING.model_copy(update={"unchanged_samples": 3})
    facts = replace(PROVEN, ending=Ending.UNCERTAIN, sampling=left, bench_trouble="disk full")
    assert decide_firmware(facts).verdict is Verdict.FAILED


def test_a_password_left_behind_is_told_with_every_reason() -> None:
    facts = replace(PROVEN, ending=Ending.REFUSED, said="refused", left_behind="locked")
    assert decide_firmware(facts).reason == "refused; locked"


@pytest.mark.parametrize("vanished", [True, False])
def test_nothing_lost_is_no_verdict(*, vanished: bool) -> None:
    assert decide_firmware(FirmwareFacts(issued=False, ending=Ending.UNTOLD, vanished=vanished)).verdict is None
