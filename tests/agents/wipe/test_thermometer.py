import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.wipe import overwrite, runner, thermometer, verify
from agents.wipe.lanes import CHUNK_BYTES
from agents.wipe.plan import plan
from agents.wipe.runner import run
from agents.wipe.thermometer import REST_AT_C, RESUME_AT_C, Thermometer
from fleet.contract.kinds import Method, Verdict
from tests.sim.drives import Memory, make_drive


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thermometer, "_LOOK_S", 0.01)


class Heat:
    """A drive's temperatures, one a look; the last one stays. `looked` is set when all have been told."""

    def __init__(self, *celsius: int | None) -> None:
        self.left = list(celsius)
        self.looked = threading.Event()

    def __call__(self) -> int | None:
        if len(self.left) == 1:
            self.looked.set()
            return self.left[0]
        return self.left.pop(0)


def never() -> bool:
    return False


def test_a_cool_drive_does_not_rest() -> None:
    notes: list[str] = []
    with Thermometer(heat := Heat(40, REST_AT_C - 1), interval_s=0.01) as watched:
        assert heat.looked.wait(5)
        watched.rest_while_hot(never, notes.append)
    assert (notes, watched.rests, watched.highest_c) == ([], 0, REST_AT_C - 1)


def test_a_hot_drive_rests_until_it_is_cool_and_each_rest_is_noted() -> None:
    notes: list[str] = []
    cooling = Heat(REST_AT_C + 3)
    with Thermometer(cooling, interval_s=0.01) as watched:
        assert cooling.looked.wait(5)
        for _ in range(100):
            if not watched._cool.is_set():
                break
            threading.Event().wait(0.01)
        cooling.left[:] = [REST_AT_C - 1, RESUME_AT_C + 1, RESUME_AT_C]
        watched.rest_while_hot(never, notes.append)
    assert watched.rests == 1
    assert watched.highest_c == REST_AT_C + 3
    assert notes[0].startswith("rest 1 began at ")
    assert notes[1].startswith("rest 1 ended after ")
    assert notes[1].endswith(f"at {RESUME_AT_C} °C")


@pytest.mark.parametrize("last", [None, RESUME_AT_C])
def test_a_drive_that_stops_telling_is_not_held_back(last: int | None) -> None:
    with Thermometer(heat := Heat(REST_AT_C, last), interval_s=0.01) as watched:
        assert heat.looked.wait(5)
        watched.rest_while_hot(never, lambda _text: None)
    assert watched.highest_c == REST_AT_C


def test_a_halted_job_does_not_wait() -> None:
    with Thermometer(heat := Heat(REST_AT_C), interval_s=0.01) as watched:
        assert heat.looked.wait(5)
        watched.rest_while_hot(lambda: True, pytest.fail)


def test_both_passes_rest_and_the_result_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[str] = []

    class Hot(Thermometer):
        def rest_while_hot(self, halted: Callable[[], bool], note: Callable[[str], None]) -> None:
            assert not halted()
            rests.append("rest")
            note(f"rest {len(rests)} began")

    monkeypatch.setattr(runner, "Thermometer", Hot)
    monkeypatch.setattr(overwrite, "SYNC_BYTES", CHUNK_BYTES)
    monkeypatch.setattr(verify, "_STRETCH_BYTES", CHUNK_BYTES)
    drive = make_drive(tmp_path, 2 * CHUNK_BYTES)
    result = run(plan(drive.identity, method=Method.OVERWRITE_ZEROS), drive.clear(), hooks=Memory())
    assert result.verdict is Verdict.ERASED
    assert [line.split(" ", 1)[1] for line in result.log if "began" in line] == [f"rest {number} began" for number in range(1, 5)]
