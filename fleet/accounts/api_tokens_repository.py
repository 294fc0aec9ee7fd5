"""All SQL of API tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text, tuple_, update
from sqlmodel import Session, col, select

from fleet.accounts.api_tokens_models import ApiToken
from fleet.auth.rules import Role, Scope
from fleet.db.keyset import Page, decode_moment, page_of

USED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class TokenRow:
    """What a valid token leads to before an organisation is known."""

    token_id: UUID
    organisation_id: UUID
    organisation_name: str
    name: str
    made_by: UUID | None
    roles: frozenset[Role]
    """Those that its maker holds now."""
    scopes: frozenset[Scope]


def by_hash(session: Session, token_hash: bytes) -> TokenRow | None:
    """A named look-up: only for a token that is valid now and whose maker still works there."""
    row = session.execute(text("SELECT * FROM api_token_by_hash(:hash)"), {"hash": token_hash}).first()
    if row is None:
        return None
    return TokenRow(
        row.token_id,
        row.organisation_id,
        row.organisation_name,
        row.name,
        row.made_by,
        frozenset(Role(role) for role in row.roles),
        frozenset(Scope(scope) for scope in row.scopes),
    )


def used(session: Session, token_id: UUID, now: datetime) -> None:
    """Note that a token was used, once a minute, and never by waiting for another request with it."""
    session.execute(
        text("""UPDATE api_token SET last_used_at = :now WHERE id = (
            SELECT id FROM api_token WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :before)
            FOR NO KEY UPDATE SKIP LOCKED)"""),
        {"id": token_id, "now": now, "before": now - USED_EVERY},
    )


def locked(session: Session, organisation_id: UUID, token_id: UUID) -> ApiToken | None:
    """One token, locked until the transaction ends."""
    query = select(ApiToken).where(ApiToken.organisation_id == organisation_id, ApiToken.id == token_id)
    return session.exec(query.with_for_update(key_share=True)).first()


def page(session: Session, organisation_id: UUID, limit: int, cursor: str | None) -> Page[ApiToken]:
    """The organisation's tokens, the newest first."""
    query = select(ApiToken).where(ApiToken.organisation_id == organisation_id)
    if cursor is not None:
        query = query.where(tuple_(col(ApiToken.created_at), col(ApiToken.id)) < decode_moment(cursor))
    rows = session.exec(query.order_by(col(ApiToken.created_at).desc(), col(ApiToken.id).desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda token: (token.created_at.isoformat(), str(token.id)))


def end_of(session: Session, organisation_id: UUID, account_id: UUID, now: datetime) -> Sequence[UUID]:
    """Revoke what an account made in an organisation; which ones."""
    mine = (col(ApiToken.organisation_id) == organisation_id, col(ApiToken.made_by) == account_id)
    statement = update(ApiToken).where(*mine, col(ApiToken.revoked_at).is_(None)).values(revoked_at=now)
    return list(session.connection().execute(statement.returning(col(ApiToken.id))).scalars())
