"""What a port's phase is called, and when a bench counts as silent: pure."""

from datetime import datetime, timedelta
from typing import Final

from fleet.contract.ports import SILENT_AFTER_S, PortPhase
from fleet.errors import N_
from fleet.ui.words import Tone, Word

PHASES: Final[dict[PortPhase, Word]] = {
    PortPhase.EMPTY: Word(N_("Nothing in it"), "plus"),
    PortPhase.UNWATCHED: Word(N_("The bench's program does not run"), "pause", Tone.WARN),
    PortPhase.IDENTIFYING: Word(N_("Being looked at"), "eye", Tone.BUSY),
    PortPhase.REFUSED: Word(N_("Not accepted"), "octagon", Tone.BAD),
    PortPhase.LABELLING: Word(N_("The label is made"), "printer", Tone.BUSY),
    PortPhase.WAITING_SCAN: Word(N_("Waits for its label to be scanned"), "scan", Tone.WARN),
    PortPhase.WIPING: Word(N_("Being wiped"), "eraser", Tone.BUSY),
    PortPhase.VERIFYING: Word(N_("Being checked"), "eye", Tone.BUSY),
    PortPhase.IMAGING: Word(N_("Being installed"), "install", Tone.BUSY),
    PortPhase.READING_BACK: Word(N_("The installation is checked"), "eye", Tone.BUSY),
    PortPhase.DONE: Word(N_("Done: take it out"), "check-ring", Tone.GOOD),
    PortPhase.FAILED: Word(N_("Failed"), "octagon", Tone.BAD),
    PortPhase.UNKNOWN: Word(N_("Not sure: set it apart"), "lost", Tone.WARN),
    PortPhase.SET_ASIDE: Word(N_("Set it aside"), "pause", Tone.WARN),
}
_MINUTE_S: Final = 60


def silent(heard_at: datetime | None, now: datetime) -> bool:
    """Whether nothing was heard of a bench for so long that what it showed may not be true any more."""
    return heard_at is None or now - heard_at > timedelta(seconds=SILENT_AFTER_S)


def minutes_left(seconds: int | None) -> int | None:
    """Whole minutes, the last one counted as one."""
    return None if seconds is None else max(1, round(seconds / _MINUTE_S))


def minutes_since(heard_at: datetime, now: datetime) -> int:
    """Whole minutes since a bench was heard."""
    return max(0, int((now - heard_at).total_seconds() // _MINUTE_S))
