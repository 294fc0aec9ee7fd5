"""All SQL of benches and the codes with which they enrol."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text, tuple_
from sqlmodel import Session, col, select

from fleet.accounts.models import Bench, EnrolmentCode
from fleet.db.keyset import Page, decode_moment, page_of

SEEN_EVERY: Final = timedelta(minutes=1)


def bench_by_key(session: Session, key_id: str) -> tuple[UUID, UUID, str, bool] | None:
    """A named look-up: bench, organisation, public key, whether it was revoked."""
    row = session.execute(text("SELECT * FROM bench_by_key(:key_id)"), {"key_id": key_id}).first()
    return (row.id, row.organisation_id, row.public_key, row.revoked) if row else None


def organisation_of_code(session: Session, code_hash: bytes) -> UUID | None:
    """A named look-up: who made an enrolment code."""
    return session.execute(text("SELECT enrolment_organisation(:hash)"), {"hash": code_hash}).scalar_one_or_none()


def code(session: Session, code_hash: bytes) -> EnrolmentCode | None:
    """An enrolment code, locked until the transaction ends: two benches with one code come one after the other."""
    query = select(EnrolmentCode).where(EnrolmentCode.code_hash == code_hash)
    return session.exec(query.with_for_update(key_share=True)).first()


def bench(session: Session, bench_id: UUID) -> Bench | None:
    """One bench."""
    return session.exec(select(Bench).where(Bench.id == bench_id)).first()


def bench_locked(session: Session, bench_id: UUID) -> Bench | None:
    """One bench, locked until the transaction ends."""
    return session.exec(select(Bench).where(Bench.id == bench_id).with_for_update(key_share=True)).first()


def benches(session: Session, limit: int, cursor: str | None) -> Page[Bench]:
    """Benches in the order of enrolment."""
    query = select(Bench)
    if cursor is not None:
        query = query.where(tuple_(col(Bench.enrolled_at), col(Bench.id)) > decode_moment(cursor))
    rows = session.exec(query.order_by(col(Bench.enrolled_at), col(Bench.id)).limit(limit + 1)).all()
    return page_of(rows, limit, lambda bench: (bench.enrolled_at.isoformat(), str(bench.id)))


def bench_seen(session: Session, bench_id: UUID, now: datetime) -> None:
    """Note that a bench spoke, once a minute, and never by waiting for another request of the same bench."""
    session.execute(
        text("""UPDATE bench SET last_seen_at = :now WHERE id = (
            SELECT id FROM bench WHERE id = :id AND (last_seen_at IS NULL OR last_seen_at < :before)
            FOR NO KEY UPDATE SKIP LOCKED)"""),
        {"id": bench_id, "now": now, "before": now - SEEN_EVERY},
    )


def release_batch(session: Session, batch_id: UUID) -> None:
    """No bench works on this batch any more."""
    session.execute(text("UPDATE bench SET batch_id = NULL WHERE batch_id = :batch"), {"batch": batch_id})
