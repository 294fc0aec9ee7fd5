"""All SQL of accounts and their sessions; of benches in `benches_repository`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import any_, func, literal, or_, text, update
from sqlmodel import Session, col, select

from fleet.accounts.models import Account, AccountSession, Membership
from fleet.accounts.rules import Failures
from fleet.auth.rules import Role, SignInMeans
from fleet.db.keyset import Page, decode, page_of

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class LoginRow:
    """What sign-in must know before an organisation is known."""

    account_id: UUID
    organisation_id: UUID
    password_hash: str
    active: bool


@dataclass(frozen=True)
class SessionRow:
    """What a valid session token leads to."""

    session_id: UUID
    account_id: UUID
    organisation_id: UUID
    organisation_name: str
    display_name: str
    roles: frozenset[Role]
    language: str | None
    means: SignInMeans
    workstation_id: UUID | None
    must_change: bool


@dataclass(frozen=True)
class Member:
    """Somebody of the session's organisation. `home`: this organisation looks after the account itself."""

    id: UUID
    login: str
    display_name: str
    roles: Sequence[Role]
    active: bool
    language: str | None
    email: str | None
    home: bool
    created_at: datetime


@dataclass(frozen=True)
class Place:
    """An organisation in which somebody has roles."""

    organisation_id: UUID
    name: str
    roles: frozenset[Role]


def by_login(session: Session, login: str) -> LoginRow | None:
    """A named look-up."""
    row = session.execute(text("SELECT * FROM account_by_login(:login)"), {"login": login}).first()
    return LoginRow(row.id, row.organisation_id, row.password_hash, row.active) if row else None


def by_token(session: Session, token_hash: bytes) -> SessionRow | None:
    """A named look-up: only for a session that is valid now, of an active account."""
    row = session.execute(text("SELECT * FROM session_by_token(:hash)"), {"hash": token_hash}).first()
    if row is None:
        return None
    roles = frozenset(Role(role) for role in row.roles)
    return SessionRow(
        row.session_id,
        row.account_id,
        row.organisation_id,
        row.organisation_name,
        row.display_name,
        roles,
        row.language,
        SignInMeans(row.means),
        row.workstation_id,
        row.must_change,
    )


def session_seen(session: Session, session_id: UUID, now: datetime) -> None:
    """Note that somebody is still there, once a minute, and never by waiting for another request of the same session."""
    session.execute(
        text("""UPDATE account_session SET last_seen_at = :now WHERE id = (
            SELECT id FROM account_session WHERE id = :id AND last_seen_at < :before FOR NO KEY UPDATE SKIP LOCKED)"""),
        {"id": session_id, "now": now, "before": now - SEEN_EVERY},
    )


def places_of(session: Session, account_id: UUID) -> Sequence[Place]:
    """A named look-up: every organisation in which an account has roles, by name. For the account itself only."""
    rows = session.execute(text("SELECT * FROM account_memberships(:id)"), {"id": account_id})
    return [Place(row.organisation_id, row.organisation_name, frozenset(Role(role) for role in row.roles)) for row in rows]


def get(session: Session, account_id: UUID) -> Account | None:
    """One account, locked until the transaction ends."""
    return session.exec(select(Account).where(Account.id == account_id).with_for_update(key_share=True)).first()


def membership(session: Session, account_id: UUID, organisation: UUID) -> Membership | None:
    """What an account may do in an organisation, locked until the transaction ends."""
    query = select(Membership).where(Membership.account_id == account_id, Membership.organisation_id == organisation)
    return session.exec(query.with_for_update(key_share=True)).first()


def active_admins(session: Session, organisation: UUID) -> Sequence[UUID]:
    """The organisation's admins who can sign in, locked in one order, so that two of them cannot remove each other."""
    admin = literal(Role.ADMIN.value) == any_(col(Membership.roles))
    query = (
        select(Membership)
        .join(Account, col(Account.id) == col(Membership.account_id))
        .where(Membership.organisation_id == organisation, col(Membership.active), col(Account.active), admin)
        .order_by(col(Membership.account_id))
        .with_for_update(key_share=True)
    )
    return [row.account_id for row in session.exec(query).all()]


def member_of(account: Account, member: Membership) -> Member:
    """What is known of somebody here."""
    return Member(
        account.id,
        account.login,
        account.display_name,
        tuple(member.roles),
        account.active and member.active,
        account.language,
        account.email,
        account.organisation_id == member.organisation_id,
        account.created_at,
    )


def member(session: Session, organisation: UUID, account_id: UUID) -> Member | None:
    """One person of the organisation."""
    row = session.exec(
        select(Account, Membership)
        .join(Membership, col(Membership.account_id) == col(Account.id))
        .where(Membership.organisation_id == organisation, Account.id == account_id)
    ).first()
    return member_of(*row) if row else None


def page(session: Session, organisation: UUID, limit: int, cursor: str | None) -> Page[Member]:
    """The organisation's people by login."""
    query = (
        select(Account, Membership)
        .join(Membership, col(Membership.account_id) == col(Account.id))
        .where(Membership.organisation_id == organisation)
    )
    if cursor is not None:
        query = query.where(col(Account.login) > decode(cursor, 1)[0])
    rows = [member_of(*row) for row in session.exec(query.order_by(col(Account.login)).limit(limit + 1)).all()]
    return page_of(rows, limit, lambda found: (found.login,))


def names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Display names by account."""
    rows = session.exec(select(Account.id, Account.display_name).where(col(Account.id).in_(ids))).all()
    return dict(rows)


def active_with_role(session: Session, roles: Collection[Role], login: str | None = None) -> Sequence[tuple[UUID, str]]:
    """Ids and logins of active people who hold one of these roles here; at most 1000."""
    query = (
        select(Account.id, Account.login)
        .join(Membership, col(Membership.account_id) == col(Account.id))
        .where(
            col(Membership.organisation_id) == func.current_organisation(),
            col(Account.active),
            col(Membership.active),
            or_(*(literal(role.value) == any_(col(Membership.roles)) for role in roles)),
        )
    )
    if login is not None:
        query = query.where(Account.login == login)
    return session.exec(query.order_by(col(Account.login)).limit(1000)).all()


def end_sessions(session: Session, account_id: UUID, now: datetime, *, only: UUID | None = None) -> int:
    """Revoke an account's sessions in this organisation, or one of them; how many there were."""
    mine = col(AccountSession.account_id) == account_id
    statement = update(AccountSession).where(mine, col(AccountSession.revoked_at).is_(None)).values(revoked_at=now)
    if only is not None:
        statement = statement.where(col(AccountSession.id) == only)
    return session.connection().execute(statement).rowcount


def end_all_sessions(session: Session, account_id: UUID, *, but: UUID | None = None) -> int:
    """Revoke an account's sessions in all its organisations, perhaps but one; how many there were. A named function."""
    query = text("SELECT end_account_sessions(:account, :but)")
    return int(session.execute(query, {"account": account_id, "but": but}).scalar_one())


def forget_old_sessions(session: Session, before: datetime) -> None:
    """Delete sessions of this organisation that ended long ago."""
    session.execute(text("DELETE FROM account_session WHERE expires_at < :before"), {"before": before})


def failures(session: Session, key: bytes, now: datetime) -> Failures:
    """The wrong passwords under a key, its row locked (and made if need be) until the transaction ends."""
    query = text("""INSERT INTO sign_in_failures (key, count, at) VALUES (:key, 0, :now)
        ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING count AS failures, at""")
    row = session.execute(query, {"key": key, "now": now}).one()
    return Failures(row.failures, row.at)


def store_failures(session: Session, key: bytes, found: Failures) -> None:
    """Write a count back."""
    session.execute(
        text("UPDATE sign_in_failures SET count = :count, at = :at WHERE key = :key"),
        {"key": key, "count": found.count, "at": found.at},
    )


def give_back(session: Session, key: bytes) -> None:
    """One wrong password less under a key."""
    session.execute(text("UPDATE sign_in_failures SET count = greatest(count - 1, 0) WHERE key = :key"), {"key": key})


def forget_failures(session: Session, key: bytes, before: datetime) -> None:
    """Delete the count under a key, and a few of those that are too old to matter."""
    session.execute(text("DELETE FROM sign_in_failures WHERE key = :key"), {"key": key})
    session.execute(
        text("""DELETE FROM sign_in_failures WHERE key IN (
            SELECT key FROM sign_in_failures WHERE at < :before ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED)"""),
        {"before": before},
    )
