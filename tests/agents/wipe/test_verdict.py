from dataclasses import replace

import pytest

from agents.wipe.verdict import Facts, decide
from fleet.contract.kinds import Verdict

SIZE = 1_000_000
DONE = Facts(capacity_bytes=SIZE, write_issued=True, written_bytes=SIZE, verified_bytes=SIZE)


def test_everything_written_and_read_back_is_erased() -> None:
    assert decide(DONE).verdict is Verdict.ERASED
    assert decide(DONE).reason is None


def test_before_the_first_write_it_is_only_cancelled() -> None:
    for facts in (Facts(SIZE, write_issued=False, stopped=True), Facts(SIZE, write_issued=False, vanished=True)):
        assert decide(facts).verdict is None


@pytest.mark.parametrize(
    ("change", "medium"),
    [
        ({"vanished": True}, False),
        ({"stopped": True, "verified_bytes": 5}, False),
        ({"faults": ("EIO at byte 512",)}, True),
        ({"mismatched_bytes": 1}, True),
        ({"vanished": True, "faults": ("EIO at byte 512",)}, False),
    ],
)
def test_what_went_wrong_is_failed(change: dict[str, object], medium: bool) -> None:
    decision = decide(replace(DONE, **change))  # type: ignore[arg-type]  # the table's values fit their fields
    assert (decision.verdict, decision.medium_failure) == (Verdict.FAILED, medium)
    assert decision.reason


@pytest.mark.parametrize(
    "change",
    [
        {"verified_bytes": 0},
        {"verified_bytes": SIZE - 1},
        {"written_bytes": SIZE - 512},
        {"bench_trouble": "journal full"},
        {"capacity_bytes": SIZE + 512},
    ],
)
def test_what_nobody_can_vouch_for_is_unknown(change: dict[str, object]) -> None:
    decision = decide(replace(DONE, **change))  # type: ignore[arg-type]  # the table's values fit their fields
    assert decision.verdict is Verdict.UNKNOWN
    assert decision.reason
