"""All SQL of badges."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, delete, literal, or_, text, update
from sqlmodel import Session, col, select

from fleet.accounts.badges_models import Badge, BadgeTries
from fleet.accounts.badges_rules import TRIES_IN_ALL, Tries
from fleet.accounts.models import Account, AccountSession, Membership
from fleet.auth.rules import Role, SignInMeans


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


def _working(organisation_id: UUID) -> ColumnElement[bool]:
    """Who works in an organisation now."""
    return and_(
        col(Membership.account_id) == col(Account.id),
        col(Membership.organisation_id) == organisation_id,
        col(Membership.active),
        col(Account.active),
    )


def _in_use() -> ColumnElement[bool]:
    """The badge of a membership."""
    return and_(
        col(Badge.account_id) == col(Membership.account_id),
        col(Badge.organisation_id) == col(Membership.organisation_id),
        col(Badge.ended_at).is_(None),
    )


def holder(session: Session, organisation_id: UUID, code_hash: bytes) -> Holder | None:
    """Whose badge this is in an organisation, if that person works there now."""
    query = select(Badge, Account.display_name).join(Membership, _in_use()).join(Account, _working(organisation_id))
    row = session.exec(query.where(Badge.code_hash == code_hash)).first()
    return Holder(row[0].id, organisation_id, row[0].account_id, row[1], row[0].pin_hash) if row else None


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
    query = select(Account, Membership, Badge).join(Membership, _working(organisation_id))
    query = query.join(Badge, _in_use(), isouter=True).where(col(Account.login) > after)
    if account_id is not None:
        query = query.where(Account.id == account_id)
    rows = session.exec(query.order_by(col(Account.login)).limit(limit)).all()
    return [_person(*row) for row in rows]


def _person(account: Account, member: Membership, badge: Badge | None) -> Person:
    state = BadgeState(badge.id, badge.pin_hash is not None, badge.wrong_pins, badge.created_at) if badge else None
    return Person(account.id, account.login, account.display_name, frozenset(member.roles), state)


def with_login(session: Session, organisation_id: UUID, roles: Collection[Role]) -> Sequence[tuple[bytes, str]]:
    """Hash and login of the badges in use of those who work in an organisation in one of these roles; at most 1000."""
    query = select(Badge.code_hash, Account.login).join(Membership, _in_use()).join(Account, _working(organisation_id))
    held = or_(*(literal(role.value) == any_(col(Membership.roles)) for role in roles))
    return session.exec(query.where(held).order_by(col(Account.login)).limit(1000)).all()


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
