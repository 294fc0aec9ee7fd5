"""Events on their way: delivered strictly in order.

A row goes only when the service acknowledged that very event. A refusal of the event itself sets it aside as stuck, where people
see it; every other trouble leaves it at the head of the line.
"""

from dataclasses import dataclass
from enum import StrEnum

from agents.journal import outbox as rows
from agents.journal import profile
from agents.journal.db import Journal
from agents.report.client import ServiceClient
from agents.report.errors import NotAccepted, NotUnderstood, RequestRefused, ServiceError


class Fate(StrEnum):
    """What a failed delivery means for the event."""

    AGAIN = "again"
    HELD = "held"
    STUCK = "stuck"


@dataclass(frozen=True)
class Delivery:
    """What one round of deliveries did. `error` ended it early; None when the line is empty."""

    sent: int
    error: ServiceError | None


def fate(error: ServiceError) -> Fate:
    """Whether the event is at fault (stuck), the bench (held), or the weather (again)."""
    match error:
        case RequestRefused():
            return Fate.STUCK
        case NotAccepted():
            return Fate.HELD
        case _:
            return Fate.AGAIN


def deliver(journal: Journal, client: ServiceClient, *, most: int = 500) -> Delivery:
    """Send what waits, oldest first, until the line is empty, `most` are sent or the service does not take them."""
    sent = 0
    while sent < most:
        with journal.transaction(durable=False) as tx:
            row = rows.head(tx)
        if row is None:
            return Delivery(sent, None)
        try:
            receipt = client.send(row.document)
            if receipt.event_id != row.event_id:
                raise NotUnderstood(f"{client.server} acknowledged another event than was sent. {NotUnderstood.__doc__}")
        except ServiceError as error:
            if not _set_back(journal, row, error):
                return Delivery(sent, error)
            continue
        with journal.transaction() as tx:
            rows.delivered(tx, row.event_id)
            profile.note_trouble(tx, None)
        sent += 1
    return Delivery(sent, None)


def _set_back(journal: Journal, row: rows.OutboxRow, error: ServiceError) -> bool:
    """Note a failed delivery; True when the next event may go."""
    what = fate(error)
    with journal.transaction() as tx:
        rows.tried(tx, row.event_id, str(error), stuck=what is Fate.STUCK)
        if what is Fate.HELD:
            profile.note_trouble(tx, str(error))
    return what is Fate.STUCK
