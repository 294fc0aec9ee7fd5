"""Where the bench's rooms report: events signed and numbered in the transaction of the step they report.

Apart from their delivery, so that a job's own process, which only reports, needs no HTTP client.
"""

from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.journal import outbox as rows
from agents.journal import profile
from agents.journal.db import Transaction
from agents.shell.clock import now
from fleet.contract.events import BenchEvent, EventData
from fleet.contract.signing import sign


class Outbox:
    """Where the bench's rooms report. `key` signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def append(self, tx: Transaction, data: EventData, *, operator: str | None) -> BenchEvent:
        """Report a fact, in the transaction of the step that made it true. Raises NotEnrolled."""
        bench_id = profile.get(tx).profile.bench_id
        event = BenchEvent(
            id=uuid4(),
            bench_id=bench_id,
            sequence=rows.next_sequence(tx, bench_id),
            occurred_at=now(),
            operator=operator,
            data=data,
        )
        rows.insert(tx, event, sign(event, self._key))
        return event
