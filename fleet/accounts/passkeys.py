"""Passkeys of an account: made, named, removed, offered.

A passkey needs the person's PIN, finger or face at its own device, so that it is two things in one: something one has and
something one knows or is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import ceremonies, proof
from fleet.accounts import passkeys_repository as repository
from fleet.accounts.ceremonies import CeremonyOver, Purpose
from fleet.accounts.models import Account
from fleet.accounts.passkeys_models import Passkey
from fleet.accounts.passkeys_rules import MOST, RelyingParty, name_of
from fleet.accounts.passkeys_webauthn import (
    Owner,
    challenge_text,
    creation_options,
    made,
    new_challenge,
)
from fleet.accounts.resolver import resolver
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal
from fleet.db.columns import utc_now
from fleet.db.session import act_for, unit_of_work
from fleet.errors import N_, Conflict, NotFound

CHOOSE_FIRST: Final = "/account/password"
OFFER: Final = "/account/passkeys/offer"
TITLE: Final = "Heropstart"
"""What browsers call this service beside a passkey."""


class PasskeysUnavailable(Conflict):
    """Browsers allow no passkeys at this address."""

    msgid = N_("Passkeys do not work at this address: they need HTTPS and a name. Your admin sets it: FLEET_PUBLIC_URL.")


class PasskeyKnown(Conflict):
    """The same passkey again."""

    msgid = N_("This passkey is registered already.")


class PasskeysFull(Conflict):
    """Nobody needs so many."""

    msgid = N_("You have {most} passkeys already. Remove one first.")


class PasskeyNotFound(NotFound):
    """No such passkey of this account."""

    msgid = N_("This passkey does not exist, or it is not yours.")


@dataclass(frozen=True)
class Begun:
    """The first half: `token` for the browser's cookie, `options` for its `navigator.credentials`."""

    token: str
    options: Mapping[str, Any]


def begin_adding(engine: Engine, session: Session, principal: Principal, party: RelyingParty, password: str = "") -> Begun:
    """Ask for a new passkey. Raises what `proof.demand_recent` raises, and PasskeysFull."""
    account_id = proof.demand_recent(engine, session, principal, password)
    account = session.get_one(Account, account_id)
    known = repository.of_account(session, account_id)
    if len(known) >= MOST:
        raise PasskeysFull(most=MOST)
    challenge = new_challenge()
    remembered = {
        "challenge": challenge_text(challenge),
        "account": str(account_id),
        "session": str(principal.session_id),
    }
    owner = Owner(account_id, account.login, account.display_name)
    options = creation_options(party, TITLE, owner, challenge, [(one.credential_id, one.transports) for one in known])
    return Begun(ceremonies.begin(engine, Purpose.PASSKEY_ADD, remembered), options)


def add(
    engine: Engine,
    session: Session,
    principal: Principal,
    party: RelyingParty,
    token: str | None,
    name: str,
    credential: Mapping[str, Any],
) -> Passkey:
    """Keep what the browser made. Raises CeremonyOver, PasskeyNameMissing, PasskeyRefused, PasskeyKnown, PasskeysFull."""
    begun = ceremonies.take(engine, Purpose.PASSKEY_ADD, token)
    account_id = principal.actor.id
    if account_id is None or (begun["account"], begun["session"]) != (str(account_id), str(principal.session_id)):
        raise CeremonyOver
    found = made(party, str(begun["challenge"]), credential)
    if repository.count(session, account_id) >= MOST:
        raise PasskeysFull(most=MOST)
    passkey = Passkey(
        account_id=account_id,
        name=name_of(name),
        credential_id=found.credential_id,
        public_key=found.public_key,
        sign_count=found.sign_count,
        transports=list(credential["response"].get("transports", ())),
        backed_up=found.backed_up,
    )
    try:
        with session.begin_nested():
            session.add(passkey)
            session.flush()
    except IntegrityError as error:
        raise PasskeyKnown from error
    _record(session, principal, EventType.PASSKEY_ADDED, passkey)
    return passkey


def mine(session: Session, principal: Principal) -> Sequence[Passkey]:
    """The caller's passkeys, the oldest first."""
    return repository.of_account(session, principal.actor.id) if principal.actor.id else []


def rename(session: Session, principal: Principal, passkey_id: UUID, name: str) -> Passkey:
    """Call a passkey otherwise. Raises PasskeyNotFound, PasskeyNameMissing, PersonNeeded."""
    passkey = _mine(session, principal, passkey_id)
    passkey.name = name_of(name)
    session.add(passkey)
    return passkey


def remove(engine: Engine, session: Session, principal: Principal, passkey_id: UUID, password: str = "") -> None:
    """From now on the passkey opens nothing. Raises PasskeyNotFound, and what `proof.demand_recent` raises."""
    passkey = _mine(session, principal, passkey_id)
    proof.demand_recent(engine, session, principal, password)
    session.delete(passkey)
    _record(session, principal, EventType.PASSKEY_REMOVED, passkey)


def onward_after(engine: Engine, token: str, party: RelyingParty | None, onward: str) -> str:
    """Where a sign-in with a password leads: on, or to the choice of a password of one's own, which comes first.

    An admin or lead without a passkey is asked once on the way.
    """
    with unit_of_work(engine) as session:
        principal = resolver.staff(session, token)
        if principal is not None and principal.must_change:
            return CHOOSE_FIRST
        if principal is None:
            return onward
        act_for(session, principal.organisation_id)
        asked = offer_once(session, principal, party)
    return f"{OFFER}?next={quote(onward, safe='')}" if asked else onward


def offer_once(session: Session, principal: Principal, party: RelyingParty | None) -> bool:
    """Whether to ask now if somebody wants a passkey: an admin or lead who has none, once ever, and where they work at all."""
    if party is None or principal.actor.id is None or not principal.has(*MANAGERS):
        return False
    if repository.count(session, principal.actor.id):
        return False
    return repository.mark_offered(session, principal.actor.id, utc_now())


def _mine(session: Session, principal: Principal, passkey_id: UUID) -> Passkey:
    if principal.actor.id is None or principal.session_id is None:
        raise proof.PersonNeeded
    found = repository.locked(session, principal.actor.id, passkey_id)
    if found is None:
        raise PasskeyNotFound
    return found


def _record(session: Session, principal: Principal, kind: EventType, passkey: Passkey) -> None:
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=kind,
        actor=principal.actor,
        data={"account": str(passkey.account_id), "passkey": str(passkey.id)},
    )
