"""What a tile shows for each moment of a port, and how long an end stays."""

from dataclasses import dataclass
from typing import Any

import pytest

import agents.bench.direct
import agents.bench.live
import agents.wipe.runner
from agents.bench.phases import PortPhase, PortSnapshot
from agents.errors import AgentError
from agents.kiosk import advice
from agents.kiosk.calm import Calm, percent, words
from agents.kiosk.memory import SEEN_S, Memory
from agents.kiosk.phrases import PHRASES
from agents.kiosk.pictograms import DRAWINGS
from agents.kiosk.scenes import SceneName, Sound, scene
from agents.shell.progress import Phase, Progress
from tests.sim.screen_bench import about

GIB = 1 << 30


def shown(phase: PortPhase, **fields: Any) -> PortSnapshot:
    return PortSnapshot("A1", **about(1, phase, **fields))


@pytest.mark.parametrize(
    ("snapshot", "name", "headline"),
    [
        (PortSnapshot("A1"), SceneName.EMPTY, "plug-in"),
        (shown(PortPhase.IDENTIFYING), SceneName.LOOKING, "one-moment"),
        (shown(PortPhase.WAITING_SCAN), SceneName.STICK, "take-label"),
        (shown(PortPhase.WAITING_SCAN, label_known=True), SceneName.SCAN, "scan-label"),
        (shown(PortPhase.WIPING), SceneName.WORKING, "wiping"),
        (shown(PortPhase.READING_BACK), SceneName.WORKING, "checking"),
        (shown(PortPhase.DONE), SceneName.GOOD, "all-wiped"),
        (shown(PortPhase.SET_ASIDE), SceneName.SCRAP, "to-recycling"),
        (shown(PortPhase.FAILED, verdict="failed"), SceneName.BAD, "not-wiped"),
        (shown(PortPhase.FAILED, trouble="ProgramMissing"), SceneName.BAD, "not-wiped"),
        (shown(PortPhase.FAILED, verdict="erased", trouble="ReadBackDiffers"), SceneName.BAD, "not-installed"),
        (shown(PortPhase.UNKNOWN, verdict="unknown"), SceneName.BAD, "not-sure"),
        (shown(PortPhase.REFUSED, trouble="SystemDisk"), SceneName.STOP, "wrong-disk"),
        (shown(PortPhase.REFUSED, trouble="DeviceBusy"), SceneName.STOP, "in-use"),
        (shown(PortPhase.REFUSED, trouble="MediumFrozen"), SceneName.STOP, "plug-again"),
        (shown(PortPhase.REFUSED, trouble="NotDistinguishable"), SceneName.STOP, "no-number"),
        (shown(PortPhase.REFUSED, trouble="PolicyWantsDestroy"), SceneName.STOP, "destroy"),
        (shown(PortPhase.REFUSED, trouble="NeverHeardOf"), SceneName.STOP, "call-help"),
        (shown(PortPhase.REFUSED, verdict="erased", trouble="ImageNotFound"), SceneName.STOP, "not-installed"),
    ],
)
def test_each_moment_has_its_tile(snapshot: PortSnapshot, name: SceneName, headline: str) -> None:
    made = scene(snapshot)
    assert (made.name, made.headline) == (name, headline)


def test_only_a_proven_wipe_is_green_and_rings_so() -> None:
    """A verdict that is not "erased" must never look or sound like one."""
    for phase in PortPhase:
        made = scene(shown(phase))
        good = phase is PortPhase.DONE
        assert (made.name is SceneName.GOOD) == good
        assert (made.sound is Sound.GOOD) == good
        assert ("green-shelf" in [step.phrase for step in made.steps]) == good


def every_error(error: type[AgentError]) -> set[type[AgentError]]:
    return {error}.union(*(every_error(below) for below in error.__subclasses__()))


def test_no_error_shows_its_own_words() -> None:
    assert agents.bench.direct
    assert agents.bench.live
    assert agents.wipe.runner
    for error in every_error(AgentError):
        for phase in (PortPhase.REFUSED, PortPhase.FAILED):
            made = scene(shown(phase, trouble=error.__name__, message=f"EIO 0x1f {error.__doc__}"))
            said = [PHRASES[key] for key in (made.headline, made.sentence, *(step.phrase for step in made.steps)) if key]
            assert said
            assert not any("0x1f" in text for text in said)
            assert made.told is not None


def test_every_word_and_drawing_of_the_advice_is_there() -> None:
    rows = [*advice.BY_NAME.values(), advice.REFUSED, advice.FAILED, advice.UNKNOWN, advice.NOT_INSTALLED, advice.TORN_OUT]
    for row in rows:
        assert {row.headline, row.sentence, *(phrase for _, phrase in row.steps)} <= PHRASES.keys()
        assert {row.picture, *(picture for picture, _ in row.steps)} <= DRAWINGS.keys()


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def phases(memory: Memory) -> list[tuple[PortPhase, bool]]:
    return [(one.snapshot.phase, one.left) for one in memory.all()]


def test_what_was_torn_out_is_plugged_in_again_and_any_other_failure_goes_to_the_red_shelf() -> None:
    torn, other = (scene(shown(PortPhase.FAILED, verdict="failed", trouble=trouble)) for trouble in ("DeviceGone", None))
    assert [step.phrase for step in torn.steps] == ["plug-again"]
    assert (torn.name, torn.headline) == (other.name, other.headline) == (SceneName.BAD, "not-wiped")
    assert [step.phrase for step in other.steps] == ["unplug", "red-shelf"]


@pytest.mark.parametrize("end", [PortPhase.FAILED, PortPhase.UNKNOWN])
def test_a_bad_end_stays_after_its_device_left_until_it_was_seen(end: PortPhase) -> None:
    clock = Clock()
    memory = Memory([shown(PortPhase.WIPING)], clock)
    memory.take(shown(end))
    memory.take(PortSnapshot("A1"))
    clock.now += 100 * SEEN_S
    assert phases(memory) == [(end, True)]
    assert memory.dismiss()
    assert phases(memory) == [(PortPhase.EMPTY, False)]
    assert not memory.dismiss()


def test_an_end_that_was_seen_goes_with_its_device() -> None:
    clock = Clock()
    memory = Memory([shown(PortPhase.WIPING)], clock)
    memory.take(shown(PortPhase.FAILED))
    clock.now += SEEN_S
    memory.take(PortSnapshot("A1"))
    assert phases(memory) == [(PortPhase.EMPTY, False)]


def test_the_next_device_takes_the_place_of_what_was_kept() -> None:
    memory = Memory([shown(PortPhase.WIPING)], Clock())
    memory.take(shown(PortPhase.FAILED))
    memory.take(PortSnapshot("A1"))
    memory.take(shown(PortPhase.IDENTIFYING))
    assert phases(memory) == [(PortPhase.IDENTIFYING, False)]


def test_a_refusal_stays_only_where_work_had_begun() -> None:
    for before, kept in ((PortPhase.WIPING, True), (PortPhase.IDENTIFYING, False)):
        memory = Memory([shown(before)], Clock())
        memory.take(shown(PortPhase.REFUSED))
        memory.take(PortSnapshot("A1"))
        assert phases(memory)[0][1] is kept


def test_progress_is_no_new_moment_and_the_same_end_of_the_next_device_is_one() -> None:
    clock = Clock()
    memory = Memory([PortSnapshot("A1")], clock)
    seen = []
    for phase in (PortPhase.WIPING, PortPhase.WIPING, PortPhase.DONE, PortPhase.EMPTY, PortPhase.WIPING, PortPhase.DONE):
        clock.now += SEEN_S
        memory.take(shown(phase))
        seen.append(memory.all()[0].moment)
    assert seen == [1, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("left_s", "said"),
    [
        (None, ("some-time", None)),
        (10, ("almost", None)),
        (50, ("minute-left", None)),
        (61, ("minutes-left", "2")),
        (9 * 60, ("minutes-left", "9")),
        (11 * 60, ("minutes-left", "15")),
        (119 * 60, ("minutes-left", "120")),
        (3 * 3600, ("hours-left", "3")),
    ],
)
def test_time_is_told_coarser_the_longer_it_takes(left_s: float | None, said: tuple[str, str | None]) -> None:
    assert words(left_s) == said


def working(phase: PortPhase, done: float, rate: float, **fields: Any) -> PortSnapshot:
    step = Phase.WRITE if phase is PortPhase.WIPING else Phase.VERIFY
    progress = Progress(step, int(done * GIB), 100 * GIB, rate * GIB, (100 - done) / rate)
    return shown(phase, progress=progress, **{"plan": {"method": "overwrite_random"}} | fields)


def test_the_time_is_that_of_the_whole_wipe_and_the_bar_too() -> None:
    clock = Clock()
    calm = Calm(clock)
    begun = calm.rest(working(PortPhase.WIPING, 0, 1 / 6), image=False)
    assert (begun.phrase, begun.count, begun.percent) == ("minutes-left", "20", 0)  # ten to write, ten to read back
    firmware = Calm(clock).rest(working(PortPhase.WIPING, 0, 1 / 6, plan={"method": "nvme_format_crypto"}), image=False)
    assert firmware.count == "10"
    assert percent(working(PortPhase.VERIFYING, 50, 1), image=False) == 75
    assert percent(working(PortPhase.VERIFYING, 50, 1), image=True) == 37
    assert percent(working(PortPhase.VERIFYING, 100, 1), image=False) == 99


def test_a_rate_that_swings_does_not_shake_the_time() -> None:
    clock = Clock()
    calm = Calm(clock)
    calm.rest(working(PortPhase.VERIFYING, 0, 1 / 30), image=False)  # 50 minutes
    told = set()
    for rate in (1 / 29, 1 / 32, 1 / 28, 1 / 31):
        clock.now += 5
        told.add(calm.rest(working(PortPhase.VERIFYING, 0.2, rate), image=False).count)
    assert told == {"50"}
    slow = calm.rest(working(PortPhase.VERIFYING, 0.2, 1 / 60), image=False)
    assert slow.count == "100"
