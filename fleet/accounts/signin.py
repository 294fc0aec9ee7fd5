"""Sign in and out.

Signing in is three short transactions, not one: a wrong password must be counted although the request is refused, and no row
may stay locked while a password is hashed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from fleet.accounts import badges_repository, passwords, repository
from fleet.accounts.models import Account, AccountSession
from fleet.accounts.rules import ALL_NETWORKS, FORGIVEN_AFTER_S, LONGEST_WAIT_S, ONE_LOGIN, ONE_NETWORK, Limit, is_login
from fleet.accounts.tokens import csrf_token, new_token, token_hash
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal, SignInMeans
from fleet.db.columns import utc_now
from fleet.db.session import act_for, unit_of_work
from fleet.errors import N_, TooMany, Unauthenticated
from fleet.organisations import service as organisations

OLD: Final = timedelta(days=30)
"""How long ended sessions are kept."""
USER_AGENT_LENGTH: Final = 200
MATTERS: Final = timedelta(seconds=LONGEST_WAIT_S + 20 * FORGIVEN_AFTER_S)
"""After this time no count of wrong passwords means anything."""


class SignInRefused(Unauthenticated):
    """Unknown login, wrong password or a closed account; which of them is not told."""

    msgid = N_("The login or the password is wrong. Try again, or ask your admin for a new password.")


class SignInTooOften(TooMany):
    """Too many wrong passwords. A browser in which this login signed in before is not held up by those of others."""

    msgid = N_("Too many wrong passwords. Wait {seconds} seconds and try again.")


@dataclass(frozen=True)
class SignedIn:
    """A new session. `token` goes into the cookie and nowhere else."""

    token: str
    csrf_token: str
    expires_at: datetime
    account_id: UUID
    login: str


def sign_in(
    engine: Engine,
    login: str,
    password: str,
    address: str,
    valid: timedelta,
    *,
    idle: timedelta | None = None,
    user_agent: str = "",
    device: bytes | None = None,
) -> SignedIn:
    """Open a session for whoever knows the password. `address` is the caller's IP address.

    `device` is the id of a browser in which this login has signed in before (`known_devices`).

    Raises SignInRefused, SignInTooOften, TooMany.
    """
    wanted = login.strip().lower()
    counts = _counts(wanted, address, device)
    with unit_of_work(engine) as session:
        _count(session, counts, utc_now())
        found = repository.by_login(session, wanted) if is_login(wanted) else None
    checked = passwords.check(password, found.password_hash if found else None)
    if found is None:
        raise SignInRefused
    if not checked.right or not found.active:
        refused(engine, found.account_id, found.organisation_id, SignInMeans.PASSWORD)
        raise SignInRefused
    with unit_of_work(engine, found.organisation_id) as session:
        _forget(session, found, counts, checked.new_hash)
        organisation = first_place(session, found.account_id, found.organisation_id)
    if organisation is None:
        refused(engine, found.account_id, found.organisation_id, SignInMeans.PASSWORD)
        raise SignInRefused
    with unit_of_work(engine, found.organisation_id) as session:
        _demand_unchanged(session, found, checked.new_hash)
        act_for(session, organisation)
        return open_session(
            session, found.account_id, organisation, SignInMeans.PASSWORD, valid=valid, idle=idle, user_agent=user_agent
        )


def _demand_unchanged(session: Session, found: repository.LoginRow, new_hash: str | None) -> None:
    """The password is still the one that was checked; the account stays locked until the session is there. Raises SignInRefused.

    Whoever changes it ends all sessions, and could not see one that was opened by the old password a moment later.
    """
    account = repository.get(session, found.account_id)
    if account is None or not account.active or account.password_hash not in {found.password_hash, new_hash}:
        raise SignInRefused


def first_place(session: Session, account_id: UUID, home: UUID) -> UUID | None:
    """The organisation for which a new session acts: the home, if the person may work there; None: nowhere."""
    places = [place.organisation_id for place in repository.places_of(session, account_id)]
    return home if home in places else next(iter(places), None)


def open_session(  # noqa: PLR0913 - each is a column of the session
    session: Session,
    account_id: UUID,
    organisation_id: UUID,
    means: SignInMeans,
    *,
    valid: timedelta,
    idle: timedelta | None = None,
    workstation_id: UUID | None = None,
    user_agent: str = "",
    proven_at: datetime | None = None,
) -> SignedIn:
    """Open a session for somebody who was proven by `means`; the token is always a new one.

    `session` acts for the organisation. `valid`: how long it lasts at most; `idle`: how long it may rest. `proven_at`: when the
    person gave the proof, None: now; a session that only follows another is no fresher than that one (`proof.is_recent`).
    """
    now, token = utc_now(), new_token()
    repository.forget_old_sessions(session, now - OLD)
    opened = AccountSession(
        organisation_id=organisation_id,
        account_id=account_id,
        token_hash=token_hash(token),
        created_at=proven_at or now,
        expires_at=now + valid,
        means=means,
        workstation_id=workstation_id,
        idle_minutes=None if idle is None else max(1, int(idle.total_seconds()) // 60),
        last_seen_at=now,
        user_agent=_shown(user_agent),
    )
    session.add(opened)
    session.flush()
    if means is not SignInMeans.BADGE:  # whoever has proven more than a badge does needs no admin to use it again
        badges_repository.forgive(session, account_id)
    told: dict[str, object] = {"account": str(account_id), "means": means.value, "session": str(opened.id)}
    if workstation_id is not None:
        told["workstation"] = str(workstation_id)
    actor = Actor(ActorKind.ACCOUNT, account_id)
    audit.record(session, organisation_id=organisation_id, type=EventType.ACCOUNT_SIGNED_IN, actor=actor, data=told)
    login = session.exec(select(Account.login).where(Account.id == account_id)).one()
    return SignedIn(token, csrf_token(token), opened.expires_at, account_id, login)


def refused(engine: Engine, account_id: UUID, organisation_id: UUID, means: SignInMeans) -> None:
    """A failed try of a known account stands in the history, in a transaction of its own."""
    told = {"account": str(account_id), "means": means.value}
    with unit_of_work(engine, organisation_id) as session:
        if organisations.is_open(session, organisation_id):  # the history of an organisation that left is closed
            audit.record(session, organisation_id=organisation_id, type=EventType.ACCOUNT_REFUSED, actor=SYSTEM, data=told)


def _shown(user_agent: str) -> str:
    """What a list of sessions shows of a browser; it is text from outside."""
    return "".join(character for character in user_agent if character.isprintable())[:USER_AGENT_LENGTH]


def _count(session: Session, counts: Mapping[bytes, Limit], now: datetime) -> None:
    """Count this try as wrong until it has proven right, so that many tries at once are no way round the limit."""
    for key, limit in counts.items():
        before = repository.failures(session, key, now)
        if wait := before.wait_s(now, limit):
            raise SignInTooOften(seconds=wait)
        repository.store_failures(session, key, before.another(now, limit))


def _forget(session: Session, found: repository.LoginRow, counts: Mapping[bytes, Limit], new_hash: str | None) -> None:
    """The password was right: its own wrong tries are forgotten, and a hash of an older cost is replaced.

    The wider counts get this one try back and no more: one known password must not clear the way for guessing others.
    """
    own, *wider = counts
    repository.forget_failures(session, own, utc_now() - MATTERS)
    for key in wider:
        repository.give_back(session, key)
    if new_hash is not None:
        same = (col(Account.id) == found.account_id, col(Account.password_hash) == found.password_hash)
        session.connection().execute(update(Account).where(*same).values(password_hash=new_hash))


def sign_out(session: Session, principal: Principal) -> None:
    """End the caller's own session."""
    if principal.actor.id is not None and principal.session_id is not None:
        ended = repository.end_sessions(session, principal.actor.id, utc_now(), only=principal.session_id)
        _signed_out(session, principal, ended)


def sign_out_everywhere(session: Session, principal: Principal) -> int:
    """End every session of the caller, in every organisation; how many there were."""
    if principal.actor.id is None:
        return 0
    ended = repository.end_all_sessions(session, principal.actor.id)
    _signed_out(session, principal, ended)
    return ended


def _signed_out(session: Session, principal: Principal, ended: int) -> None:
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.ACCOUNT_SIGNED_OUT,
        actor=principal.actor,
        data={"account": str(principal.actor.id), "sessions": ended},
    )


def _counts(login: str, address: str, device: bytes | None) -> Mapping[bytes, Limit]:
    """Under which counts a try falls, in the order in which their rows are locked; the first is this person's own.

    A browser that knows the login has a count of its own and falls under no other: nobody elsewhere can hold it up.
    """
    if device is not None:
        return {_key("device", login, device.hex()): ONE_LOGIN}
    network = network_of(address)
    return {
        _key("login", login, network): ONE_LOGIN,
        _key("everywhere", login): ALL_NETWORKS,
        _key("network", network): ONE_NETWORK,
    }


def network_of(address: str) -> str:
    """An IPv4 address, or the IPv6 network of a house (/64): one caller has all of its addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else str(parsed)


def _key(*parts: str) -> bytes:
    return hashlib.sha256("\n".join(parts).encode()).digest()
