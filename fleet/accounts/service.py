"""Staff accounts: who works here and what they may do."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import repository
from fleet.accounts.benches import EnrolmentCodeInvalid, enrol, get_bench, issue_enrolment_code
from fleet.accounts.models import Account
from fleet.accounts.passwords import hash_password
from fleet.accounts.resolver import resolver
from fleet.accounts.rules import check_password, login_of
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.errors import N_, Conflict, Invalid, NotFound

__all__ = [
    "EnrolmentCodeInvalid",
    "change",
    "create",
    "enrol",
    "get_bench",
    "issue_enrolment_code",
    "names",
    "page",
    "resolver",
    "set_active",
    "set_password",
    "worker",
    "worker_logins",
]

WORKERS = (Role.WORKSHOP, Role.LEAD)
"""Who may work at a bench (a lead is a workshop worker too)."""


class AccountNotFound(NotFound):
    """No such account in this organisation."""

    msgid = N_("This account does not exist, or it belongs to another organisation.")


class LoginTaken(Conflict):
    """Somebody has this login."""

    msgid = N_("The login {login} is taken. Choose another one.")


class NameMissing(Invalid):
    """People must know who it is."""

    msgid = N_("Give the name of the person.")


class RolesWrong(Invalid):
    """An account needs roles that people can have."""

    msgid = N_("Choose at least one role; the role of a bench is not for people.")


class LastAdmin(Conflict):
    """Somebody must remain who can let others in."""

    msgid = N_("This is the last admin. Make somebody else admin first.")


def create(
    session: Session,
    principal: Principal,
    login: str,
    display_name: str,
    password: str,
    roles: frozenset[Role],
    *,
    language: str | None = None,
) -> Account:
    """Add an account to the caller's organisation.

    Raises RoleMissing, LoginInvalid, NameMissing, RolesWrong, LoginTaken and the errors of `rules.check_password`.
    """
    demand(principal, Role.ADMIN)
    wanted = login_of(login)
    check_password(wanted, password)
    account = Account(
        organisation_id=principal.organisation_id,
        login=wanted,
        display_name=_name(display_name),
        roles=_roles(roles),
        password_hash=hash_password(password),
        language=language,
    )
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        raise LoginTaken(login=wanted) from error
    _record(session, principal, EventType.ACCOUNT_CREATED, account, {"roles": [role.value for role in account.roles]})
    return account


def change(
    session: Session, principal: Principal, account_id: UUID, display_name: str, roles: frozenset[Role], language: str | None
) -> Account:
    """Change what an account is called and may do. Raises RoleMissing, AccountNotFound, NameMissing, RolesWrong, LastAdmin."""
    demand(principal, Role.ADMIN)
    name, wanted = _name(display_name), _roles(roles)
    account = _locked(session, account_id, keeps_admin=Role.ADMIN in roles)
    account.display_name, account.roles, account.language = name, wanted, language
    session.add(account)
    _record(session, principal, EventType.ACCOUNT_CHANGED, account, {"roles": [role.value for role in wanted]})
    return account


def set_active(session: Session, principal: Principal, account_id: UUID, *, active: bool) -> Account:
    """Let an account in or keep it out; keeping it out ends its sessions. Raises RoleMissing, AccountNotFound, LastAdmin."""
    demand(principal, Role.ADMIN)
    account = _locked(session, account_id, keeps_admin=active)
    account.active = active
    session.add(account)
    if not active:
        repository.end_sessions(session, account.id, utc_now())
    _record(session, principal, EventType.ACCOUNT_CHANGED, account, {"active": active})
    return account


def set_password(session: Session, principal: Principal, account_id: UUID, password: str) -> Account:
    """Give an account a new password; its sessions end. Raises RoleMissing, AccountNotFound and `check_password`'s errors."""
    demand(principal, Role.ADMIN)
    account = repository.get(session, account_id)
    if account is None:
        raise AccountNotFound
    check_password(account.login, password)
    account.password_hash = hash_password(password)
    session.add(account)
    repository.end_sessions(session, account.id, utc_now())
    _record(session, principal, EventType.ACCOUNT_CHANGED, account, {"password": "changed"})
    return account


def page(session: Session, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Account]:
    """The organisation's accounts, by login."""
    return repository.page(session, limit, cursor)


def names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Display names of those accounts that the caller's organisation has."""
    return repository.names(session, ids) if ids else {}


def worker(session: Session, login: str) -> UUID | None:
    """The active account of this organisation that may work at a bench under this login."""
    found = repository.active_with_role(session, WORKERS, login.strip().lower())
    return found[0][0] if found else None


def worker_logins(session: Session) -> Sequence[str]:
    """Logins that may work at a bench."""
    return [login for _, login in repository.active_with_role(session, WORKERS)]


def _locked(session: Session, account_id: UUID, *, keeps_admin: bool) -> Account:
    """An account that is about to change; the last admin must stay one."""
    admins = repository.active_admins(session)
    account = repository.get(session, account_id)
    if account is None:
        raise AccountNotFound
    if not keeps_admin and list(admins) == [account_id]:
        raise LastAdmin
    return account


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise NameMissing
    return name


def _roles(roles: frozenset[Role]) -> list[Role]:
    if not roles or Role.BENCH in roles:
        raise RolesWrong
    return sorted(roles)


def _record(session: Session, principal: Principal, kind: EventType, account: Account, told: Mapping[str, object]) -> None:
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=kind,
        actor=principal.actor,
        data={"account": str(account.id), **told},
    )
