"""Donors, donations and intake batches, and the account of where all of a donation is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.devices import repository as devices
from fleet.devices.evidence import EvidenceType
from fleet.donations import repository
from fleet.donations.batches import (
    Arrival,
    assign_bench,
    batches,
    batches_of,
    close_batch,
    count_batch,
    get_batch,
    open_batch,
    takes_devices,
)
from fleet.donations.errors import (
    BatchesOpen,
    CountDiffers,
    DonationNotFound,
    DonationStarted,
    DonorNameMissing,
    DonorNotFound,
    SerialTwice,
)
from fleet.donations.models import Donation, Donor
from fleet.donations.records import RECEIVERS, next_reference, open_donation, record, told_of
from fleet.donations.rules import (
    CustodyReport,
    DonationStatus,
    DonorKind,
    Figures,
    Series,
    account_for,
)

__all__ = [
    "RECEIVERS",
    "Arrival",
    "NewDonation",
    "NewDonor",
    "assign_bench",
    "batches",
    "batches_of",
    "by_reference",
    "cancel",
    "close",
    "close_batch",
    "count_batch",
    "custody",
    "donor_names",
    "donors",
    "get",
    "get_batch",
    "get_donor",
    "open_batch",
    "page",
    "register",
    "register_donor",
    "takes_devices",
]


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
    record(session, principal, EventType.DONOR_REGISTERED, {"donor": str(donor.id), "kind": donor.kind.value})
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
        reference=next_reference(session, principal, Series.DONATION),
        donor_id=donor.id,
        declared_count=len(serials) or new.declared_count,
        declared_serials=serials,
        note=new.note.strip(),
    )
    session.add(donation)
    told = {"donor": str(donor.id), "declared": donation.declared_count, "serials": len(serials)}
    record(session, principal, EventType.DONATION_REGISTERED, told_of(donation) | told)
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
    donation = open_donation(session, donation_id)
    waiting = [batch.reference for batch in repository.batches_of(session, donation.id) if batch.closed_at is None]
    if waiting:
        raise BatchesOpen(batches=", ".join(waiting))
    return _end(session, principal, donation, DonationStatus.CLOSED)


def cancel(session: Session, principal: Principal, donation_id: UUID) -> Donation:
    """The donor does not give after all. Raises RoleMissing, DonationNotFound, DonationEnded, DonationStarted."""
    demand(principal, *MANAGERS)
    donation = open_donation(session, donation_id)
    if donation.status is not DonationStatus.PLEDGED:
        raise DonationStarted(reference=donation.reference)
    return _end(session, principal, donation, DonationStatus.CANCELLED)


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


def _end(session: Session, principal: Principal, donation: Donation, status: DonationStatus) -> Donation:
    donation.status, donation.ended_at = status, utc_now()
    session.add(donation)
    record(session, principal, EventType.DONATION_CHANGED, told_of(donation) | {"status": status.value})
    return donation
