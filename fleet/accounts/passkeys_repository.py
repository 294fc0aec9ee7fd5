"""All SQL of passkeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from fleet.accounts.passkeys_models import Passkey


@dataclass(frozen=True)
class CredentialRow:
    """What a credential leads to before an organisation is known."""

    passkey_id: UUID
    account_id: UUID
    organisation_id: UUID
    public_key: bytes
    usable: bool
    """The passkey is not blocked and the account is active."""


def by_credential(session: Session, credential_id: bytes) -> CredentialRow | None:
    """A named look-up."""
    row = session.execute(text("SELECT * FROM passkey_by_credential(:id)"), {"id": credential_id}).first()
    if row is None:
        return None
    return CredentialRow(row.id, row.account_id, row.organisation_id, bytes(row.public_key), row.usable)


def of_account(session: Session, account_id: UUID) -> Sequence[Passkey]:
    """An account's passkeys, the oldest first; there are few."""
    query = select(Passkey).where(Passkey.account_id == account_id)
    return session.exec(query.order_by(col(Passkey.created_at), col(Passkey.id)).limit(100)).all()


def count(session: Session, account_id: UUID) -> int:
    """How many an account has."""
    return session.exec(select(func.count()).select_from(Passkey).where(Passkey.account_id == account_id)).one()


def locked(session: Session, account_id: UUID, passkey_id: UUID) -> Passkey | None:
    """One passkey of an account, locked until the transaction ends."""
    query = select(Passkey).where(Passkey.id == passkey_id, Passkey.account_id == account_id)
    return session.exec(query.with_for_update()).first()


def mark_offered(session: Session, account_id: UUID, now: datetime) -> bool:
    """Note that an account is asked now; False when it was asked before."""
    query = text("""INSERT INTO passkey_offer (account_id, offered_at) VALUES (:account, :now)
        ON CONFLICT (account_id) DO NOTHING""")
    return session.connection().execute(query, {"account": account_id, "now": now}).rowcount > 0
