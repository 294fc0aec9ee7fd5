"""Judging a firmware's answers over time: wait, done, failed, or nobody knows. Pure.

Nothing is guessed: what takes too long, stands still or cannot be read ends as `LOST`, and the device is quarantined.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from agents.wipe.completion.status import State, Status

GRACE_S: Final = 60.0
"""How long a drive may say that it knows of no sanitize, or still speak of the one before, after it accepted ours."""
MUTE_S: Final = 300.0
"""How long a drive may give no clear answer: a controller that resets is silent for a minute or two."""
STILL_S: Final = 3600.0
"""Progress that has not moved for this long is worth a word; only the time-out ends the wait."""
_POLLS: Final = 100
_SHORTEST_S, _LONGEST_S = 2.0, 60.0


class Outlook(StrEnum):
    """What to do next."""

    WAIT = "wait"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True)
class Watch:
    """What is known so far. Times in seconds since the firmware was told, or since polling was taken up again.

    Attributes:
        timeout_s: after this long it is stuck.
        over_before: the drive said "done" or "failed" of an earlier sanitize of the same kind already before ours was told, so
            such an answer is believed only after it was seen at work, or when the grace is over.
        at_s: of the newest answer.
        seen_running: it was seen at work.
        clear_s: of the newest answer that could be understood.
        progress: the newest, from 0 to 1.
        moved_s: when it last changed.
        outlook, reason: the judgement; why, when it is failed or lost.
    """

    timeout_s: float
    over_before: bool = False
    at_s: float = 0.0
    seen_running: bool = False
    clear_s: float = 0.0
    progress: float | None = None
    moved_s: float = 0.0
    outlook: Outlook = Outlook.WAIT
    reason: str | None = None

    def after(self, status: Status, at_s: float) -> "Watch":
        """The watch with one more answer."""
        moved = status.progress != self.progress
        seen = replace(
            self,
            at_s=at_s,
            seen_running=self.seen_running or status.state is State.RUNNING,
            clear_s=self.clear_s if status.state is State.UNCLEAR else at_s,
            progress=status.progress,
            moved_s=at_s if moved else self.moved_s,
        )
        outlook, reason = _judge(seen, status)
        return replace(seen, outlook=outlook, reason=reason)

    @property
    def still(self) -> str | None:
        """In words, when the progress has not moved for long."""
        stood = self.at_s - self.moved_s
        if self.progress is None or stood < STILL_S:
            return None
        return f"its progress has stood at {self.progress:.2%} for {stood / 3600:.1f} h"


def _judge(watch: Watch, status: Status) -> tuple[Outlook, str | None]:
    settled = watch.seen_running or watch.at_s >= GRACE_S
    believed = settled or not watch.over_before
    match status.state:
        case State.DONE if believed:
            return Outlook.DONE, None
        case State.FAILED if believed:
            return Outlook.FAILED, f"the drive says that it failed ({status.said})"
        case State.NEVER if settled:
            return Outlook.LOST, f"the drive knows nothing of the sanitize that it accepted ({status.said})"
        case State.UNCLEAR if watch.at_s - watch.clear_s >= MUTE_S:
            return Outlook.LOST, f"the drive has given no clear answer for {MUTE_S:.0f} s ({status.said})"
    if watch.at_s >= watch.timeout_s:
        still = f", {watch.still}" if watch.still else ""
        return Outlook.LOST, f"the drive has not ended after {watch.at_s / 60:.0f} min{still} ({status.said})"
    return Outlook.WAIT, None


def interval_s(expected_s: float | None) -> float:
    """How long to wait between two questions: short for a crypto erase of seconds, longer for hours of overwriting."""
    return min(max((expected_s or 0.0) / _POLLS, _SHORTEST_S), _LONGEST_S)
