"""One's own account: the password, the open sessions, and for which organisation one works now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from fleet.accounts import proof, repository
from fleet.accounts.models import AccountSession
from fleet.accounts.passwords import hash_password
from fleet.accounts.proof import PersonNeeded
from fleet.accounts.repository import Place
from fleet.accounts.rules import check_password
from fleet.accounts.signin import SignedIn, open_session
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Actor, ActorKind, Principal, SignInMeans
from fleet.db.columns import utc_now
from fleet.db.session import act_for
from fleet.errors import N_, Forbidden, NotFound

SHOWN: Final = 50


class SessionNotFound(NotFound):
    """It ended already, or it is not one's own."""

    msgid = N_("This sign-in has ended already.")


class NotYourOrganisation(Forbidden):
    """No membership there."""

    msgid = N_("You have no role in that organisation. Ask its admin to invite you.")


class BadgeStays(Forbidden):
    """A badge is of one organisation and one computer."""

    msgid = N_("Signed in with a badge you stay here. Sign in with your password to change the organisation.")


@dataclass(frozen=True)
class OpenSession:
    """One sign-in that is still open. `here`: the one that asks; `organisation`: for which one it works."""

    id: UUID
    means: SignInMeans
    user_agent: str
    began: datetime
    last_seen: datetime
    here: bool
    organisation: str = ""


def account_id(principal: Principal) -> UUID:
    """The account of a person who is signed in. Raises PersonNeeded for machines and API tokens."""
    if principal.actor.kind is not ActorKind.ACCOUNT or principal.actor.id is None or principal.session_id is None:
        raise PersonNeeded
    return principal.actor.id


def sessions(session: Session, principal: Principal) -> Sequence[OpenSession]:
    """The caller's open sessions, for whichever organisation, the one seen last first; with a badge those of this one only."""
    found = [one for place in _acting_for_each(session, principal) for one in _open(session, principal, place)]
    return sorted(found, key=lambda one: one.last_seen, reverse=True)


def end(session: Session, principal: Principal, session_id: UUID) -> None:
    """Sign one of the caller's own sessions out, and tell the organisation for which it worked. Raises SessionNotFound."""
    for place in _acting_for_each(session, principal):
        if repository.end_sessions(session, account_id(principal), utc_now(), only=session_id):
            told = {"sessions": 1}
            _record(session, place.organisation_id, principal.actor, EventType.ACCOUNT_SIGNED_OUT, told)
            act_for(session, principal.organisation_id)
            return
    raise SessionNotFound


def _acting_for_each(session: Session, principal: Principal) -> Iterator[Place]:
    """The caller's organisations, the present one among them; the session acts for each in turn, and then for the present one."""
    account_id(principal)
    for place in places(session, principal) or (Place(principal.organisation_id, "", principal.roles),):
        act_for(session, place.organisation_id)
        yield place
    act_for(session, principal.organisation_id)


def _open(session: Session, principal: Principal, place: Place) -> Sequence[OpenSession]:
    now = utc_now()
    query = select(AccountSession).where(
        AccountSession.account_id == principal.actor.id,
        AccountSession.organisation_id == place.organisation_id,
        col(AccountSession.revoked_at).is_(None),
        col(AccountSession.expires_at) > now,
    )
    rows = session.exec(query.order_by(col(AccountSession.last_seen_at).desc()).limit(SHOWN)).all()
    awake = [row for row in rows if row.idle_minutes is None or row.last_seen_at + timedelta(minutes=row.idle_minutes) > now]
    return [
        OpenSession(
            row.id, row.means, row.user_agent, row.created_at, row.last_seen_at, row.id == principal.session_id, place.name
        )
        for row in awake
    ]


def change_password(engine: Engine, session: Session, principal: Principal, old: str, new: str) -> int:
    """Choose a new password; every other session ends. How many those were.

    Raises PersonNeeded, PasswordWrong, SignInTooOften, TooMany and `rules.check_password`'s errors.
    """
    mine = account_id(principal)
    proof.demand_password(engine, session, mine, old)
    account = repository.get(session, mine)
    if account is None:
        raise PersonNeeded
    check_password(account.login, new)
    act_for(session, account.organisation_id)  # a row is changed, and the change recorded, by its own organisation
    account.password_hash, account.must_change = hash_password(new), False
    session.add(account)
    session.flush()
    ended = repository.end_all_sessions(session, mine, but=principal.session_id)
    told = {"password": "changed", "sessions": ended}
    _record(session, account.organisation_id, principal.actor, EventType.ACCOUNT_CHANGED, told)
    act_for(session, principal.organisation_id)
    return ended


def places(session: Session, principal: Principal) -> Sequence[Place]:
    """Every organisation in which the caller has roles; none for machines and for a badge, which stays where it is."""
    if principal.session_id is None or principal.actor.id is None or principal.means is SignInMeans.BADGE:
        return ()
    return repository.places_of(session, principal.actor.id)


def switch(session: Session, principal: Principal, organisation: UUID, *, idle: timedelta | None) -> tuple[SignedIn, timedelta]:
    """Go on for another organisation, with a new session; the old one ends. Also for how long the new one is valid.

    It lasts no longer than the old one would have. Raises PersonNeeded, BadgeStays, NotYourOrganisation.
    """
    mine = account_id(principal)
    if principal.means is SignInMeans.BADGE:
        raise BadgeStays
    if organisation not in {place.organisation_id for place in repository.places_of(session, mine)}:
        raise NotYourOrganisation
    former = session.exec(select(AccountSession).where(AccountSession.id == principal.session_id)).one()
    valid, told = former.expires_at - utc_now(), {"to": str(organisation)}
    audit.lock(session, principal.organisation_id, organisation)
    repository.end_sessions(session, mine, utc_now(), only=former.id)
    _record(session, principal.organisation_id, principal.actor, EventType.ACCOUNT_SWITCHED, told)
    means, user_agent, proven_at = former.means, former.user_agent, former.created_at
    act_for(session, organisation)
    opened = open_session(session, mine, organisation, means, valid=valid, idle=idle, user_agent=user_agent, proven_at=proven_at)
    return opened, valid


def _record(session: Session, organisation: UUID, actor: Actor, kind: EventType, told: Mapping[str, object]) -> None:
    data = {"account": str(actor.id), **told}
    audit.record(session, organisation_id=organisation, type=kind, actor=actor, data=data)
