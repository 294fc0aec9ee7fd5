"""What a planner returns: ways to sanitize a medium, and ways that are closed, with the reason."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet.contract.kinds import Completion, Level, Method, VerificationMethod

PASSWORD: Final = "{password}"  # noqa: S105 - a placeholder, not a password
"""Stands in an argv for the ATA password, which is made when the job is issued and is nowhere shown."""
FIRMWARE_METHODS: Final = tuple(method for method in Method if not method.by_host)


@dataclass(frozen=True)
class Command:
    """One command of a plan, before it runs.

    Attributes:
        argv: exactly what is run, but for PASSWORD.
        timeout_s: seconds after which it is stuck.
        destroys: data are lost from here; what comes before only prepares.
    """

    argv: tuple[str, ...]
    timeout_s: float
    destroys: bool = True


class Hindrance(StrEnum):
    """Why a method is closed."""

    UNSUPPORTED = "unsupported"
    """The drive says that it cannot."""
    INDETERMINATE = "indeterminate"
    """The drive does not say whether it can."""
    BRIDGE = "bridge"
    """It could only be reached through a USB bridge."""
    FROZEN = "frozen"
    """The drive takes no such command until it has lost power."""
    LOCKED = "locked"
    """A password keeps the drive from everything."""
    BUSY = "busy"
    """The drive is at work on an earlier sanitize."""
    KNOWN_BAD = "known_bad"
    """Drives of this model are known to fail at it (`agents/wipe/denylist.toml`)."""
    SCOPE = "scope"
    """It would reach something that this machine does not see."""


@dataclass(frozen=True)
class Draft:
    """One way to sanitize this medium; `agents.wipe.plan` makes a WipePlan of it. Fields as there."""

    method: Method
    level: Level
    technique: str
    reason: str
    commands: tuple[Command, ...] = ()
    completion: Completion = Completion.FLUSHED_WRITES
    verification: VerificationMethod = VerificationMethod.FULL_READ_BACK
    scope: tuple[str, ...] = ()
    expected_s: float | None = None
    timeout_s: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Closed:
    """Methods that are not possible on this medium, or not now."""

    methods: tuple[Method, ...]
    hindrance: Hindrance
    why: str

    def __str__(self) -> str:
        names = "every firmware method" if set(self.methods) >= set(FIRMWARE_METHODS) else ", ".join(self.methods)
        return f"{names}: {self.why}"


Option = Draft | Closed


def stuck_after_s(expected_s: float | None, *, least_s: float) -> float:
    """After how many seconds a firmware job is stuck: three times what it should take, and never less than `least_s`.

    Quarantining a drive that would have finished costs a second look; a factor of three stands above every overrun in the
    nvme-cli reports of stuck drives (issues 752, 1784, 3027), which did not end within hours.
    """
    return max(least_s, 3 * (expected_s or 0))
