"""Jobs, keyed by the storage they work on, never by a `/dev` name.

intent -> issued -> writing(offset) -> verifying -> done where the bench overwrites, and
intent -> issued -> prepared -> polling -> verifying -> done where the drive's firmware works.

`issued` is committed with the start event, before the first byte is written or the first command sent, so after a crash: intent
means untouched, everything between means that bytes may be lost. `polling` means that the firmware was told, and is only asked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from sqlite3 import IntegrityError, Row
from uuid import UUID

from agents.errors import AgentError, Refused
from agents.journal.db import Transaction
from fleet.contract.base import utc_text
from fleet.contract.storage import StorageIdentity


class JobKind(StrEnum):
    """What a job does to a storage."""

    WIPE = "wipe"
    IMAGE = "image"


class JobState(StrEnum):
    """How far a job is."""

    INTENT = "intent"
    ISSUED = "issued"
    WRITING = "writing"
    PREPARED = "prepared"
    POLLING = "polling"
    VERIFYING = "verifying"
    DONE = "done"


class Outcome(StrEnum):
    """How a job ended."""

    ERASED = "erased"
    IMAGED = "imaged"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


_ORDER = tuple(JobState)


class JobRunning(Refused):
    """This storage has an unfinished job already. Let it end, or start the agent again, which resolves it."""


class JobOrder(AgentError):
    """A job cannot go back to an earlier state, and an ended job does not change. This is a fault in the agent: report it."""


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        plan: the plan in words, as it was announced.
        document: the whole plan, for the process that carries it out; None for images, and for jobs of agents before this column.
        offset_bytes: everything before it is on the medium.
        secret: what a resumed job needs (a keystream's key, a drive's password); gone once the job is done.
        record: what the firmware was told and said, from `polling` on until the job is done.
        interruptions: how often it was taken up again.
    """

    id: UUID
    kind: JobKind
    storage: StorageIdentity
    asset_code: str
    port: str
    operator: str | None
    plan: Mapping[str, str]
    state: JobState
    offset_bytes: int
    secret: bytes | None
    outcome: Outcome | None
    reason: str | None
    began_at: datetime
    changed_at: datetime
    document: str | None = None
    record: bytes | None = None
    interruptions: int = 0


def begin(tx: Transaction, job: Job) -> None:
    """Write a new job down. Raises JobRunning when its storage has an unfinished one."""
    try:
        tx.execute(
            "INSERT INTO jobs (id, kind, storage_key, storage, asset_code, port, operator, plan, document, state, secret, "
            "began_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(job.id),
                job.kind,
                job.storage.key,
                job.storage.model_dump_json(),
                job.asset_code,
                job.port,
                job.operator,
                json.dumps(dict(job.plan)),
                job.document,
                job.state,
                job.secret,
                utc_text(job.began_at),
                utc_text(job.changed_at),
            ),
        )
    except IntegrityError as error:
        if error.sqlite_errorname != "SQLITE_CONSTRAINT_UNIQUE":
            raise
        raise JobRunning from error


def advance(
    tx: Transaction,
    job_id: UUID,
    state: JobState,
    at: datetime,
    *,
    offset_bytes: int | None = None,
    secret: bytes | None = None,
    record: bytes | None = None,
) -> None:
    """Move a job on, never back (writing may report a new offset). `None` keeps what is there. Raises JobOrder."""
    before = get(tx, job_id)
    if before.state is JobState.DONE or state is JobState.DONE or _ORDER.index(state) < _ORDER.index(before.state):
        raise JobOrder(f"job {job_id} is {before.state}, not to become {state}. {JobOrder.__doc__}")
    tx.execute(
        "UPDATE jobs SET state = ?, offset_bytes = coalesce(?, offset_bytes), secret = coalesce(?, secret), "
        "record = coalesce(?, record), changed_at = ? WHERE id = ?",
        (state, offset_bytes, secret, record, utc_text(at), str(job_id)),
    )


def reopen(tx: Transaction, job_id: UUID, at: datetime, *, secret: bytes | None = None) -> None:
    """Back to `issued` after a crash: what is on the medium stays counted, a verification that was under way does not.

    Raises JobOrder.
    """
    if get(tx, job_id).state in (JobState.INTENT, JobState.DONE):
        raise JobOrder(f"job {job_id} cannot be taken up again. {JobOrder.__doc__}")
    tx.execute(
        "UPDATE jobs SET state = 'issued', secret = coalesce(?, secret), changed_at = ? WHERE id = ?",
        (secret, utc_text(at), str(job_id)),
    )


def take_up(tx: Transaction, job_id: UUID, port: str, document: str, at: datetime) -> Job:
    """Count an interruption, and note where the job goes on: the device may stand at another port. Raises JobOrder."""
    if get(tx, job_id).state in (JobState.INTENT, JobState.DONE):
        raise JobOrder(f"job {job_id} cannot be taken up again. {JobOrder.__doc__}")
    tx.execute(
        "UPDATE jobs SET interruptions = interruptions + 1, port = ?, document = ?, changed_at = ? WHERE id = ?",
        (port, document, utc_text(at), str(job_id)),
    )
    return get(tx, job_id)


def finish(tx: Transaction, job_id: UUID, outcome: Outcome, at: datetime, *, reason: str | None = None) -> None:
    """End a job; its secret and record go. `erased` and `imaged` are reached from `verifying` alone. Raises JobOrder."""
    before = get(tx, job_id)
    proven = outcome in (Outcome.ERASED, Outcome.IMAGED)
    if before.state is JobState.DONE or (proven and before.state is not JobState.VERIFYING):
        raise JobOrder(f"job {job_id} is {before.state}, not to end as {outcome}. {JobOrder.__doc__}")
    tx.execute(
        "UPDATE jobs SET state = 'done', outcome = ?, reason = ?, secret = NULL, record = NULL, changed_at = ? WHERE id = ?",
        (outcome, reason, utc_text(at), str(job_id)),
    )


def get(tx: Transaction, job_id: UUID) -> Job:
    """The job of this id. Raises JobOrder when there is none."""
    row = tx.one("SELECT * FROM jobs WHERE id = ?", (str(job_id),))
    if row is None:
        raise JobOrder(f"job {job_id} is not in the journal. {JobOrder.__doc__}")
    return _job(row)


def unfinished(tx: Transaction) -> tuple[Job, ...]:
    """Every job that has not ended, oldest first: one a storage at most."""
    return tuple(map(_job, tx.all("SELECT * FROM jobs WHERE state <> 'done' ORDER BY began_at")))


def latest(tx: Transaction, storage_key: str, kind: JobKind) -> Job | None:
    """The newest job of this kind on a storage."""
    row = tx.one("SELECT * FROM jobs WHERE storage_key = ? AND kind = ? ORDER BY began_at DESC LIMIT 1", (storage_key, kind))
    return None if row is None else _job(row)


def _job(row: Row) -> Job:
    return Job(
        id=UUID(row["id"]),
        kind=JobKind(row["kind"]),
        storage=StorageIdentity.model_validate_json(row["storage"]),
        asset_code=row["asset_code"],
        port=row["port"],
        operator=row["operator"],
        plan=json.loads(row["plan"]),
        state=JobState(row["state"]),
        offset_bytes=row["offset_bytes"],
        secret=row["secret"],
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        reason=row["reason"],
        began_at=datetime.fromisoformat(row["began_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
        document=row["document"],
        record=row["record"],
        interruptions=row["interruptions"],
    )
