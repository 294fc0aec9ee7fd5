"""How the end of a device's way is shown."""

import threading
from typing import Final

from agents.bench.phases import PortPhase
from agents.bench.settling import WipeEnd
from agents.errors import AgentError, Refused, Unknown
from fleet.contract.kinds import Verdict


class Either(threading.Event):
    """Set when one of two events is."""

    def __init__(self, one: threading.Event, other: threading.Event) -> None:
        super().__init__()
        self._either = (one, other)

    def is_set(self) -> bool:
        """Whether one of them is."""
        return super().is_set() or any(event.is_set() for event in self._either)


END_OF: Final = {
    Verdict.ERASED: PortPhase.DONE,
    Verdict.FAILED: PortPhase.FAILED,
    Verdict.UNKNOWN: PortPhase.UNKNOWN,
    None: PortPhase.REFUSED,
}


def said(end: WipeEnd) -> str:
    """What the operator is told at the end of a wipe."""
    match end.verdict:
        case Verdict.ERASED:
            return "Erased: every byte was written and read back. Take it out."
        case Verdict.FAILED:
            return f"Not erased: {end.reason}. Set it apart, or plug it in again to try once more."
        case Verdict.UNKNOWN:
            return f"Nobody can say whether it is erased: {end.reason}. Put it in quarantine."
        case None:
            return f"Nothing was written: {end.reason}."


def phase_of(error: AgentError) -> PortPhase:
    """What a port shows after an error."""
    match error:
        case Refused():
            return PortPhase.REFUSED
        case Unknown():
            return PortPhase.UNKNOWN
        case _:
            return PortPhase.FAILED
