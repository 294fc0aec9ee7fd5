"""One-time links with which somebody chooses a new password: handed over by an admin, or sent by mail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from fleet.accounts import api_tokens, proof, repository
from fleet.accounts.models import Account, ResetLink
from fleet.accounts.passwords import hash_password
from fleet.accounts.rules import check_password
from fleet.accounts.service import AccountNotFound
from fleet.accounts.tokens import new_token, token_hash
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Actor, ActorKind, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.db.session import act_for
from fleet.errors import N_, NotFound

BY_ADMIN: Final = timedelta(hours=24)
BY_MAIL: Final = timedelta(hours=1)


class ResetLinkOver(NotFound):
    """Used, too old, or never made; which of them is nobody's business."""

    msgid = N_("This link works no more: it was used, or it is too old. Ask your admin for a new one.")


@dataclass(frozen=True)
class Waiting:
    """A link that is still good, and whose password it changes."""

    link_id: UUID
    organisation_id: UUID
    account_id: UUID
    login: str
    name: str


def hand_over(session: Session, principal: Principal, account_id: UUID) -> str:
    """The token of a link for an account of this organisation, shown once.

    Raises RoleMissing, NotForTokens, PasswordNeeded, AccountNotFound.
    """
    demand(principal, Role.ADMIN)
    api_tokens.keep_off_admins(session, principal, account_id=account_id)
    proof.demand_recent_for_oneself(session, principal, account_id)
    account = repository.get(session, account_id)
    if account is None or account.organisation_id != principal.organisation_id:
        raise AccountNotFound
    return issue(session, account, principal.actor, BY_ADMIN)


def issue(session: Session, account: Account, actor: Actor, valid: timedelta, *, alone: bool = True) -> str:
    """A link for an account. The session acts for the account's home organisation.

    `alone`: earlier links end. One that anybody can ask for leaves them: it must not undo what an admin handed over.
    """
    token, now = new_token(), utc_now()
    if alone:
        _end_others(session, account.id)
    link = ResetLink(
        organisation_id=account.organisation_id,
        account_id=account.id,
        token_hash=token_hash(token),
        created_at=now,
        expires_at=now + valid,
    )
    session.add(link)
    session.flush()
    _record(session, account.organisation_id, actor, EventType.RESET_ISSUED, account.id, link.id)
    return token


def is_waiting(session: Session, account_id: UUID, since: timedelta) -> bool:
    """Whether a link of this account was made in this time and is still good."""
    now = utc_now()
    mine = select(ResetLink.id).where(ResetLink.account_id == account_id, col(ResetLink.used_at).is_(None))
    return session.exec(mine.where(col(ResetLink.created_at) > now - since, col(ResetLink.expires_at) > now)).first() is not None


def waiting(session: Session, token: str) -> Waiting:
    """What a link leads to; from here the session acts for the account's home organisation. Raises ResetLinkOver."""
    row = session.execute(text("SELECT * FROM reset_link_account(:hash)"), {"hash": token_hash(token)}).first()
    if row is None:
        raise ResetLinkOver
    act_for(session, row.organisation_id)
    account = repository.get(session, row.account_id)
    if account is None:
        raise ResetLinkOver
    return Waiting(row.id, row.organisation_id, row.account_id, account.login, account.display_name)


def choose(session: Session, token: str, password: str) -> None:
    """Use a link: a new password, once; every session of the account ends.

    Raises ResetLinkOver, TooMany and the errors of `rules.check_password`.
    """
    found = waiting(session, token)
    check_password(found.login, password)
    hashed = hash_password(password)
    now = utc_now()
    mine = (
        update(ResetLink)
        .where(col(ResetLink.id) == found.link_id, col(ResetLink.used_at).is_(None), col(ResetLink.expires_at) > now)
        .values(used_at=now)
    )
    if session.connection().execute(mine).rowcount != 1:  # somebody was faster with the same link
        raise ResetLinkOver
    account = repository.get(session, found.account_id)
    if account is None:
        raise ResetLinkOver
    account.password_hash, account.must_change = hashed, False
    session.add(account)
    session.flush()
    _end_others(session, account.id)
    repository.end_all_sessions(session, account.id)
    actor = Actor(ActorKind.ACCOUNT, account.id)
    _record(session, found.organisation_id, actor, EventType.RESET_USED, account.id, found.link_id)


def _end_others(session: Session, account_id: UUID) -> None:
    others = update(ResetLink).where(col(ResetLink.account_id) == account_id, col(ResetLink.used_at).is_(None))
    session.connection().execute(others.values(used_at=utc_now()))


def _record(session: Session, organisation: UUID, actor: Actor, kind: EventType, account_id: UUID, link_id: UUID) -> None:
    told = {"account": str(account_id), "link": str(link_id)}
    audit.record(session, organisation_id=organisation, type=kind, actor=actor, data=told)
