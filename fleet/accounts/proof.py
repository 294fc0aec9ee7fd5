"""Before somebody changes how an account is opened: are they still the one who signed in?

A sign-in of the last ten minutes is proof enough; else the password is asked once more. A badge is no proof, and neither is
an API token: what opens everything must not be made with what opens a little.
"""

import hashlib
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, select

from fleet.accounts import passwords, repository
from fleet.accounts.models import Account, AccountSession
from fleet.accounts.signin import MATTERS, SignInTooOften
from fleet.auth.rules import Principal, SignInMeans
from fleet.db.columns import utc_now
from fleet.db.session import unit_of_work
from fleet.errors import N_, Forbidden, Invalid

RECENT: Final = timedelta(minutes=10)


class PersonNeeded(Forbidden):
    """An API token or a machine asks."""

    msgid = N_("Only somebody who is signed in can do this, not an API token.")


class PasswordNeeded(Forbidden):
    """The sign-in is too old, or was made with a badge."""

    msgid = N_("You signed in more than 10 minutes ago. Type your password, or sign out and sign in again.")


class PasswordWrong(Invalid):
    """Typed once more, and wrong."""

    msgid = N_("This password is wrong.")


def is_recent(session: Session, principal: Principal) -> bool:
    """Whether the caller's sign-in counts as proof now."""
    if principal.session_id is None or principal.means is SignInMeans.BADGE:
        return False
    began = session.exec(select(AccountSession.created_at).where(AccountSession.id == principal.session_id)).first()
    return began is not None and utc_now() - began < RECENT


def demand_recent(engine: Engine, session: Session, principal: Principal, password: str = "") -> UUID:
    """The caller's account, proven. Raises PersonNeeded, PasswordNeeded, PasswordWrong, SignInTooOften, TooMany."""
    account_id = principal.actor.id
    if account_id is None or principal.session_id is None or principal.scopes is not None:
        raise PersonNeeded
    if is_recent(session, principal):
        return account_id
    if not password:
        raise PasswordNeeded(field="password")
    demand_password(engine, session, account_id, password)
    return account_id


def demand_recent_for_oneself(session: Session, principal: Principal, account_id: UUID) -> None:
    """An admin may give anybody a new password; to their own account nothing leads round the proof. Raises PasswordNeeded."""
    if principal.session_id is not None and principal.actor.id == account_id and not is_recent(session, principal):
        raise PasswordNeeded(field="password")


def demand_password(engine: Engine, session: Session, account_id: UUID, password: str) -> None:
    """The password of an account, typed once more. Raises PasswordWrong, SignInTooOften, TooMany.

    Wrong passwords are counted per account: only who holds a session of it comes here, so nobody else is held up.
    """
    key, now = hashlib.sha256(f"proof\n{account_id}".encode()).digest(), utc_now()
    with unit_of_work(engine) as counting:
        before = repository.failures(counting, key, now)
        if wait := before.wait_s(now):
            raise SignInTooOften(seconds=wait)
        repository.store_failures(counting, key, before.another(now))
    stored = session.exec(select(Account.password_hash).where(Account.id == account_id)).first()
    if not passwords.check(password, stored).right:
        raise PasswordWrong(field="password")
    with unit_of_work(engine) as counting:
        repository.forget_failures(counting, key, now - MATTERS)
