"""Sign in with a passkey, without login and password."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session

from fleet.accounts import ceremonies, signin
from fleet.accounts import passkeys_repository as repository
from fleet.accounts.ceremonies import Purpose
from fleet.accounts.passkeys import Begun
from fleet.accounts.passkeys_repository import CredentialRow
from fleet.accounts.passkeys_rules import RelyingParty, goes_back
from fleet.accounts.passkeys_webauthn import PasskeyRefused, Used, challenge_text, decoded, new_challenge, request_options, used
from fleet.accounts.signin import SignedIn
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, SignInMeans
from fleet.db.columns import utc_now
from fleet.db.session import unit_of_work
from fleet.errors import N_


class PasskeyCopied(PasskeyRefused):
    """Its counter went back: two copies of it are in use. It is blocked from here on."""

    msgid = N_("This passkey may have been copied, so it was blocked. Sign in with your password, and make a new one.")


def begin(engine: Engine, party: RelyingParty) -> Begun:
    """Ask for any passkey of this service; nobody has said yet who they are."""
    challenge = new_challenge()
    token = ceremonies.begin(engine, Purpose.PASSKEY_SIGN_IN, {"challenge": challenge_text(challenge)})
    return Begun(token, request_options(party, challenge))


def sign_in(
    engine: Engine,
    party: RelyingParty,
    token: str | None,
    credential: Mapping[str, Any],
    *,
    valid: timedelta,
    idle: timedelta | None = None,
    user_agent: str = "",
) -> SignedIn:
    """Open a session for whoever holds the passkey. Raises CeremonyOver, PasskeyRefused, PasskeyCopied."""
    begun = ceremonies.take(engine, Purpose.PASSKEY_SIGN_IN, token)
    with unit_of_work(engine) as session:
        found = repository.by_credential(session, decoded(credential["rawId"]))
    if found is None:
        raise PasskeyRefused
    now_used = used(party, str(begun["challenge"]), credential, found.public_key)
    if not found.usable or decoded(credential["response"]["userHandle"]) != found.account_id.bytes:
        signin.refused(engine, found.account_id, found.organisation_id, SignInMeans.PASSKEY)
        raise PasskeyRefused
    organisation = _use(engine, found, now_used)
    if organisation is None:
        raise PasskeyCopied
    with unit_of_work(engine, organisation) as session:
        return signin.open_session(
            session, found.account_id, organisation, SignInMeans.PASSKEY, valid=valid, idle=idle, user_agent=user_agent
        )


def _use(engine: Engine, found: CredentialRow, reported: Used) -> UUID | None:
    """Count the use; where the new session acts, or None when a copy showed itself, which blocks the passkey for good.

    Raises PasskeyRefused.
    """
    with unit_of_work(engine, found.organisation_id) as session:
        passkey = repository.locked(session, found.account_id, found.passkey_id)
        organisation = signin.first_place(session, found.account_id, found.organisation_id)
        if passkey is None or passkey.blocked_at is not None or organisation is None:
            raise PasskeyRefused
        session.add(passkey)
        if goes_back(passkey.sign_count, reported.sign_count):
            passkey.blocked_at = utc_now()
            _record_copy(session, found, passkey.sign_count, reported.sign_count)
            return None
        passkey.sign_count, passkey.backed_up, passkey.last_used_at = reported.sign_count, reported.backed_up, utc_now()
        return organisation


def _record_copy(session: Session, found: CredentialRow, before: int, reported: int) -> None:
    told = {
        "account": str(found.account_id),
        "passkey": str(found.passkey_id),
        "counter": reported,
        "counter_before": before,
    }
    kind = EventType.PASSKEY_BLOCKED
    audit.record(session, organisation_id=found.organisation_id, type=kind, actor=SYSTEM, data=told)
