"""The mailbox of scans: `bench-agent scan` writes, the running bench reads and answers."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from sqlite3 import Row

from agents.journal.db import Transaction
from fleet.contract.base import utc_text
from fleet.contract.kinds import VisualResult


@dataclass(frozen=True)
class NewScan:
    """What a scanner gave at a port, with what the operator saw of the device."""

    port: str
    text: str
    visual: VisualResult = VisualResult.GOOD
    defects: tuple[str, ...] = field(default=())
    weight_g: int | None = None
    operator: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the bench made of a scan."""

    accepted: bool
    text: str


def post(tx: Transaction, scan: NewScan, at: datetime) -> int:
    """Put a scan in the mailbox; returns its number."""
    cursor = tx.execute(
        "INSERT INTO scans (port, text, visual, defects, weight_g, operator, made_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (scan.port, scan.text, scan.visual, json.dumps(scan.defects), scan.weight_g, scan.operator, utc_text(at)),
    )
    return int(cursor.lastrowid or 0)


def waiting(tx: Transaction, port: str) -> tuple[int, NewScan] | None:
    """The oldest scan of a port that nobody answered, with its number."""
    row = tx.one("SELECT * FROM scans WHERE port = ? AND answer IS NULL ORDER BY id LIMIT 1", (port,))
    return None if row is None else (row["id"], _scan(row))


def settle(tx: Transaction, number: int, answer: Answer) -> None:
    """Answer a scan. The first answer stands."""
    tx.execute(
        "UPDATE scans SET answer = ?, accepted = ? WHERE id = ? AND answer IS NULL", (answer.text, int(answer.accepted), number)
    )


def settle_all(tx: Transaction, answer: Answer) -> int:
    """Answer every scan that waits: one made before the bench started must not confirm what stands in a port now."""
    return tx.execute(
        "UPDATE scans SET answer = ?, accepted = ? WHERE answer IS NULL", (answer.text, int(answer.accepted))
    ).rowcount


def answer_of(tx: Transaction, number: int) -> Answer | None:
    """What the bench made of a scan, once it has."""
    row = tx.one("SELECT answer, accepted FROM scans WHERE id = ? AND answer IS NOT NULL", (number,))
    return None if row is None else Answer(bool(row["accepted"]), row["answer"])


def _scan(row: Row) -> NewScan:
    return NewScan(
        row["port"], row["text"], VisualResult(row["visual"]), tuple(json.loads(row["defects"])), row["weight_g"], row["operator"]
    )
