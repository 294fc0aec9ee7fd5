"""All SQL of asset codes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from fleet.tags.models import CodeLease, Tag


def add_lease(session: Session, lease: CodeLease) -> bool:
    """Enter a lease; false when it is known. A second request with the same id waits here until the first one ends."""
    statement = insert(CodeLease).values(lease.model_dump()).on_conflict_do_nothing().returning(col(CodeLease.request_id))
    return session.connection().execute(statement).first() is not None


def add(session: Session, codes: Sequence[str], now: datetime, organisation: UUID, lease: CodeLease | None) -> Sequence[str]:
    """Issue those of these codes that nobody has; the primary key decides, for the whole service."""
    rows = [
        {
            "code": code,
            "organisation_id": organisation,
            "bench_id": lease.bench_id if lease else None,
            "request_id": lease.request_id if lease else None,
            "issued_at": now,
        }
        for code in codes
    ]
    statement = insert(Tag).values(rows).on_conflict_do_nothing().returning(col(Tag.code))
    return list(session.connection().execute(statement).scalars())


def leased(session: Session, bench_id: UUID, request_id: UUID) -> Sequence[str]:
    """The codes of a lease, in order."""
    query = select(Tag.code).where(Tag.bench_id == bench_id, Tag.request_id == request_id)
    return session.exec(query.order_by(col(Tag.code))).all()


def get(session: Session, code: str) -> Tag | None:
    """A code that this organisation issued."""
    return session.exec(select(Tag).where(Tag.code == code)).first()


def issuer(session: Session, code: str) -> UUID | None:
    """A named look-up: which organisation issued a code."""
    return session.execute(text("SELECT tag_issuer(:code)"), {"code": code}).scalar_one_or_none()
