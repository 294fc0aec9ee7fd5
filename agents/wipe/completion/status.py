"""What a drive says about the sanitize it was told to do, whatever the interface."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where the firmware says it is."""

    NEVER = "never"
    """It knows of no sanitize, or only of another one than it was told."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNCLEAR = "unclear"
    """It says something that the standard does not know, or nothing that can be read."""


@dataclass(frozen=True)
class Status:
    """One answer. `progress` from 0 to 1 while it runs, where the drive tells; `said` is the answer in short, for the log."""

    state: State
    said: str
    progress: float | None = None

    @property
    def over(self) -> bool:
        """Done or failed: it will not change by itself any more."""
        return self.state in (State.DONE, State.FAILED)
