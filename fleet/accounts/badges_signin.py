"""Signing in with badge and PIN, on enrolled workstations only.

Like signing in with a password this is several short transactions: a wrong PIN must be counted although the request is
refused, and no row may stay locked while a PIN is hashed. Only the last of them is the request's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from fleet.accounts import badges_repository as repository
from fleet.accounts import passwords, signin, workstations_repository
from fleet.accounts.badges_models import Badge
from fleet.accounts.badges_repository import Holder
from fleet.accounts.badges_rules import Tries
from fleet.accounts.repository import end_sessions
from fleet.accounts.signin import SignedIn
from fleet.accounts.workstations_repository import Station
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, Principal, SignInMeans
from fleet.contract.badge import badge_code, badge_hash
from fleet.db.columns import utc_now
from fleet.db.session import act_for, unit_of_work
from fleet.errors import N_, Forbidden, Invalid, TooMany

MINUTE_S: Final = 60


class NotABadge(Invalid):
    """What was scanned is something else."""

    msgid = N_("This is not a badge. Scan the square code on your badge.")


class BadgeUnknown(Invalid):
    """Blocked, replaced, of somebody who left, or of another organisation; which of them is nobody's business."""

    msgid = N_("This badge does not work here. It may be replaced or blocked. Sign in with your password, or ask your admin.")


class PinMissing(Invalid):
    """A badge alone opens nothing."""

    msgid = N_("You have no PIN yet. Sign in with your password once and choose a PIN on the page Badge.")


class PinWrong(Invalid):
    """The badge is right, the PIN is not."""

    msgid = N_("This PIN is wrong. Tries left: {left}.")


class BadgeWaits(TooMany):
    """Too many wrong PINs on this workstation."""

    msgid = N_("Too many wrong PINs. Wait {minutes} minutes, or sign in with your password.")


class BadgeStopped(Forbidden):
    """Too many wrong PINs in all: only its holder's other sign-in or an admin frees it."""

    msgid = N_("This badge is blocked after too many wrong PINs. Sign in with your password to free it, or ask your admin.")


@dataclass(frozen=True)
class Former:
    """Who was signed in on this browser until now."""

    account_id: UUID
    organisation_id: UUID
    session_id: UUID


def former_of(principal: Principal | None) -> Former | None:
    """The session that a switch ends, if the browser has one."""
    if principal is None or principal.session_id is None or principal.actor.id is None:
        return None
    return Former(principal.actor.id, principal.organisation_id, principal.session_id)


def recognise(session: Session, station: Station, scanned: str) -> Holder:
    """Whose badge this is, on this workstation; the session then acts for the workstation's organisation.

    Raises NotABadge, BadgeUnknown, PinMissing.
    """
    code = badge_code(scanned)
    if code is None:
        raise NotABadge(field="badge")
    act_for(session, station.organisation_id)
    found = repository.holder(session, station.organisation_id, badge_hash(code))
    if found is None:
        raise BadgeUnknown(field="badge")
    if found.pin_hash is None:
        raise PinMissing(field="badge")
    return found


def prove(engine: Engine, station: Station, scanned: str, pin: str) -> Holder:
    """Badge and PIN, checked and counted. Raises what `recognise` raises, BadgeWaits, BadgeStopped, PinWrong, TooMany."""
    with unit_of_work(engine, station.organisation_id) as session:
        found = recognise(session, station, scanned)
        before, after = _count(session, station, found)
    with _uncounted_when_busy(engine, station, found, before):
        right = passwords.check(pin, found.pin_hash).right
    if not right:
        _told(engine, station, found, after)
        raise PinWrong(left=after.left, field="pin")
    return found


def switch(
    session: Session,
    station: Station,
    found: Holder,
    former: Former | None,
    *,
    valid: timedelta,
    idle: timedelta,
    user_agent: str,
) -> SignedIn:
    """Sign in whoever has proven themselves, and sign out whoever was there before, in one transaction.

    `valid`: how long the session lasts at most; `idle`: how long it may rest. Raises BadgeUnknown.
    """
    now = utc_now()
    _demand_unchanged(session, station, found)
    if former is not None:
        act_for(session, former.organisation_id)
        end_sessions(session, former.account_id, now, only=former.session_id)
    act_for(session, station.organisation_id)
    repository.forgive(session, found.account_id)
    workstations_repository.end_sessions(session, station.organisation_id, station.id, now)
    workstations_repository.seen(session, station.id, now)
    return signin.open_session(
        session,
        found.account_id,
        station.organisation_id,
        SignInMeans.BADGE,
        valid=valid,
        idle=idle,
        workstation_id=station.id,
        user_agent=user_agent,
    )


def _demand_unchanged(session: Session, station: Station, found: Holder) -> None:
    """Badge, PIN and workstation are still those that were looked at; they stay locked until the session is there.

    Whoever blocks a badge or removes a workstation ends its sessions, and could not see one that comes a moment later.
    Raises BadgeUnknown.
    """
    act_for(session, station.organisation_id)
    if _locked(session, found).pin_hash != found.pin_hash:
        raise BadgeUnknown(field="badge")
    here = workstations_repository.locked(session, station.organisation_id, station.id)
    if here is None or here.revoked_at is not None:
        raise BadgeUnknown(field="badge")


def _count(session: Session, station: Station, found: Holder) -> tuple[Tries, Tries]:
    """Count this try as wrong until it has proven right, so that many tries at once are no way round the limit."""
    badge, now = _locked(session, found), utc_now()
    before = repository.tries(session, badge, station.id, now)
    if before.stopped:
        raise BadgeStopped
    if wait := before.wait_s(now):
        raise BadgeWaits(seconds=wait, minutes=-(-wait // MINUTE_S))
    after = before.another(now)
    repository.store_tries(session, badge, station.id, after)
    return before, after


@contextmanager
def _uncounted_when_busy(engine: Engine, station: Station, found: Holder, before: Tries) -> Iterator[None]:
    """A PIN that nobody had time to look at was not wrong."""
    try:
        yield
    except TooMany:
        with unit_of_work(engine, station.organisation_id) as session:
            badge = _locked(session, found)
            present = repository.tries(session, badge, station.id, utc_now())
            fewer = Tries(max(0, present.here - 1), before.at, max(0, present.in_all - 1))
            repository.store_tries(session, badge, station.id, fewer)
        raise


def _locked(session: Session, found: Holder) -> Badge:
    badge = repository.locked(session, found.organisation_id, found.badge_id)
    if badge is None:
        raise BadgeUnknown(field="badge")
    return badge


def _told(engine: Engine, station: Station, found: Holder, after: Tries) -> None:
    """Wrong PINs of a known badge stand in the history, and so does that it was stopped."""
    signin.refused(engine, found.account_id, station.organisation_id, SignInMeans.BADGE)
    if after.stopped:
        told = {"badge": str(found.badge_id), "account": str(found.account_id), "workstation": str(station.id)}
        with unit_of_work(engine, station.organisation_id) as session:
            audit.record(session, organisation_id=station.organisation_id, type=EventType.BADGE_STOPPED, actor=SYSTEM, data=told)
