"""Minutes left that a person can believe: of the whole wipe, not of the step, and steady although the rate is not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agents.bench.phases import PortPhase, PortSnapshot
from agents.shell.clock import monotonic
from fleet.contract.kinds import Method

_WIPE: Final = (PortPhase.WIPING, PortPhase.VERIFYING)
_IMAGE: Final = (PortPhase.IMAGING, PortPhase.READING_BACK)
_SLACK_S: Final = 60.0
_SLACK: Final = 0.15
"""A new estimate replaces the shown one when it differs by more than both: rates of disks swing by some percent."""
_MINUTE_S: Final = 60
_HOURS_FROM: Final = 120
_FINE_BELOW: Final = 10
_OVERWRITES: Final = frozenset({Method.OVERWRITE_ZEROS.value, Method.OVERWRITE_RANDOM.value})


@dataclass(frozen=True)
class Rest:
    """What a bar says. `percent` is of all steps together, 0 to 100; `phrase` and `count` name the time, None: not known."""

    percent: int
    phrase: str
    count: str | None = None


def stages(snapshot: PortSnapshot, *, image: bool) -> tuple[PortPhase, ...]:
    """The steps that a port's bar runs over."""
    known = (*_WIPE, *_IMAGE) if image else _WIPE
    return known if snapshot.phase in known else (snapshot.phase,)


def percent(snapshot: PortSnapshot, *, image: bool) -> int:
    """How far it is over all steps; the last percent is kept for the end itself."""
    steps = stages(snapshot, image=image)
    within = snapshot.progress.percent / 100 if snapshot.progress is not None else 0.0
    return min(99, int(100 * (steps.index(snapshot.phase) + min(1.0, within)) / len(steps)))


def seconds_left(snapshot: PortSnapshot) -> float | None:
    """Until the wipe (or the image) is done: what is left of this step, and reading everything back at the same rate."""
    progress = snapshot.progress
    if progress is None or progress.seconds_left is None:
        return None
    reads_all = snapshot.phase is PortPhase.IMAGING or (
        snapshot.phase is PortPhase.WIPING and snapshot.plan.get("method") in _OVERWRITES
    )
    again = progress.total_bytes / progress.rate_bytes_s if reads_all and progress.rate_bytes_s else 0.0
    return progress.seconds_left + again


def words(left_s: float | None) -> tuple[str, str | None]:
    """The phrase for a time, and its number: coarser the longer it takes."""
    if left_s is None:
        return "some-time", None
    minutes = -(-left_s // _MINUTE_S)
    if left_s < _MINUTE_S / 2:
        return "almost", None
    if minutes <= 1:
        return "minute-left", None
    if minutes >= _HOURS_FROM:
        return "hours-left", str(round(minutes / 60))
    return "minutes-left", str(int(minutes if minutes < _FINE_BELOW else -(-minutes // 5) * 5))


class Calm:
    """Keeps the end that each port was promised, as long as it is about right. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._ends: dict[str, tuple[str, float]] = {}

    def rest(self, snapshot: PortSnapshot, *, image: bool) -> Rest:
        """The bar and the time of a port that works."""
        fresh = seconds_left(snapshot)
        work = f"{snapshot.asset_code}:{'image' if snapshot.phase in _IMAGE else 'wipe'}"
        promised = self._ends.get(snapshot.port)
        if promised is not None and promised[0] != work:
            promised = None
        now = self._clock()
        if fresh is not None and (promised is None or abs(now + fresh - promised[1]) > max(_SLACK_S, _SLACK * fresh)):
            promised = (work, now + fresh)
            self._ends[snapshot.port] = promised
        phrase, count = words(None if promised is None else max(0.0, promised[1] - now))
        return Rest(percent(snapshot, image=image), phrase, count)
