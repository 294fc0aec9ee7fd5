"""ATA passwords that this bench set on drives, kept until the drive is known to have none: longer than the job, if need be."""

from dataclasses import dataclass
from datetime import datetime

from agents.journal.db import Transaction
from fleet.contract.base import utc_text


@dataclass(frozen=True)
class KeptPassword:
    """A password that may stand on a drive. Never shown in logs or pages: `repr` leaves it out."""

    password: str
    made_at: datetime

    def __repr__(self) -> str:
        return f"KeptPassword(made_at={self.made_at.isoformat()})"


def keep(tx: Transaction, storage_key: str, password: str, at: datetime) -> None:
    """Write a password down before the drive hears of it. An older one that still stands stays too."""
    tx.execute("INSERT INTO passwords (storage_key, password, made_at) VALUES (?, ?, ?)", (storage_key, password, utc_text(at)))


def standing(tx: Transaction, storage_key: str) -> tuple[KeptPassword, ...]:
    """The passwords that may stand on this storage, newest first (five at most: a drive takes no more attempts)."""
    rows = tx.all(
        "SELECT password, made_at FROM passwords WHERE storage_key = ? AND cleared_at IS NULL ORDER BY id DESC LIMIT 5",
        (storage_key,),
    )
    return tuple(KeptPassword(row["password"], datetime.fromisoformat(row["made_at"])) for row in rows)


def clear(tx: Transaction, storage_key: str, at: datetime) -> int:
    """The drive has no password any more: those kept go, that they were there stays. Returns how many went."""
    return tx.execute(
        "UPDATE passwords SET password = NULL, cleared_at = ? WHERE storage_key = ? AND cleared_at IS NULL",
        (utc_text(at), storage_key),
    ).rowcount
