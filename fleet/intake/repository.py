"""All SQL of received events."""

from uuid import UUID

from sqlmodel import Session, col, select

from fleet.intake.models import StoredEvent


def get(session: Session, bench_id: UUID, event_id: UUID) -> StoredEvent | None:
    """An event that was received before."""
    return session.exec(select(StoredEvent).where(StoredEvent.bench_id == bench_id, StoredEvent.id == event_id)).first()


def last_sequence(session: Session, bench_id: UUID) -> int:
    """The highest place in a bench's order that was received; 0 for a new bench."""
    query = select(StoredEvent.sequence).where(StoredEvent.bench_id == bench_id, col(StoredEvent.sequence).is_not(None))
    return session.exec(query.order_by(col(StoredEvent.sequence).desc()).limit(1)).first() or 0
