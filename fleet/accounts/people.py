"""People of other organisations who work here too: invited by their login, with roles of this organisation."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import api_tokens, repository
from fleet.accounts.models import Membership
from fleet.accounts.repository import Member
from fleet.accounts.rules import email_of, login_of
from fleet.accounts.service import AccountNotFound, RolesWrong
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.errors import N_, Conflict, NotFound


class LoginUnknown(NotFound):
    """Nobody has this login."""

    msgid = N_("Nobody has the login {login}. Ask the person for it, or make a new account.")


class AlreadyHere(Conflict):
    """The person has roles here."""

    msgid = N_("{login} works here already. Change the roles instead.")


def invite(session: Session, principal: Principal, login: str, roles: frozenset[Role]) -> Member:
    """Give somebody of another organisation roles in this one; they choose at sign-in or later for whom they work.

    Raises RoleMissing, NotForTokens, LoginInvalid, LoginUnknown, AlreadyHere, RolesWrong.
    """
    demand(principal, Role.ADMIN)
    api_tokens.keep_off_admins(session, principal, roles=roles)
    wanted = login_of(login)
    if not roles or Role.BENCH in roles:
        raise RolesWrong(field="roles")
    row = repository.by_login(session, wanted)
    if row is None or not row.active:
        raise LoginUnknown(login=wanted)
    if repository.membership(session, row.account_id, principal.organisation_id) is not None:
        raise AlreadyHere(login=wanted, field="login")
    try:
        with session.begin_nested():
            session.add(Membership(account_id=row.account_id, organisation_id=principal.organisation_id, roles=sorted(roles)))
            session.flush()
    except IntegrityError as error:  # two admins at once
        raise AlreadyHere(login=wanted, field="login") from error
    told = {"account": str(row.account_id), "roles": sorted(role.value for role in roles), "roles_before": []}
    kind = EventType.ACCOUNT_CHANGED
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=told)
    return find(session, principal, row.account_id)


def find(session: Session, principal: Principal, account_id: UUID) -> Member:
    """One person of the caller's organisation. Raises AccountNotFound."""
    found = repository.member(session, principal.organisation_id, account_id)
    if found is None:
        raise AccountNotFound
    return found


def by_login(session: Session, principal: Principal, login: str) -> Member:
    """One person of the caller's organisation. Raises LoginInvalid, AccountNotFound."""
    row = repository.by_login(session, login_of(login))
    if row is None:
        raise AccountNotFound
    return find(session, principal, row.account_id)


def set_email(session: Session, principal: Principal, account_id: UUID, email: str) -> None:
    """Note where mail for an account of this organisation goes; empty: nowhere.

    The history says that it changed, not what it is. Raises RoleMissing, AccountNotFound, EmailInvalid.
    """
    demand(principal, Role.ADMIN)
    wanted, account = email_of(email), repository.get(session, account_id)
    if account is None or account.organisation_id != principal.organisation_id:
        raise AccountNotFound
    if account.email == wanted:
        return
    account.email = wanted
    session.add(account)
    session.flush()
    told = {"account": str(account_id), "email": "set" if wanted else "removed"}
    kind = EventType.ACCOUNT_CHANGED
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=told)


def sign_out(session: Session, principal: Principal, account_id: UUID) -> int:
    """End somebody's sign-ins here; how many there were. Raises RoleMissing, AccountNotFound."""
    demand(principal, Role.ADMIN)
    found = find(session, principal, account_id)
    ended = repository.end_all_sessions(session, account_id) if found.home else _end_here(session, account_id)
    told = {"account": str(account_id), "sessions": ended}
    kind = EventType.ACCOUNT_SIGNED_OUT
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=told)
    return ended


def _end_here(session: Session, account_id: UUID) -> int:
    """A guest stays signed in at home."""
    return repository.end_sessions(session, account_id, utc_now())
