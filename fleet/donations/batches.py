"""Intake batches: opened when a delivery comes in, counted and weighed, closed when all of it is registered."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import benches
from fleet.accounts.models import Bench
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.donations import repository
from fleet.donations.errors import BatchClosed, BatchNotFound
from fleet.donations.models import IntakeBatch
from fleet.donations.records import RECEIVERS, next_reference, open_donation, record, told_of
from fleet.donations.rules import DonationStatus, Series


@dataclass(frozen=True)
class Arrival:
    """What was counted and weighed (grams) when a batch came in."""

    received_count: int | None = None
    weight_g: int | None = None
    seal: str | None = None


def open_batch(session: Session, principal: Principal, donation_id: UUID, arrival: Arrival) -> IntakeBatch:
    """A delivery of a donation came in. Raises RoleMissing, DonationNotFound, DonationEnded."""
    demand(principal, *RECEIVERS)
    donation = open_donation(session, donation_id)
    donation.status = DonationStatus.ARRIVED
    session.add(donation)
    batch = IntakeBatch(
        organisation_id=principal.organisation_id,
        donation_id=donation.id,
        reference=next_reference(session, principal, Series.BATCH),
    )
    _arrive(batch, arrival)
    session.add(batch)
    record(session, principal, EventType.BATCH_OPENED, told_of(batch) | {"donation": str(donation.id)} | _figures(batch))
    return batch


def count_batch(session: Session, principal: Principal, batch_id: UUID, arrival: Arrival) -> IntakeBatch:
    """Record what was counted and weighed; what is not given stays. Raises RoleMissing, BatchNotFound, BatchClosed."""
    demand(principal, *RECEIVERS)
    batch = _open_batch(session, batch_id)
    _arrive(batch, arrival)
    session.add(batch)
    record(session, principal, EventType.BATCH_CHANGED, told_of(batch) | _figures(batch))
    return batch


def close_batch(session: Session, principal: Principal, batch_id: UUID, arrival: Arrival) -> IntakeBatch:
    """Everything of a delivery is registered; benches that worked on it have no batch any more.

    Raises RoleMissing, BatchNotFound, BatchClosed.
    """
    demand(principal, *RECEIVERS)
    batch = _open_batch(session, batch_id)
    _arrive(batch, arrival)
    batch.closed_at = utc_now()
    session.add(batch)
    benches.release_batch(session, batch.id)
    record(session, principal, EventType.BATCH_CHANGED, told_of(batch) | _figures(batch) | {"closed": True})
    return batch


def get_batch(session: Session, batch_id: UUID) -> IntakeBatch:
    """One batch. Raises BatchNotFound."""
    found = repository.batch(session, batch_id)
    if found is None:
        raise BatchNotFound
    return found


def batches(
    session: Session, *, only_open: bool = False, limit: int = DEFAULT_PAGE, cursor: str | None = None
) -> Page[IntakeBatch]:
    """Batches, the newest first."""
    return repository.batches(session, only_open=only_open, limit=limit, cursor=cursor)


def batches_of(session: Session, donation_id: UUID) -> Sequence[IntakeBatch]:
    """A donation's batches in the order of their arrival."""
    return repository.batches_of(session, donation_id)


def takes_devices(session: Session, batch_id: UUID) -> bool:
    """Whether this is an open batch of the session's organisation, of a donation that has not ended."""
    return repository.takes_devices(session, batch_id)


def assign_bench(session: Session, principal: Principal, bench_id: UUID, batch_id: UUID | None) -> Bench:
    """Say on which batch a bench works. Raises RoleMissing, BatchNotFound, BatchClosed, BenchNotFound, BenchIsRevoked."""
    if batch_id is not None:
        _open_batch(session, batch_id)
    return benches.assign_batch(session, principal, bench_id, batch_id)


def _open_batch(session: Session, batch_id: UUID) -> IntakeBatch:
    found = repository.batch(session, batch_id, lock=True)
    if found is None:
        raise BatchNotFound
    if found.closed_at is not None:
        raise BatchClosed(reference=found.reference)
    return found


def _arrive(batch: IntakeBatch, arrival: Arrival) -> None:
    if arrival.received_count is not None:
        batch.received_count = arrival.received_count
    if arrival.weight_g is not None:
        batch.weight_g = arrival.weight_g
    if arrival.seal is not None:
        batch.seal = arrival.seal.strip() or None


def _figures(batch: IntakeBatch) -> dict[str, object]:
    return {"received": batch.received_count, "weight_g": batch.weight_g, "seal": batch.seal}
