"""Sign in with an identity of another provider, and link one to an account."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import ceremonies, oidc_people, proof
from fleet.accounts import oidc_repository as repository
from fleet.accounts.ceremonies import CeremonyOver, Purpose
from fleet.accounts.oidc_claims import person
from fleet.accounts.oidc_client import ProviderClient, ProviderRefused
from fleet.accounts.oidc_models import ExternalIdentity
from fleet.accounts.signin import SignedIn
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal
from fleet.db.columns import utc_now
from fleet.errors import N_, Conflict, NotFound, Unauthenticated

Clients = Mapping[str, ProviderClient]
_BYTES: Final = 32
"""256 random bits each for state, nonce and verifier; the verifier is 43 characters then (RFC 7636, 4.1)."""


class ProviderUnknown(NotFound):
    """No provider of this key is configured."""

    msgid = N_("There is no such way to sign in here.")


class SignInStopped(Unauthenticated):
    """The provider sent the person back without an identity: they stopped, or may not use this service there."""

    msgid = N_("{provider} did not let you through. Try again, or sign in with your password.")


class IdentityTaken(Conflict):
    """The identity opens another account."""

    msgid = N_("This identity is linked to another account already. Ask your admin.")


class IdentityNotFound(NotFound):
    """No such identity of this account."""

    msgid = N_("This identity does not exist, or it is not yours.")


class IdentityGoverns(Conflict):
    """Without the link nobody would take back the roles that the provider gave."""

    msgid = N_("Your roles here come from this provider, so the link cannot be removed. Ask your admin.")


@dataclass(frozen=True)
class Sent:
    """Where to send the browser, and the token for its cookie."""

    url: str
    token: str


@dataclass(frozen=True)
class Answer:
    """What the provider sent the browser back with (RFC 6749, 4.1.2; RFC 9207)."""

    state: str = ""
    code: str = ""
    error: str = ""
    issuer: str | None = None


@dataclass(frozen=True)
class Proven:
    """An answer that holds: which provider, what it says, and what was begun with it."""

    client: ProviderClient
    claims: Mapping[str, object]
    onward: str
    account: str | None
    session: str | None


def client_of(clients: Clients, key: str) -> ProviderClient:
    """One provider. Raises ProviderUnknown."""
    if key not in clients:
        raise ProviderUnknown
    return clients[key]


def start(engine: Engine, client: ProviderClient, onward: str, linking: Principal | None = None) -> Sent:
    """Begin to sign in, or to link an identity to the account of `linking`. Raises ProviderDown."""
    state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
    url = client.authorization_url(state, nonce, verifier)
    remembered = {
        "provider": client.provider.key,
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "onward": onward,
        "account": str(linking.actor.id) if linking else None,
        "session": str(linking.session_id) if linking else None,
    }
    return Sent(url, ceremonies.begin(engine, Purpose.PROVIDER, remembered))


def prove(engine: Engine, clients: Clients, key: str, token: str | None, answer: Answer) -> Proven:
    """Take an answer, once. Raises CeremonyOver, ProviderUnknown, SignInStopped, ProviderDown, ProviderRefused."""
    begun = ceremonies.take(engine, Purpose.PROVIDER, token)
    if begun["provider"] != key or not hmac.compare_digest(str(begun["state"]).encode(), answer.state.encode()):
        raise CeremonyOver
    client = client_of(clients, key)
    if not client.is_from_here(answer.issuer):
        raise ProviderRefused(provider=client.provider.name)
    if answer.error or not answer.code:
        raise SignInStopped(provider=client.provider.name)
    claims = client.claims(answer.code, str(begun["verifier"]), str(begun["nonce"]))
    return Proven(client, claims, str(begun["onward"]), _text(begun["account"]), _text(begun["session"]))


def sign_in(engine: Engine, proven: Proven, *, valid: timedelta, idle: timedelta | None = None, user_agent: str = "") -> SignedIn:
    """Open a session. Raises what `oidc_people` raises."""
    who = person(proven.client.provider, proven.claims)
    return oidc_people.sign_in(engine, proven.client.provider, who, valid=valid, idle=idle, user_agent=user_agent)


def link(session: Session, principal: Principal, proven: Proven) -> ExternalIdentity:
    """Add the identity to the account that began it, in the same session. Raises CeremonyOver, IdentityTaken."""
    account_id = principal.actor.id
    if account_id is None or (proven.account, proven.session) != (str(account_id), str(principal.session_id)):
        raise CeremonyOver
    found = person(proven.client.provider, proven.claims)
    known = repository.by_identity(session, found.issuer, found.subject)
    if known is not None and known.account_id == account_id:
        return session.get_one(ExternalIdentity, known.identity_id)
    identity = ExternalIdentity(account_id=account_id, issuer=found.issuer, subject=found.subject, created_at=utc_now())
    try:
        with session.begin_nested():
            session.add(identity)
            session.flush()
    except IntegrityError as error:
        raise IdentityTaken from error
    _record(session, principal, EventType.IDENTITY_LINKED, identity, proven.client.provider.key)
    return identity


def mine(session: Session, principal: Principal) -> Mapping[str, ExternalIdentity]:
    """The caller's identities by issuer."""
    if principal.actor.id is None:
        return {}
    return {one.issuer: one for one in repository.of_account(session, principal.actor.id)}


def unlink(engine: Engine, session: Session, principal: Principal, identity_id: UUID, password: str = "") -> None:
    """From now on the identity opens nothing here. Raises IdentityNotFound, IdentityGoverns and `proof`'s errors."""
    account_id = proof.demand_recent(engine, session, principal, password)
    identity = repository.locked(session, account_id, identity_id)
    if identity is None:
        raise IdentityNotFound
    if identity.granted:
        raise IdentityGoverns
    session.delete(identity)
    _record(session, principal, EventType.IDENTITY_UNLINKED, identity, None)


def _record(session: Session, principal: Principal, kind: EventType, identity: ExternalIdentity, provider: str | None) -> None:
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=kind,
        actor=principal.actor,
        data={"account": str(identity.account_id), "identity": str(identity.id), "provider": provider},
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
