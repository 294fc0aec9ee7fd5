"""What a run hands on, and what it asks of its caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from agents.wipe.plan import WipePlan
from fleet.contract.certificate import CommandRecord, Sampling
from fleet.contract.kinds import IoMode, Verdict


class JobHooks(Protocol):
    """Where a run keeps what a restart needs. Each call returns only when it is on disk.

    An overwrite calls `issued`, `synced` again and again, `verifying`. A firmware method calls `issued`, `prepared`, `polling`,
    `verifying`, and `unlocked` where a password was set. An AgentError from `issued` ends the job before anything was written;
    one from the others ends it with the verdict unknown.
    """

    def issued(self, secret: bytes | None) -> None:
        """Data are lost from here: the first write, or the first canary, comes next.

        `secret` is the keystream's key of an overwrite, or the password (ASCII) of an ATA security erase, which must be kept
        until `unlocked` even after the job has ended; None where there is none.
        """

    def synced(self, offset: int) -> None:
        """All bytes before `offset` are on the medium."""

    def prepared(self, samples: bytes) -> None:
        """Every canary is on the medium; the firmware is told next. `samples` (some MiB at most) go into `Resume`."""

    def polling(self, record: bytes) -> None:
        """The firmware was told, and every command was accepted: from here it is only asked. `record` goes into `Resume`."""

    def verifying(self) -> None:
        """Everything is written, or the firmware says it is done; reading back begins."""

    def unlocked(self) -> None:
        """The drive is known to have no password any more: the kept one may go."""


class Reached(StrEnum):
    """How far an interrupted job had come: the newest hook that was kept."""

    ISSUED = "issued"
    PREPARED = "prepared"
    POLLING = "polling"
    VERIFYING = "verifying"


@dataclass(frozen=True)
class Resume:
    """Where an interrupted job goes on.

    Attributes:
        secret: what `issued` was given.
        offset: of an overwrite: all before it was flushed.
        reached: the newest hook that was kept; an overwrite goes on from `offset` whatever it is.
        samples: what `prepared` was given; None before.
        record: what `polling` was given; None before.
        interruptions: how often this job has been interrupted by now.
    """

    secret: bytes | None
    offset: int = 0
    reached: Reached = Reached.ISSUED
    samples: bytes | None = None
    record: bytes | None = None
    interruptions: int = 1


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
        bytes_written: written and flushed as the method; 0 for a firmware method (its canaries are preparation).
        bytes_verified: read back and compared.
        mismatched_bytes: how many of those were wrong.
        io_mode: direct, or buffered (plain files only).
        written: when the overwrite, or the firmware, ran.
        verified: when the read-back ran; None when it never began.
        errors: what the device refused, with the byte it happened at.
        highest_temperature_c: degrees Celsius; None where the drive does not tell.
        log: what happened when, in lines.
        commands: what the firmware was told, with exit codes; secrets struck out.
        sampling: what a sampled verification saw; None for an overwrite, or when it never ended.
        sample_seed: hex; where the samples lay follows from it.
        logs: the drive's own logs and status, before and after, by name.
        interruptions: how often the job was taken up again after a stop.
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
    commands: tuple[CommandRecord, ...] = ()
    sampling: Sampling | None = None
    sample_seed: str | None = None
    logs: Mapping[str, str] = field(default_factory=dict)
    interruptions: int = 0

    @property
    def cancelled(self) -> bool:
        """Nothing was written."""
        return self.verdict is None
