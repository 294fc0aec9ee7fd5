"""Rows of the outbox: signed events on their way. `agents.report.outbox` makes and sends them.

Sequence numbers come from a counter that moves in the caller's transaction: undone with it, so they have no gaps.
"""

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row
from uuid import UUID

from agents.journal.db import Transaction
from fleet.contract.base import utc_text
from fleet.contract.events import BenchEvent
from fleet.contract.signing import SignedDocument


@dataclass(frozen=True)
class OutboxRow:
    """One event that the service has not acknowledged. `stuck`: the service refused the event itself; it waits for a person."""

    bench_id: UUID
    sequence: int
    event_id: UUID
    type: str
    asset_code: str
    document: SignedDocument
    made_at: datetime
    attempts: int
    error: str | None
    stuck: bool


def next_sequence(tx: Transaction, bench_id: UUID) -> int:
    """The next number of a bench, from 1. It is used only if this transaction commits."""
    name = f"sequence:{bench_id}"
    return int(
        tx.scalar(
            "INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        )
    )


def insert(tx: Transaction, event: BenchEvent, document: SignedDocument) -> None:
    """Put a signed event in line."""
    tx.execute(
        "INSERT INTO outbox (bench_id, sequence, event_id, type, asset_code, document, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            str(event.bench_id),
            event.sequence,
            str(event.id),
            event.data.type,
            event.data.asset_code,
            document.model_dump_json(),
            utc_text(event.occurred_at),
        ),
    )


def head(tx: Transaction) -> OutboxRow | None:
    """The event that must go next."""
    row = tx.one("SELECT * FROM outbox WHERE NOT stuck ORDER BY sequence LIMIT 1")
    return None if row is None else _row(row)


def rows(tx: Transaction, limit: int = 1000) -> tuple[OutboxRow, ...]:
    """The first `limit` events in line, the stuck ones among them."""
    return tuple(map(_row, tx.all("SELECT * FROM outbox ORDER BY bench_id, sequence LIMIT ?", (limit,))))


def count(tx: Transaction) -> tuple[int, int]:
    """How many events wait, and how many are stuck."""
    row = tx.one("SELECT coalesce(sum(NOT stuck), 0), coalesce(sum(stuck), 0) FROM outbox")
    return (0, 0) if row is None else (int(row[0]), int(row[1]))


def waits_for(tx: Transaction, asset_code: str) -> bool:
    """Whether the service has not got everything about this device yet."""
    return tx.one("SELECT 1 FROM outbox WHERE asset_code = ? LIMIT 1", (asset_code,)) is not None


def delivered(tx: Transaction, event_id: UUID) -> None:
    """Forget an event that the service has acknowledged."""
    tx.execute("DELETE FROM outbox WHERE event_id = ?", (str(event_id),))


def tried(tx: Transaction, event_id: UUID, error: str, *, stuck: bool = False) -> None:
    """Note a delivery that did not succeed; a stuck event no longer holds up the others."""
    tx.execute(
        "UPDATE outbox SET attempts = attempts + 1, error = ?, stuck = ? WHERE event_id = ?", (error, int(stuck), str(event_id))
    )


def unstick(tx: Transaction) -> int:
    """Put the stuck events back in line; returns how many."""
    return tx.execute("UPDATE outbox SET stuck = 0 WHERE stuck").rowcount


def _row(row: Row) -> OutboxRow:
    return OutboxRow(
        bench_id=UUID(row["bench_id"]),
        sequence=row["sequence"],
        event_id=UUID(row["event_id"]),
        type=row["type"],
        asset_code=row["asset_code"],
        document=SignedDocument.model_validate_json(row["document"]),
        made_at=datetime.fromisoformat(row["made_at"]),
        attempts=row["attempts"],
        error=row["error"],
        stuck=bool(row["stuck"]),
    )
