"""Whose account an identity opens, and the rights that its provider gives: applied at every sign-in, each change recorded."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import oidc_repository as repository
from fleet.accounts import passwords, signin
from fleet.accounts.models import Account
from fleet.accounts.oidc_claims import Person, spare_login
from fleet.accounts.oidc_models import ExternalIdentity
from fleet.accounts.oidc_repository import IdentityRow
from fleet.accounts.oidc_settings import Provider, UnknownPeople
from fleet.accounts.signin import SignedIn
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, Role, SignInMeans
from fleet.db.columns import utc_now
from fleet.db.session import act_for, unit_of_work
from fleet.errors import N_, Forbidden
from fleet.organisations import service as organisations

Rights = Mapping[UUID, frozenset[Role]]
_log = structlog.get_logger(__name__)


class NotLinked(Forbidden):
    """The provider knows this person, this service does not."""

    msgid = N_(
        "{provider} knows you, but you have no account here yet. Sign in with your password and link the two under Security."
    )


class NoRights(Forbidden):
    """The provider gives no role in any organisation that it may give roles in."""

    msgid = N_("{provider} gives you no role here. Ask your admin there for access to Heropstart.")


class AccountClosed(Forbidden):
    """The account was closed here; a provider does not open it again."""

    msgid = N_("Your account here is closed. Ask your admin.")


class SignInAgain(Forbidden):
    """Two first sign-ins of one person at once."""

    msgid = N_("Your account was being made at this moment. Sign in once more.")


def sign_in(
    engine: Engine, provider: Provider, who: Person, *, valid: timedelta, idle: timedelta | None = None, user_agent: str = ""
) -> SignedIn:
    """Open a session for somebody whom the provider has proven. Raises NotLinked, NoRights, AccountClosed, SignInAgain.

    Several transactions: what the provider takes away stays taken away, also when the sign-in is refused after it.
    """
    with unit_of_work(engine) as session:
        found = repository.by_identity(session, who.issuer, who.subject)
        wanted = _resolved(session, provider, who)
    if found is None:
        found = _new(engine, provider, who, wanted)
    if not found.active:
        signin.refused(engine, found.account_id, found.organisation_id, SignInMeans.OIDC)
        raise AccountClosed
    with unit_of_work(engine, found.organisation_id) as session:
        _apply(session, provider, found, wanted)
        organisation = signin.first_place(session, found.account_id, found.organisation_id)
    if organisation is None:
        signin.refused(engine, found.account_id, found.organisation_id, SignInMeans.OIDC)
        raise NoRights(provider=provider.name)
    with unit_of_work(engine, organisation) as session:
        return signin.open_session(
            session, found.account_id, organisation, SignInMeans.OIDC, valid=valid, idle=idle, user_agent=user_agent
        )


def _resolved(session: Session, provider: Provider, who: Person) -> Rights:
    """Rights by organisation of this service, in the file's order; a name that nobody has, or that has left, goes to the log."""
    rights: dict[UUID, frozenset[Role]] = {}
    for name, roles in who.rights.items():
        organisation = repository.organisation_named(session, name)
        if organisation is None or not organisations.is_open(session, organisation):
            _log.warning("the providers' file names an organisation that is not here", provider=provider.key, organisation=name)
        else:
            rights[organisation] = rights.get(organisation, frozenset()) | roles
    return rights


def _new(engine: Engine, provider: Provider, who: Person, wanted: Rights) -> IdentityRow:
    """An account for somebody whom the provider alone knows. Raises NotLinked, NoRights, SignInAgain."""
    if provider.unknown_people is UnknownPeople.REFUSE:
        raise NotLinked(provider=provider.name)
    home = next(iter(wanted), None)
    if home is None:
        raise NoRights(provider=provider.name)
    nobodys = passwords.hash_password(secrets.token_urlsafe(32))  # it has a password that nobody knows; an admin may give one
    with unit_of_work(engine, home) as session:
        audit.lock(session, home)
        account = _account(session, home, who, nobodys)
        identity = ExternalIdentity(account_id=account.id, issuer=who.issuer, subject=who.subject, created_at=utc_now())
        try:
            with session.begin_nested():
                session.add(identity)
                session.flush()
        except IntegrityError as error:
            raise SignInAgain from error
        told = {"account": str(account.id), "provider": provider.key}
        _record(session, home, EventType.ACCOUNT_CREATED, told)
        _record(session, home, EventType.IDENTITY_LINKED, told | {"identity": str(identity.id)})
        return IdentityRow(identity.id, account.id, home, active=True, granted=())


def _account(session: Session, home: UUID, who: Person, password_hash: str) -> Account:
    """With the login that the claims give, or with one that says nothing when somebody has that login already."""
    for login in (who.login, spare_login(who.issuer, who.subject)):
        account = Account(
            id=uuid4(), organisation_id=home, login=login, display_name=who.name or login, password_hash=password_hash
        )
        try:
            with session.begin_nested():
                session.add(account)
                session.flush()
        except IntegrityError:
            continue
        return account
    raise SignInAgain


def _apply(session: Session, provider: Provider, found: IdentityRow, wanted: Rights) -> None:
    """Give what the provider gives now, take back what it gave before; other organisations are not touched.

    All rows before any chain, as an admin who changes roles does it: two who meet wait for one another and not in a circle.
    Raises NotLinked, SignInAgain.
    """
    changed: dict[UUID, Sequence[Role]] = {}
    try:
        for organisation in sorted({*wanted, *found.granted}):
            act_for(session, organisation)
            roles = wanted.get(organisation, frozenset())
            before = repository.set_roles(session, found.account_id, organisation, roles, utc_now())
            if before is not None:
                changed[organisation] = before
    except IntegrityError as error:  # an admin invited the same person at this moment
        raise SignInAgain from error
    act_for(session, found.organisation_id)
    if not repository.mark_used(session, found.account_id, found.identity_id, list(wanted), utc_now()):
        raise NotLinked(provider=provider.name)
    _tell(session, provider, found, wanted, changed)


def _tell(
    session: Session, provider: Provider, found: IdentityRow, wanted: Rights, changed: Mapping[UUID, Sequence[Role]]
) -> None:
    """Which roles were given and taken, in the history of each organisation."""
    if changed:
        audit.lock(session, *changed)
    for organisation, before in changed.items():
        act_for(session, organisation)
        told = {
            "account": str(found.account_id),
            "roles": sorted(wanted.get(organisation, frozenset())),
            "roles_before": list(before),
            "provider": provider.key,
        }
        _record(session, organisation, EventType.ACCOUNT_CHANGED, told)
    act_for(session, found.organisation_id)


def _record(session: Session, organisation: UUID, kind: EventType, told: Mapping[str, object]) -> None:
    audit.record(session, organisation_id=organisation, type=kind, actor=SYSTEM, data=told)
