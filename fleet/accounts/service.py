"""Staff accounts: who works here and what they may do."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import api_tokens, proof, repository
from fleet.accounts.benches import EnrolmentCodeInvalid, enrol, get_bench, issue_enrolment_code
from fleet.accounts.models import Account, Membership
from fleet.accounts.passwords import hash_password
from fleet.accounts.repository import Member
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
    must_change: bool = False,
) -> Member:
    """Add an account to the caller's organisation, with roles there.

    Raises RoleMissing, NotForTokens, LoginInvalid, NameMissing, RolesWrong, LoginTaken and the errors of `rules.check_password`.
    """
    demand(principal, Role.ADMIN)
    api_tokens.keep_off_admins(session, principal, roles=roles)
    wanted = login_of(login)
    check_password(wanted, password)
    account = Account(
        organisation_id=principal.organisation_id,
        login=wanted,
        display_name=_name(display_name),
        password_hash=hash_password(password),
        language=language,
        must_change=must_change,
    )
    given = Membership(account_id=account.id, organisation_id=principal.organisation_id, roles=_roles(roles))
    try:
        with session.begin_nested():
            session.add(account)
            session.flush()
    except IntegrityError as error:
        raise LoginTaken(login=wanted) from error
    session.add(given)
    session.flush()
    _record(session, principal, EventType.ACCOUNT_CREATED, account.id, {"roles": _values(given.roles)})
    return _found(session, principal, account.id)


def change(
    session: Session, principal: Principal, account_id: UUID, display_name: str, roles: frozenset[Role], language: str | None
) -> Member:
    """Change what somebody may do here, and what a person of this organisation is called.

    Name and language of somebody whose home is another organisation stay as they are. A person without roles here gets them:
    `invite` does that by login. Raises RoleMissing, NotForTokens, AccountNotFound, NameMissing, RolesWrong, LastAdmin.
    """
    demand(principal, Role.ADMIN)
    name, wanted = _name(display_name), _roles(roles)
    api_tokens.keep_off_admins(session, principal, roles=roles)
    account, given = _locked(session, principal, account_id, keeps_admin=Role.ADMIN in roles)
    before = _values(given.roles)
    given.roles = wanted
    session.add(given)
    if account.organisation_id == principal.organisation_id:
        account.display_name, account.language = name, language
        session.add(account)
    session.flush()
    told = {"roles": _values(wanted), "roles_before": before}
    _record(session, principal, EventType.ACCOUNT_CHANGED, account_id, told)
    return _found(session, principal, account_id)


def set_active(session: Session, principal: Principal, account_id: UUID, *, active: bool) -> Member:
    """Let somebody in or keep them out; keeping them out ends their sessions.

    The home organisation closes the account itself, any other one only its own door.
    Raises RoleMissing, AccountNotFound, LastAdmin.
    """
    demand(principal, Role.ADMIN)
    account, given = _locked(session, principal, account_id, keeps_admin=active)
    home = account.organisation_id == principal.organisation_id
    if home:
        account.active = active
        session.add(account)
    given.active = active
    session.add(given)
    session.flush()
    if not active:
        _end_sessions(session, account.id, everywhere=home)
        api_tokens.end_of(session, principal, account.id)
    _record(session, principal, EventType.ACCOUNT_CHANGED, account_id, {"active": active})
    return _found(session, principal, account_id)


def set_password(session: Session, principal: Principal, account_id: UUID, password: str) -> Member:
    """Give an account of this organisation a new password; its sessions end.

    Raises RoleMissing, NotForTokens, AccountNotFound, PasswordNeeded and `check_password`'s errors.
    """
    demand(principal, Role.ADMIN)
    api_tokens.keep_off_admins(session, principal, account_id=account_id)
    proof.demand_recent_for_oneself(session, principal, account_id)
    account = repository.get(session, account_id)
    if account is None or account.organisation_id != principal.organisation_id:
        raise AccountNotFound
    check_password(account.login, password)
    account.password_hash = hash_password(password)
    account.must_change = principal.actor.id != account_id  # known to two: at the next sign-in one of them chooses another
    session.add(account)
    session.flush()
    repository.end_all_sessions(session, account.id)
    _record(session, principal, EventType.ACCOUNT_CHANGED, account_id, {"password": "changed"})
    return _found(session, principal, account_id)


def page(session: Session, principal: Principal, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Member]:
    """The people of the caller's organisation, by login."""
    return repository.page(session, principal.organisation_id, limit, cursor)


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


def _locked(session: Session, principal: Principal, account_id: UUID, *, keeps_admin: bool) -> tuple[Account, Membership]:
    """An account that is about to change; the last admin must stay one. Raises AccountNotFound, LastAdmin."""
    organisation = principal.organisation_id
    admins = repository.active_admins(session, organisation)
    account, given = repository.get(session, account_id), repository.membership(session, account_id, organisation)
    if account is None or given is None:
        raise AccountNotFound
    if not keeps_admin and list(admins) == [account_id]:
        raise LastAdmin
    return account, given


def _end_sessions(session: Session, account_id: UUID, *, everywhere: bool) -> None:
    """Those in other organisations too, where the account itself is closed: they must not open again when it does."""
    if everywhere:
        repository.end_all_sessions(session, account_id)
    else:
        repository.end_sessions(session, account_id, utc_now())


def _found(session: Session, principal: Principal, account_id: UUID) -> Member:
    found = repository.member(session, principal.organisation_id, account_id)
    if found is None:
        raise AccountNotFound
    return found


def _values(roles: Collection[Role]) -> list[str]:
    return sorted(role.value for role in roles)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise NameMissing
    return name


def _roles(roles: frozenset[Role]) -> list[Role]:
    if not roles or Role.BENCH in roles:
        raise RolesWrong
    return sorted(roles)


def _record(session: Session, principal: Principal, kind: EventType, account_id: UUID, told: Mapping[str, object]) -> None:
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=kind,
        actor=principal.actor,
        data={"account": str(account_id), **told},
    )
