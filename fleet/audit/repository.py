"""All SQL of the chain."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from fleet.audit.models import AuditEvent, ChainHead
from fleet.audit.rules import GENESIS

BATCH = 2000
HELD = "audit.chains_held"
"""Where a session remembers which chain locks it holds already."""


def lock(session: Session, organisations: Sequence[UUID]) -> None:
    """Take the organisations' chain locks until the transaction ends, in sorted order so that two takers cannot deadlock.

    Each lock is a statement of its own: at READ COMMITTED the statements that follow see what the last holder committed.
    """
    held: set[UUID] = session.info.setdefault(HELD, set())  # a session is one transaction
    for organisation in sorted(set(organisations) - held):
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"chain:{organisation}"})
        if not session.in_nested_transaction():  # a lock that is taken inside a savepoint goes when the savepoint is undone
            held.add(organisation)


def head(session: Session, organisation: UUID) -> tuple[int, bytes]:
    """Number and hash of the newest event; (0, GENESIS) for a new chain."""
    found = session.execute(
        text("SELECT seq, hash FROM audit_event WHERE organisation_id = :organisation ORDER BY seq DESC LIMIT 1"),
        {"organisation": organisation},
    ).first()
    return (found.seq, bytes(found.hash)) if found else (0, GENESIS)


def walk(session: Session, organisation: UUID) -> Iterator[AuditEvent]:
    """A whole chain in order, read in batches."""
    after = 0
    while batch := session.exec(
        select(AuditEvent)
        .where(AuditEvent.organisation_id == organisation, AuditEvent.seq > after)
        .order_by(col(AuditEvent.seq))
        .limit(BATCH)
    ).all():
        yield from batch
        after = batch[-1].seq
        session.expunge_all()


def organisations(session: Session) -> Sequence[UUID]:
    """Every organisation that has a chain, by skipping from one to the next in the index (never a scan of all events)."""
    rows = session.execute(
        text("""
            WITH RECURSIVE chains AS (
                (SELECT organisation_id FROM audit_event ORDER BY organisation_id LIMIT 1)
                UNION ALL
                SELECT (SELECT e.organisation_id FROM audit_event e WHERE e.organisation_id > chains.organisation_id
                        ORDER BY e.organisation_id LIMIT 1)
                FROM chains WHERE chains.organisation_id IS NOT NULL)
            SELECT organisation_id FROM chains WHERE organisation_id IS NOT NULL""")
    )
    signed = session.execute(text("SELECT DISTINCT organisation_id FROM chain_head"))
    return sorted({row.organisation_id for row in rows} | {row.organisation_id for row in signed})


def signed_heads(session: Session, organisation: UUID) -> Sequence[ChainHead]:
    """Every signed head of a chain, oldest first."""
    return session.exec(select(ChainHead).where(ChainHead.organisation_id == organisation).order_by(col(ChainHead.seq))).all()


def last_signed(session: Session, organisation: UUID) -> ChainHead | None:
    """The newest signed head of a chain."""
    query = select(ChainHead).where(ChainHead.organisation_id == organisation).order_by(col(ChainHead.seq).desc())
    return session.exec(query.limit(1)).first()


def of_device(session: Session, device_id: UUID) -> Sequence[AuditEvent]:
    """A device's own events in order: at most some hundreds in its life."""
    return session.exec(
        select(AuditEvent).where(AuditEvent.device_id == device_id).order_by(col(AuditEvent.at), col(AuditEvent.seq)).limit(2000)
    ).all()
