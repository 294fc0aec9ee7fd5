"""Sign in and out.

Signing in is three short transactions, not one: a wrong password must be counted although the request is refused, and no row
may stay locked while a password is hashed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, update
from sqlmodel import Session, col

from fleet.accounts import passwords, repository
from fleet.accounts.models import Account, AccountSession
from fleet.accounts.rules import FORGIVEN_AFTER_S, LONGEST_WAIT_S, Failures, is_login
from fleet.accounts.tokens import csrf_token, new_token, token_hash
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal
from fleet.db.columns import utc_now
from fleet.db.session import unit_of_work
from fleet.errors import N_, TooMany, Unauthenticated

OLD: Final = timedelta(days=30)
"""How long ended sessions are kept."""
MATTERS: Final = timedelta(seconds=LONGEST_WAIT_S + 20 * FORGIVEN_AFTER_S)
"""After this time no count of wrong passwords means anything."""


class SignInRefused(Unauthenticated):
    """Unknown login, wrong password or a closed account; which of them is not told."""

    msgid = N_("The login or the password is wrong. Try again, or ask your admin for a new password.")


class SignInTooOften(TooMany):
    """Too many wrong passwords for this login from this address. Others are not held up."""

    msgid = N_("Too many wrong passwords. Wait {seconds} seconds and try again.")


@dataclass(frozen=True)
class SignedIn:
    """A new session. `token` goes into the cookie and nowhere else."""

    token: str
    csrf_token: str
    expires_at: datetime
    account_id: UUID


def sign_in(engine: Engine, login: str, password: str, address: str, valid: timedelta) -> SignedIn:
    """Open a session for whoever knows the password. `address` is the caller's IP address.

    Raises SignInRefused, SignInTooOften, TooMany.
    """
    wanted = login.strip().lower()
    key = _key(wanted, address)
    with unit_of_work(engine) as session:
        _count(session, key, utc_now())
        found = repository.by_login(session, wanted) if is_login(wanted) else None
    checked = passwords.check(password, found.password_hash if found else None)
    if found is None or not checked.right or not found.active:
        raise SignInRefused
    with unit_of_work(engine, found.organisation_id) as session:
        return _open(session, found, key, checked.new_hash, valid)


def _count(session: Session, key: bytes, now: datetime) -> None:
    """Count this try as wrong until it has proven right, so that many tries at once are no way round the limit."""
    before: Failures = repository.failures(session, key, now)
    if wait := before.wait_s(now):
        raise SignInTooOften(seconds=wait)
    repository.store_failures(session, key, before.another(now))


def _open(session: Session, found: repository.LoginRow, key: bytes, new_hash: str | None, valid: timedelta) -> SignedIn:
    now, token = utc_now(), new_token()
    repository.forget_failures(session, key, now - MATTERS)
    repository.forget_old_sessions(session, now - OLD)
    if new_hash is not None:
        session.connection().execute(update(Account).where(col(Account.id) == found.account_id).values(password_hash=new_hash))
    opened = AccountSession(
        organisation_id=found.organisation_id,
        account_id=found.account_id,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + valid,
    )
    session.add(opened)
    session.flush()
    return SignedIn(token, csrf_token(token), opened.expires_at, found.account_id)


def sign_out(session: Session, principal: Principal) -> None:
    """End the caller's own session."""
    if principal.actor.id is not None and principal.session_id is not None:
        repository.end_sessions(session, principal.actor.id, utc_now(), only=principal.session_id)


def sign_out_everywhere(session: Session, principal: Principal) -> int:
    """End every session of the caller; how many there were."""
    if principal.actor.id is None:
        return 0
    ended = repository.end_sessions(session, principal.actor.id, utc_now())
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.ACCOUNT_SIGNED_OUT,
        actor=principal.actor,
        data={"account": str(principal.actor.id), "sessions": ended},
    )
    return ended


def _key(login: str, address: str) -> bytes:
    """Login and address together: nobody can lock out somebody who signs in from elsewhere. One IPv6 network is one address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        network = address
    else:
        network = parsed.exploded[:19] if isinstance(parsed, IPv6Address) else str(parsed)
    return hashlib.sha256(f"{login}\n{network}".encode()).digest()
