"""Donors, donations and intake batches, and the account of where all of a donation is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import benches
from fleet.accounts.models import Bench
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.devices import repository as devices
from fleet.devices.evidence import EvidenceType
from fleet.donations import repository
from fleet.donations.errors import (
    BatchClosed,
    BatchesOpen,
    BatchNotFound,
    CountDiffers,
    DonationEnded,
    DonationNotFound,
    DonationStarted,
    DonorNameMissing,
    DonorNotFound,
    SerialTwice,
)
from fleet.donations.models import Donation, Donor, IntakeBatch
from fleet.donations.rules import (
    OPEN,
    CustodyReport,
    DonationStatus,
    DonorKind,
    Figures,
    Series,
    account_for,
    reference,
)

RECEIVERS = (Role.WORKSHOP, Role.LENDING, *MANAGERS)
"""Who may take a donation in."""


@dataclass(frozen=True)
class NewDonor:
    """Who gives."""

    name: str
    kind: DonorKind = DonorKind.OTHER
    contact: str = ""
    postcode: str | None = None
    town: str | None = None


@dataclass(frozen=True)
class NewDonation:
    """What a donor promises: a count, or a list of serial numbers."""

    donor_id: UUID
    declared_count: int | None = None
    declared_serials: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Arrival:
    """What was counted and weighed (grams) when a batch came in."""

    received_count: int | None = None
    weight_g: int | None = None
    seal: str | None = None


def register_donor(session: Session, principal: Principal, new: NewDonor) -> Donor:
    """Add a donor. Raises RoleMissing, DonorNameMissing."""
    demand(principal, *RECEIVERS)
    name = " ".join(new.name.split())
    if not name:
        raise DonorNameMissing
    donor = Donor(
        organisation_id=principal.organisation_id,
        name=name,
        kind=new.kind,
        contact=new.contact.strip(),
        postcode=new.postcode,
        town=new.town,
    )
    session.add(donor)
    _record(session, principal, EventType.DONOR_REGISTERED, {"donor": str(donor.id), "kind": donor.kind.value})
    return donor


def get_donor(session: Session, donor_id: UUID) -> Donor:
    """One donor. Raises DonorNotFound."""
    found = repository.donor(session, donor_id)
    if found is None:
        raise DonorNotFound
    return found


def donors(session: Session, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Donor]:
    """Donors by name."""
    return repository.donors(session, limit, cursor)


def donor_names(session: Session, donations: Sequence[Donation]) -> Mapping[UUID, str]:
    """The names of the donors of some donations, by donor id."""
    return repository.donor_names(session, [donation.donor_id for donation in donations]) if donations else {}


def register(session: Session, principal: Principal, new: NewDonation) -> Donation:
    """Register what a donor promises. Raises RoleMissing, DonorNotFound, SerialTwice, CountDiffers."""
    demand(principal, *RECEIVERS)
    donor = get_donor(session, new.donor_id)
    serials = _serials(new.declared_serials)
    if serials and new.declared_count not in {None, len(serials)}:
        raise CountDiffers(count=new.declared_count, serials=len(serials))
    donation = Donation(
        organisation_id=principal.organisation_id,
        reference=_reference(session, principal, Series.DONATION),
        donor_id=donor.id,
        declared_count=len(serials) or new.declared_count,
        declared_serials=serials,
        note=new.note.strip(),
    )
    session.add(donation)
    told = {"donor": str(donor.id), "declared": donation.declared_count, "serials": len(serials)}
    _record(session, principal, EventType.DONATION_REGISTERED, _of(donation) | told)
    return donation


def get(session: Session, donation_id: UUID) -> Donation:
    """One donation. Raises DonationNotFound."""
    found = repository.donation(session, donation_id)
    if found is None:
        raise DonationNotFound
    return found


def by_reference(session: Session, text: str) -> Donation:
    """One donation by its reference, as D-2026-0001. Raises DonationNotFound."""
    found = repository.by_reference(session, text.strip().upper())
    if found is None:
        raise DonationNotFound
    return found


def page(
    session: Session, *, status: DonationStatus | None = None, limit: int = DEFAULT_PAGE, cursor: str | None = None
) -> Page[Donation]:
    """Donations, the newest first."""
    return repository.donations(session, status, limit, cursor)


def close(session: Session, principal: Principal, donation_id: UUID) -> Donation:
    """Nothing more comes in. Raises RoleMissing, DonationNotFound, DonationEnded, BatchesOpen."""
    demand(principal, *MANAGERS)
    donation = _open_donation(session, donation_id)
    waiting = [batch.reference for batch in repository.batches_of(session, donation.id) if batch.closed_at is None]
    if waiting:
        raise BatchesOpen(batches=", ".join(waiting))
    return _end(session, principal, donation, DonationStatus.CLOSED)


def cancel(session: Session, principal: Principal, donation_id: UUID) -> Donation:
    """The donor does not give after all. Raises RoleMissing, DonationNotFound, DonationEnded, DonationStarted."""
    demand(principal, *MANAGERS)
    donation = _open_donation(session, donation_id)
    if donation.status is not DonationStatus.PLEDGED:
        raise DonationStarted(reference=donation.reference)
    return _end(session, principal, donation, DonationStatus.CANCELLED)


def open_batch(session: Session, principal: Principal, donation_id: UUID, arrival: Arrival) -> IntakeBatch:
    """A delivery of a donation came in. Raises RoleMissing, DonationNotFound, DonationEnded."""
    demand(principal, *RECEIVERS)
    donation = _open_donation(session, donation_id)
    donation.status = DonationStatus.ARRIVED
    session.add(donation)
    batch = IntakeBatch(
        organisation_id=principal.organisation_id,
        donation_id=donation.id,
        reference=_reference(session, principal, Series.BATCH),
    )
    _arrive(batch, arrival)
    session.add(batch)
    _record(session, principal, EventType.BATCH_OPENED, _of(batch) | {"donation": str(donation.id)} | _figures(batch))
    return batch


def count_batch(session: Session, principal: Principal, batch_id: UUID, arrival: Arrival) -> IntakeBatch:
    """Record what was counted and weighed; what is not given stays. Raises RoleMissing, BatchNotFound, BatchClosed."""
    demand(principal, *RECEIVERS)
    batch = _open_batch(session, batch_id)
    _arrive(batch, arrival)
    session.add(batch)
    _record(session, principal, EventType.BATCH_CHANGED, _of(batch) | _figures(batch))
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
    _record(session, principal, EventType.BATCH_CHANGED, _of(batch) | _figures(batch) | {"closed": True})
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


def custody(session: Session, donation_id: UUID) -> CustodyReport:
    """Where everything of a donation is, each difference explained. Raises DonationNotFound."""
    donation = get(session, donation_id)
    arrived = repository.batches_of(session, donation.id)
    ids = [batch.id for batch in arrived]
    counts = [batch.received_count for batch in arrived if batch.received_count is not None]
    known = Figures(
        declared=donation.declared_count,
        declared_serials=frozenset(donation.declared_serials),
        counted=sum(counts) if counts else None,
        uncounted_batches=len(arrived) - len(counts),
        states=devices.counts_by_state(session, ids),
        serials=repository.serials(session, ids) if donation.declared_serials else frozenset(),
        labelled=repository.devices_with(session, ids, [EvidenceType.LABEL_SCANNED]),
        proven_clean=repository.devices_with(session, ids, repository.PROVEN_CLEAN),
    )
    return account_for(known)


def _serials(given: Sequence[str]) -> list[str]:
    serials = [bare for serial in given if (bare := "".join(serial.split()).upper())]
    twice = sorted({serial for serial in serials if serials.count(serial) > 1})
    if twice:
        raise SerialTwice(serials=", ".join(twice[:20]))
    return serials


def _open_donation(session: Session, donation_id: UUID) -> Donation:
    found = repository.donation(session, donation_id, lock=True)
    if found is None:
        raise DonationNotFound
    if found.status not in OPEN:
        raise DonationEnded(reference=found.reference)
    return found


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


def _end(session: Session, principal: Principal, donation: Donation, status: DonationStatus) -> Donation:
    donation.status, donation.ended_at = status, utc_now()
    session.add(donation)
    _record(session, principal, EventType.DONATION_CHANGED, _of(donation) | {"status": status.value})
    return donation


def _reference(session: Session, principal: Principal, series: Series) -> str:
    year = utc_now().year
    return reference(series, year, repository.next_number(session, principal.organisation_id, series, year))


def _of(row: Donation | IntakeBatch) -> dict[str, object]:
    kind = "donation" if isinstance(row, Donation) else "batch"
    return {kind: str(row.id), "reference": row.reference}


def _figures(batch: IntakeBatch) -> dict[str, object]:
    return {"received": batch.received_count, "weight_g": batch.weight_g, "seal": batch.seal}


def _record(session: Session, principal: Principal, kind: EventType, data: Mapping[str, object]) -> None:
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=data)
