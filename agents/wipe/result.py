"""What a run hands on, and what it asks of its caller."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from agents.wipe.plan import WipePlan
from fleet.contract.kinds import IoMode, Verdict


class JobHooks(Protocol):
    """Where a run keeps what a restart needs. Each call returns only when it is on disk.

    An AgentError from `issued` ends the job before anything was written; one from the others ends it with the verdict unknown.
    """

    def issued(self, key: bytes | None) -> None:
        """The first write comes next. `key` is the keystream's, for `Resume`; None for zeros."""

    def synced(self, offset: int) -> None:
        """All bytes before `offset` are on the medium."""

    def verifying(self) -> None:
        """Everything is written; reading back begins."""


@dataclass(frozen=True)
class Resume:
    """Where an interrupted pass goes on: all before `offset` was flushed, and it was made with `key`."""

    key: bytes | None
    offset: int


@dataclass(frozen=True)
class Span:
    """From when to when."""

    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True)
class WipeResult:
    """How a wipe ended. Counts in bytes; a resumed pass counts what was written before too.

    Attributes:
        plan: what was to be done.
        verdict: None when the job ended before anything was written (a cancelled wipe).
        reason: why it is not erased.
        medium_failure: the medium failed, not the bench or the operator.
        bytes_written: written and flushed.
        bytes_verified: read back and compared.
        mismatched_bytes: how many of those were wrong.
        io_mode: direct, or buffered (plain files only).
        written: when the overwrite ran.
        verified: when the read-back ran; None when it never began.
        errors: what the device refused, with the byte it happened at.
        highest_temperature_c: degrees Celsius; None where the drive does not tell.
        log: what happened when, in lines.
    """

    plan: WipePlan
    verdict: Verdict | None
    reason: str | None
    medium_failure: bool
    bytes_written: int
    bytes_verified: int
    mismatched_bytes: int
    io_mode: IoMode
    written: Span
    verified: Span | None
    errors: tuple[str, ...]
    highest_temperature_c: int | None
    log: tuple[str, ...]

    @property
    def cancelled(self) -> bool:
        """Nothing was written."""
        return self.verdict is None
