"""All SQL of destruction records."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from fleet.destruction.models import DestructionAnswer, DestructionRecord


def get(session: Session, record_id: UUID) -> DestructionRecord | None:
    """One record."""
    return session.exec(select(DestructionRecord).where(DestructionRecord.id == record_id)).first()


def of_device(session: Session, device_id: UUID) -> Sequence[DestructionRecord]:
    """A device's records, newest first."""
    query = select(DestructionRecord).where(DestructionRecord.device_id == device_id)
    return session.exec(query.order_by(col(DestructionRecord.opened_at).desc()).limit(100)).all()


def answers(session: Session, record_ids: Collection[UUID]) -> Mapping[UUID, DestructionAnswer]:
    """What witnesses said of these records."""
    query = select(DestructionAnswer).where(col(DestructionAnswer.record_id).in_(record_ids))
    return {row.record_id: row for row in session.exec(query).all()} if record_ids else {}
