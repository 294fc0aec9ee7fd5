"""All SQL of workstations."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text, tuple_, update
from sqlmodel import Session, col, select

from fleet.accounts.models import AccountSession
from fleet.accounts.workstations_models import Workstation, WorkstationCode
from fleet.db.keyset import Page, decode_moment, page_of

SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Station:
    """What a browser's cookie leads to before an organisation is known: a computer that is enrolled now."""

    id: UUID
    organisation_id: UUID
    organisation_name: str
    site_name: str
    name: str


def by_token(session: Session, token_hash: bytes) -> Station | None:
    """A named look-up."""
    row = session.execute(text("SELECT * FROM workstation_by_token(:hash)"), {"hash": token_hash}).first()
    return Station(row.id, row.organisation_id, row.organisation_name, row.site_name, row.name) if row else None


def organisation_of_code(session: Session, code_hash: bytes) -> UUID | None:
    """A named look-up: who made a code."""
    return session.execute(text("SELECT workstation_code_organisation(:hash)"), {"hash": code_hash}).scalar_one_or_none()


def code(session: Session, organisation_id: UUID, code_hash: bytes) -> WorkstationCode | None:
    """A code, locked until the transaction ends: two computers with one code come one after the other."""
    query = select(WorkstationCode).where(
        WorkstationCode.organisation_id == organisation_id, WorkstationCode.code_hash == code_hash
    )
    return session.exec(query.with_for_update(key_share=True)).first()


def locked(session: Session, organisation_id: UUID, workstation_id: UUID) -> Workstation | None:
    """One workstation, locked until the transaction ends."""
    query = select(Workstation).where(Workstation.organisation_id == organisation_id, Workstation.id == workstation_id)
    return session.exec(query.with_for_update(key_share=True)).first()


def page(session: Session, organisation_id: UUID, limit: int, cursor: str | None) -> Page[Workstation]:
    """Workstations that are enrolled now, in the order of enrolment."""
    query = select(Workstation).where(Workstation.organisation_id == organisation_id, col(Workstation.revoked_at).is_(None))
    if cursor is not None:
        query = query.where(tuple_(col(Workstation.enrolled_at), col(Workstation.id)) > decode_moment(cursor))
    rows = session.exec(query.order_by(col(Workstation.enrolled_at), col(Workstation.id)).limit(limit + 1)).all()
    return page_of(rows, limit, lambda found: (found.enrolled_at.isoformat(), str(found.id)))


def seen(session: Session, workstation_id: UUID, now: datetime) -> None:
    """Note that a workstation was used, once a minute, and never by waiting."""
    session.execute(
        text("""UPDATE workstation SET last_seen_at = :now WHERE id = (
            SELECT id FROM workstation WHERE id = :id AND (last_seen_at IS NULL OR last_seen_at < :before)
            FOR NO KEY UPDATE SKIP LOCKED)"""),
        {"id": workstation_id, "now": now, "before": now - SEEN_EVERY},
    )


def end_sessions(session: Session, organisation_id: UUID, workstation_id: UUID, now: datetime) -> int:
    """End the sessions that were opened by badge on a workstation; how many."""
    here = (col(AccountSession.organisation_id) == organisation_id, col(AccountSession.workstation_id) == workstation_id)
    statement = update(AccountSession).where(*here, col(AccountSession.revoked_at).is_(None)).values(revoked_at=now)
    return session.connection().execute(statement).rowcount
