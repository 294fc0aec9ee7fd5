"""Badges: made and replaced by their holder or an admin, blocked at once, opened by a PIN that the holder alone sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import badges_repository as repository
from fleet.accounts.badges_models import Badge
from fleet.accounts.badges_repository import BadgeState, Person
from fleet.accounts.badges_rules import check_pin
from fleet.accounts.passwords import hash_password
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import BADGE_ROLES, ActorKind, Principal, Role, SignInMeans, demand, effective
from fleet.contract.badge import badge_code, badge_hash, new_badge_code
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page, decode, page_of
from fleet.errors import N_, Conflict, Forbidden, NotFound, Stale

__all__ = ["BadgeState", "IssuedBadge", "Person", "block", "for_benches", "free", "issue", "own", "page", "person", "set_pin"]

WORKERS: Final = (Role.WORKSHOP, Role.LEAD)
"""Who may work at a bench."""


class BadgeNotFound(NotFound):
    """No such badge, or no such person, in this organisation."""

    msgid = N_("There is no such badge here. Load the page again.")


class BadgePointless(Conflict):
    """A badge opens less than a password: to some people it would open nothing."""

    msgid = N_("A badge lends the roles of workshop, lending desk and social work only, and this person has none of them.")


class BadgeChanged(Stale):
    """The badge was replaced or blocked meanwhile; making another one would stop the new one."""

    msgid = N_("This badge was replaced or blocked in the meantime. Load the page again.")


class StrongerSignInNeeded(Forbidden):
    """A badge may not make badges, or whoever finds one could stay."""

    msgid = N_("You are signed in with your badge. Sign in with your password for this.")


@dataclass(frozen=True)
class IssuedBadge:
    """A new badge and whose it is. `code` goes onto the card and is kept nowhere."""

    badge_id: UUID
    code: str
    name: str


def person(session: Session, principal: Principal, account_id: UUID) -> Person:
    """Somebody of the caller's organisation, with the badge in use. Raises BadgeNotFound."""
    found = repository.people(session, principal.organisation_id, 1, account_id=account_id)
    if not found:
        raise BadgeNotFound
    return found[0]


def own(session: Session, principal: Principal) -> Person:
    """The caller, with the badge in use. Raises BadgeNotFound."""
    return person(session, principal, _account(principal))


def page(session: Session, principal: Principal, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Person]:
    """Who works in the organisation, by login, each with the badge in use. Raises RoleMissing, CursorInvalid."""
    demand(principal, Role.ADMIN)
    after = decode(cursor, 1)[0] if cursor is not None else ""
    rows = repository.people(session, principal.organisation_id, limit + 1, after)
    return page_of(rows, limit, lambda found: (found.login,))


def issue(session: Session, principal: Principal, account_id: UUID, replaces: UUID | None) -> IssuedBadge:
    """Make a badge for oneself, or as an admin for somebody else; the badge in use (`replaces`) ends, its PIN goes on.

    Raises RoleMissing, StrongerSignInNeeded, BadgeNotFound, BadgePointless, BadgeChanged.
    """
    whose = _may_change(session, principal, account_id)
    if effective(whose.roles).isdisjoint(BADGE_ROLES):
        raise BadgePointless
    before = repository.present(session, principal.organisation_id, account_id)
    if (before.id if before else None) != replaces:
        raise BadgeChanged
    pin_hash = before.pin_hash if before else None
    if before is not None:
        _end(session, before)
    code = new_badge_code()
    badge = Badge(organisation_id=principal.organisation_id, account_id=account_id, code_hash=badge_hash(code), pin_hash=pin_hash)
    try:
        with session.begin_nested():
            session.add(badge)
            session.flush()
    except IntegrityError as error:  # somebody made one at the same moment
        raise BadgeChanged from error
    told = {"replaces": str(before.id) if before else None}
    _record(session, principal, EventType.BADGE_ISSUED, badge, told)
    return IssuedBadge(badge.id, code, whose.display_name)


def card_of(session: Session, principal: Principal, code: str) -> IssuedBadge:
    """The badge that a page has just shown, to be drawn as a card. Raises RoleMissing, StrongerSignInNeeded, BadgeNotFound."""
    normal = badge_code(code)
    found = repository.holder(session, principal.organisation_id, badge_hash(normal)) if normal else None
    if found is None or normal is None:
        raise BadgeNotFound
    whose = _may_change(session, principal, found.account_id)
    return IssuedBadge(found.badge_id, normal, whose.display_name)


def block(session: Session, principal: Principal, badge_id: UUID) -> None:
    """The badge opens nothing any more, and what it opened is closed.

    Anybody may block their own, even while signed in by it. Raises RoleMissing, BadgeNotFound.
    """
    badge = _badge(session, principal, badge_id)
    if badge.account_id != principal.actor.id:
        demand(principal, Role.ADMIN)
    _end(session, badge)
    _record(session, principal, EventType.BADGE_BLOCKED, badge)


def free(session: Session, principal: Principal, badge_id: UUID) -> None:
    """Forget the wrong PINs of a badge. Raises RoleMissing, BadgeNotFound."""
    demand(principal, Role.ADMIN)
    badge = _badge(session, principal, badge_id)
    if repository.forgive(session, badge.account_id):
        _record(session, principal, EventType.BADGE_FREED, badge)


def set_pin(session: Session, principal: Principal, pin: str, again: str) -> None:
    """Set the PIN of one's own badge; wrong PINs are forgotten with the old one.

    Raises StrongerSignInNeeded, BadgeNotFound, TooMany and what `badges_rules.check_pin` raises.
    """
    me = _may_change(session, principal, _account(principal))
    check_pin(me.login, pin, again)
    badge = repository.present(session, principal.organisation_id, me.account_id)
    if badge is None:
        raise BadgeNotFound
    badge.pin_hash = hash_password(pin)
    session.add(badge)
    session.flush()
    repository.forgive(session, me.account_id)
    _record(session, principal, EventType.BADGE_PIN_SET, badge)


def for_benches(session: Session, organisation_id: UUID) -> Sequence[tuple[str, str]]:
    """SHA-256 (hex) of the badges in use and the login of each, of those who may work at a bench of the organisation."""
    return [(hashed.hex(), login) for hashed, login in repository.with_login(session, organisation_id, WORKERS)]


def _account(principal: Principal) -> UUID:
    if principal.actor.kind is not ActorKind.ACCOUNT or principal.actor.id is None:
        raise BadgeNotFound
    return principal.actor.id


def _may_change(session: Session, principal: Principal, account_id: UUID) -> Person:
    if principal.means is SignInMeans.BADGE:
        raise StrongerSignInNeeded
    if account_id != principal.actor.id:
        demand(principal, Role.ADMIN)
    return person(session, principal, account_id)


def _badge(session: Session, principal: Principal, badge_id: UUID) -> Badge:
    found = repository.locked(session, principal.organisation_id, badge_id)
    if found is None:
        raise BadgeNotFound
    return found


def _end(session: Session, badge: Badge) -> None:
    badge.ended_at = utc_now()
    session.add(badge)
    session.flush()
    repository.end_sessions(session, badge.organisation_id, badge.account_id, badge.ended_at)


def _record(
    session: Session, principal: Principal, kind: EventType, badge: Badge, told: Mapping[str, object] | None = None
) -> None:
    data = {"badge": str(badge.id), "account": str(badge.account_id), **(told or {})}
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=data)
