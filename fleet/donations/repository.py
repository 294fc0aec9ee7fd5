"""All SQL of donors, donations and batches."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, text, tuple_
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, func, select

from fleet.db.keyset import CursorInvalid, Page, decode, decode_moment, page_of
from fleet.devices.evidence import EvidenceType
from fleet.devices.models import Device, Evidence
from fleet.donations.models import Donation, Donor, IntakeBatch
from fleet.donations.rules import DonationStatus, Series

PROVEN_CLEAN = (
    EvidenceType.STORAGE_ERASED,
    EvidenceType.STORAGE_NONE_FITTED,
    EvidenceType.STORAGE_RESET,
    EvidenceType.STORAGE_DESTROYED,
    EvidenceType.STORAGE_SEALED,
)


def next_number(session: Session, organisation: UUID, series: Series, year: int) -> int:
    """The next number of a series. Its row is locked until the transaction ends, and a rollback gives the number back."""
    return int(
        session.execute(
            text("""INSERT INTO reference_counter (organisation_id, series, year, last)
                VALUES (:organisation, :series, :year, 1)
                ON CONFLICT (organisation_id, series, year) DO UPDATE SET last = reference_counter.last + 1
                RETURNING last"""),
            {"organisation": organisation, "series": series.value, "year": year},
        ).scalar_one()
    )


def donor(session: Session, donor_id: UUID) -> Donor | None:
    """One donor."""
    return session.exec(select(Donor).where(Donor.id == donor_id)).first()


def donors(session: Session, limit: int, cursor: str | None) -> Page[Donor]:
    """Donors by name."""
    query = select(Donor)
    if cursor is not None:
        query = query.where(tuple_(col(Donor.name), col(Donor.id)) > _name_and_id(cursor))
    rows = session.exec(query.order_by(col(Donor.name), col(Donor.id)).limit(limit + 1)).all()
    return page_of(rows, limit, lambda donor: (donor.name, str(donor.id)))


def donation(session: Session, donation_id: UUID, *, lock: bool = False) -> Donation | None:
    """One donation, if wanted locked until the transaction ends."""
    query = select(Donation).where(Donation.id == donation_id)
    return session.exec(query.with_for_update(key_share=True) if lock else query).first()


def by_reference(session: Session, reference: str) -> Donation | None:
    """One donation by its reference."""
    return session.exec(select(Donation).where(Donation.reference == reference)).first()


def donations(session: Session, status: DonationStatus | None, limit: int, cursor: str | None) -> Page[Donation]:
    """Donations, the newest first."""
    query = select(Donation)
    if status is not None:
        query = query.where(Donation.status == status)
    if cursor is not None:
        query = query.where(_before(cursor, col(Donation.registered_at), col(Donation.id)))
    query = query.order_by(col(Donation.registered_at).desc(), col(Donation.id).desc())
    rows = session.exec(query.limit(limit + 1)).all()
    return page_of(rows, limit, lambda donation: (donation.registered_at.isoformat(), str(donation.id)))


def donor_names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of some donors."""
    return dict(session.exec(select(Donor.id, Donor.name).where(col(Donor.id).in_(ids))).all())


def batch(session: Session, batch_id: UUID, *, lock: bool = False) -> IntakeBatch | None:
    """One batch, if wanted locked until the transaction ends."""
    query = select(IntakeBatch).where(IntakeBatch.id == batch_id)
    return session.exec(query.with_for_update(key_share=True) if lock else query).first()


def batches(session: Session, *, only_open: bool, limit: int, cursor: str | None) -> Page[IntakeBatch]:
    """Batches, the newest first."""
    query = select(IntakeBatch)
    if only_open:
        query = query.where(col(IntakeBatch.closed_at).is_(None))
    if cursor is not None:
        query = query.where(_before(cursor, col(IntakeBatch.opened_at), col(IntakeBatch.id)))
    query = query.order_by(col(IntakeBatch.opened_at).desc(), col(IntakeBatch.id).desc())
    rows = session.exec(query.limit(limit + 1)).all()
    return page_of(rows, limit, lambda batch: (batch.opened_at.isoformat(), str(batch.id)))


def batches_of(session: Session, donation_id: UUID) -> Sequence[IntakeBatch]:
    """A donation's batches in order: as many as there were deliveries, at most 500 are read."""
    query = select(IntakeBatch).where(IntakeBatch.donation_id == donation_id)
    return session.exec(query.order_by(col(IntakeBatch.opened_at)).limit(500)).all()


def takes_devices(session: Session, batch_id: UUID) -> bool:
    """Whether a batch of this organisation and its donation are open."""
    query = (
        select(IntakeBatch.id)
        .join(Donation, col(Donation.id) == col(IntakeBatch.donation_id))
        .where(IntakeBatch.id == batch_id, col(IntakeBatch.closed_at).is_(None), col(Donation.ended_at).is_(None))
    )
    return session.exec(query).first() is not None


def serials(session: Session, batch_ids: Sequence[UUID]) -> frozenset[str]:
    """Serial numbers of the devices of some batches, upper case without spaces."""
    bare = func.upper(func.replace(col(Device.serial), " ", ""))
    query = select(bare).where(col(Device.batch_id).in_(batch_ids), col(Device.serial).is_not(None))
    return frozenset(session.exec(query.limit(20_000)).all())


def devices_with(session: Session, batch_ids: Sequence[UUID], kinds: Sequence[EvidenceType]) -> int:
    """How many devices of some batches have evidence of one of these kinds."""
    query = (
        select(func.count(func.distinct(col(Evidence.device_id))))
        .join(Device, col(Device.id) == col(Evidence.device_id))
        .where(col(Device.batch_id).in_(batch_ids), col(Evidence.type).in_(kinds))
    )
    return session.exec(query).one()


def _before(cursor: str, at: Mapped[datetime], row_id: Mapped[UUID]) -> ColumnElement[bool]:
    return tuple_(at, row_id) < decode_moment(cursor)


def _name_and_id(cursor: str) -> tuple[str, UUID]:
    name, row_id = decode(cursor, 2)
    try:
        return name, UUID(row_id)
    except ValueError as error:
        raise CursorInvalid from error
