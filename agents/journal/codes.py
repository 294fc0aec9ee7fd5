"""Asset codes leased in advance, so that labels are printed with no network at all. A code is taken once, for one storage."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from agents.errors import Refused
from agents.journal.db import Transaction
from fleet.contract.base import utc_text


class OutOfCodes(Refused):
    """No asset code is left at this bench. Connect it to the service, which leases new ones; nothing was touched."""


def free(tx: Transaction) -> int:
    """How many codes are left to give."""
    return int(tx.scalar("SELECT count(*) FROM codes WHERE taken_by IS NULL"))


def take(tx: Transaction, storage_key: str) -> str:
    """The oldest free code, from now on this storage's. Raises OutOfCodes."""
    code = tx.scalar(
        "UPDATE codes SET taken_by = ? WHERE place = (SELECT place FROM codes WHERE taken_by IS NULL ORDER BY place LIMIT 1) "
        "RETURNING code",
        (storage_key,),
    )
    if code is None:
        raise OutOfCodes
    return str(code)


def pending(tx: Transaction) -> tuple[UUID, int] | None:
    """A lease that was asked for and not answered yet: its request id and count."""
    row = tx.one("SELECT request_id, count FROM lease_requests LIMIT 1")
    return None if row is None else (UUID(row["request_id"]), int(row["count"]))


def ask(tx: Transaction, request_id: UUID, count: int) -> None:
    """Remember the request before it is sent: asked again under the same id, the service gives the same block."""
    tx.execute("INSERT INTO lease_requests (request_id, count) VALUES (?, ?)", (str(request_id), count))


def stock(tx: Transaction, request_id: UUID, codes: Iterable[str], at: datetime) -> int:
    """Store the answer to a request; returns how many codes are new. A block that is here already changes nothing."""
    tx.execute("DELETE FROM lease_requests WHERE request_id = ?", (str(request_id),))
    moment = utc_text(at)
    return sum(
        tx.execute("INSERT INTO codes (code, leased_at) VALUES (?, ?) ON CONFLICT (code) DO NOTHING", (code, moment)).rowcount
        for code in codes
    )
