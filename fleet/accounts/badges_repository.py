"""All SQL of badges."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlmodel import Session, col, select

from fleet.accounts.badges_models import Badge, BadgeTries
from fleet.accounts.badges_rules import TRIES_IN_ALL, Tries
from fleet.accounts.models import AccountSession
from fleet.auth.rules import Role, SignInMeans

_WORKING: Final = """membership m JOIN account a ON a.id = m.account_id {join} JOIN badge b
    ON b.account_id = a.id AND b.organisation_id = m.organisation_id AND b.ended_at IS NULL
    WHERE m.organisation_id = :organisation AND m.active AND a.active"""
_HOLDER: Final = f"""SELECT b.id AS badge_id, b.organisation_id, a.id AS account_id, a.display_name, b.pin_hash
    FROM {_WORKING.format(join="")} AND b.code_hash = :hash"""
_PEOPLE: Final = f"""SELECT a.id AS account_id, a.login, a.display_name, m.roles::text[] AS roles, b.id AS badge_id,
        b.pin_hash IS NOT NULL AS has_pin, b.wrong_pins, b.created_at AS made_at
    FROM {_WORKING.format(join="LEFT")} AND a.login > :after AND (a.id = :account OR cast(:account AS uuid) IS NULL)
    ORDER BY a.login LIMIT :most"""
_WITH_LOGIN: Final = f"""SELECT b.code_hash, a.login FROM {_WORKING.format(join="")}
    AND m.roles && cast(:roles AS varchar[]) ORDER BY a.login LIMIT 1000"""


@dataclass(frozen=True)
class Holder:
    """What a badge leads to within one organisation: a person who works there now."""

    badge_id: UUID
    organisation_id: UUID
    account_id: UUID
    display_name: str
    pin_hash: str | None


@dataclass(frozen=True)
class BadgeState:
    """What may be shown of a badge in use."""

    id: UUID
    has_pin: bool
    wrong_pins: int
    made_at: datetime

    @property
    def stopped(self) -> bool:
        """Whether it waits for somebody to free it after wrong PINs."""
        return self.wrong_pins >= TRIES_IN_ALL


@dataclass(frozen=True)
class Person:
    """Somebody who works in an organisation, and the badge of that person there."""

    account_id: UUID
    login: str
    display_name: str
    roles: frozenset[Role]
    badge: BadgeState | None


def holder(session: Session, organisation_id: UUID, code_hash: bytes) -> Holder | None:
    """Whose badge this is in an organisation, if that person works there now."""
    row = session.execute(text(_HOLDER), {"organisation": organisation_id, "hash": code_hash}).first()
    return Holder(row.badge_id, row.organisation_id, row.account_id, row.display_name, row.pin_hash) if row else None


def present(session: Session, organisation_id: UUID, account_id: UUID) -> Badge | None:
    """The badge that a person has in an organisation, locked until the transaction ends."""
    query = select(Badge).where(
        Badge.organisation_id == organisation_id, Badge.account_id == account_id, col(Badge.ended_at).is_(None)
    )
    return session.exec(query.with_for_update(key_share=True)).first()


def locked(session: Session, organisation_id: UUID, badge_id: UUID) -> Badge | None:
    """One badge that is in use, locked until the transaction ends."""
    query = select(Badge).where(Badge.organisation_id == organisation_id, Badge.id == badge_id, col(Badge.ended_at).is_(None))
    return session.exec(query.with_for_update(key_share=True)).first()


def people(
    session: Session, organisation_id: UUID, limit: int, after: str = "", account_id: UUID | None = None
) -> Sequence[Person]:
    """Who works in an organisation now, by login, each with the badge in use; or one of them."""
    wanted = {"organisation": organisation_id, "after": after, "account": account_id, "most": limit}
    rows = session.execute(text(_PEOPLE), wanted).all()
    return [
        Person(
            row.account_id,
            row.login,
            row.display_name,
            frozenset(Role(role) for role in row.roles),
            BadgeState(row.badge_id, row.has_pin, row.wrong_pins, row.made_at) if row.badge_id else None,
        )
        for row in rows
    ]


def with_login(session: Session, organisation_id: UUID, roles: Collection[Role]) -> Sequence[tuple[bytes, str]]:
    """Hash and login of the badges in use of those who work in an organisation in one of these roles; at most 1000."""
    wanted = {"organisation": organisation_id, "roles": [role.value for role in roles]}
    rows = session.execute(text(_WITH_LOGIN), wanted).all()
    return [(bytes(row.code_hash), row.login) for row in rows]


def tries(session: Session, badge: Badge, workstation_id: UUID, now: datetime) -> Tries:
    """The wrong PINs so far; the row of this workstation is made if need be, and locked until the transaction ends."""
    row = session.execute(
        text("""INSERT INTO badge_tries (badge_id, workstation_id, organisation_id, count, at)
            VALUES (:badge, :workstation, :organisation, 0, :now)
            ON CONFLICT (badge_id, workstation_id) DO UPDATE SET badge_id = excluded.badge_id RETURNING count AS here, at"""),
        {"badge": badge.id, "workstation": workstation_id, "organisation": badge.organisation_id, "now": now},
    ).one()
    return Tries(row.here, row.at, badge.wrong_pins)


def store_tries(session: Session, badge: Badge, workstation_id: UUID, found: Tries) -> None:
    """Write the counts back."""
    badge.wrong_pins = found.in_all
    session.add(badge)
    session.flush()
    here = (col(BadgeTries.badge_id) == badge.id, col(BadgeTries.workstation_id) == workstation_id)
    session.connection().execute(update(BadgeTries).where(*here).values(count=found.here, at=found.at))


def forgive(session: Session, account_id: UUID) -> int:
    """Forget an account's wrong PINs in the session's organisation; how many badges had any."""
    mine = (col(Badge.account_id) == account_id, col(Badge.ended_at).is_(None), col(Badge.wrong_pins) > 0)
    statement = update(Badge).where(*mine).values(wrong_pins=0).returning(col(Badge.id))
    freed = list(session.connection().execute(statement).scalars())
    if freed:
        session.connection().execute(delete(BadgeTries).where(col(BadgeTries.badge_id).in_(freed)))
    return len(freed)


def end_sessions(session: Session, organisation_id: UUID, account_id: UUID, now: datetime) -> int:
    """End what an account opened by badge in an organisation; how many sessions."""
    mine = (
        col(AccountSession.organisation_id) == organisation_id,
        col(AccountSession.account_id) == account_id,
        col(AccountSession.means) == SignInMeans.BADGE,
    )
    statement = update(AccountSession).where(*mine, col(AccountSession.revoked_at).is_(None)).values(revoked_at=now)
    return session.connection().execute(statement).rowcount
