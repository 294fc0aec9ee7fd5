"""What donations and batches share: references without gaps, a donation that is still open, and what the chain is told."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal, Role
from fleet.db.columns import utc_now
from fleet.donations import repository
from fleet.donations.errors import DonationEnded, DonationNotFound
from fleet.donations.models import Donation, IntakeBatch
from fleet.donations.rules import OPEN, Series, reference

RECEIVERS = (Role.WORKSHOP, Role.LENDING, *MANAGERS)
"""Who may take a donation in."""


def open_donation(session: Session, donation_id: UUID) -> Donation:
    """A donation that may still change, locked until the transaction ends. Raises DonationNotFound, DonationEnded."""
    found = repository.donation(session, donation_id, lock=True)
    if found is None:
        raise DonationNotFound
    if found.status not in OPEN:
        raise DonationEnded(reference=found.reference)
    return found


def next_reference(session: Session, principal: Principal, series: Series) -> str:
    """The next reference of a series: gapless, because a rollback gives the number back."""
    year = utc_now().year
    return reference(series, year, repository.next_number(session, principal.organisation_id, series, year))


def told_of(row: Donation | IntakeBatch) -> dict[str, object]:
    """How the chain names a donation or a batch."""
    kind = "donation" if isinstance(row, Donation) else "batch"
    return {kind: str(row.id), "reference": row.reference}


def record(session: Session, principal: Principal, kind: EventType, data: Mapping[str, object]) -> None:
    """Append to the chain: the last thing that a use case does."""
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=data)
