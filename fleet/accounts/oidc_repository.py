"""All SQL of identities at other providers."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from fleet.accounts.oidc_models import ExternalIdentity


@dataclass(frozen=True)
class IdentityRow:
    """What an identity leads to before an organisation is known."""

    identity_id: UUID
    account_id: UUID
    organisation_id: UUID
    active: bool


def by_identity(session: Session, issuer: str, subject: str) -> IdentityRow | None:
    """A named look-up: whose identity this is."""
    query = text("SELECT * FROM account_by_identity(:issuer, :subject)")
    row = session.execute(query, {"issuer": issuer, "subject": subject}).first()
    return IdentityRow(row.id, row.account_id, row.organisation_id, row.active) if row else None


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
