"""What each port shows, for `bench-agent ports` in another process. The bench owns the snapshot's content."""

import json
from collections.abc import Mapping
from datetime import datetime

from agents.journal.db import Transaction
from fleet.contract.base import utc_text


def show(tx: Transaction, name: str, snapshot: Mapping[str, object], at: datetime) -> None:
    """Replace what a port shows."""
    tx.execute(
        "INSERT INTO ports (name, snapshot, changed_at) VALUES (?, ?, ?) "
        "ON CONFLICT (name) DO UPDATE SET snapshot = excluded.snapshot, changed_at = excluded.changed_at",
        (name, json.dumps(snapshot), utc_text(at)),
    )


def shown(tx: Transaction) -> dict[str, dict[str, object]]:
    """What every port shows, by name."""
    return {row["name"]: json.loads(row["snapshot"]) for row in tx.all("SELECT name, snapshot FROM ports ORDER BY name")}


def clear(tx: Transaction) -> None:
    """Forget what the ports showed, when the bench starts."""
    tx.execute("DELETE FROM ports")
