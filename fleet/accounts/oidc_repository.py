"""All SQL of identities at other providers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from fleet.accounts.models import Membership
from fleet.accounts.oidc_models import ExternalIdentity
from fleet.accounts.repository import membership
from fleet.auth.rules import Role


@dataclass(frozen=True)
class IdentityRow:
    """What an identity leads to before an organisation is known."""

    identity_id: UUID
    account_id: UUID
    organisation_id: UUID
    active: bool
    granted: Sequence[UUID]
    """Organisations in which the mapping gave the roles at the last sign-in."""


def by_identity(session: Session, issuer: str, subject: str) -> IdentityRow | None:
    """A named look-up: whose identity this is."""
    query = text("SELECT * FROM account_by_identity(:issuer, :subject)")
    row = session.execute(query, {"issuer": issuer, "subject": subject}).first()
    return IdentityRow(row.id, row.account_id, row.organisation_id, row.active, row.granted) if row else None


def organisation_named(session: Session, name: str) -> UUID | None:
    """A named look-up: the organisation of this name or id."""
    return session.execute(text("SELECT organisation_named(:name)"), {"name": name}).scalar_one_or_none()


def locked(session: Session, account_id: UUID, identity_id: UUID) -> ExternalIdentity | None:
    """One identity of an account, locked until the transaction ends."""
    query = select(ExternalIdentity).where(ExternalIdentity.id == identity_id, ExternalIdentity.account_id == account_id)
    return session.exec(query.with_for_update()).first()


def of_account(session: Session, account_id: UUID) -> Sequence[ExternalIdentity]:
    """An account's identities, the oldest first; there are few."""
    query = select(ExternalIdentity).where(ExternalIdentity.account_id == account_id)
    return session.exec(query.order_by(col(ExternalIdentity.created_at), col(ExternalIdentity.id)).limit(50)).all()


def set_roles(
    session: Session, account_id: UUID, organisation_id: UUID, roles: frozenset[Role], now: datetime
) -> Sequence[Role] | None:
    """Give an account exactly these roles in the session's organisation, none: its membership rests.

    The roles that it had before; None when nothing changed.
    """
    found = membership(session, account_id, organisation_id)
    if found is None and not roles:
        return None
    before = sorted(found.roles) if found is not None and found.active else []
    if found is None:
        found = Membership(account_id=account_id, organisation_id=organisation_id, roles=sorted(roles), created_at=now)
    elif found.active == bool(roles) and (not roles or frozenset(found.roles) == roles):
        return None
    found.active = bool(roles)
    if roles:
        found.roles = sorted(roles)
    session.add(found)
    session.flush()
    return before


def mark_used(session: Session, account_id: UUID, identity_id: UUID, granted: Sequence[UUID], now: datetime) -> bool:
    """Note a sign-in, and where the mapping gave roles at it; False when the link is no longer there."""
    identity = locked(session, account_id, identity_id)
    if identity is None:
        return False
    identity.granted, identity.last_used_at = list(granted), now
    session.add(identity)
    session.flush()
    return True
