"""JSON API of passkeys, under /api/v1. The sign-in page and /account/passkeys use it too."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, status

from fleet.accounts import ceremonies, former, passkeys, passkeys_signin
from fleet.accounts.ceremonies import CeremonyOver, Purpose
from fleet.accounts.cookies import set_session
from fleet.accounts.known_devices import remember
from fleet.accounts.passkeys import (
    PasskeyKnown,
    PasskeyNotFound,
    PasskeysFull,
    PasskeysUnavailable,
)
from fleet.accounts.passkeys_rules import PasskeyNameMissing, RelyingParty, relying_party
from fleet.accounts.passkeys_schemas import OptionsOut, PasskeyIn, PasskeyName, PasskeyOut, PasskeySignInIn, ProofIn
from fleet.accounts.passkeys_signin import PasskeyCopied
from fleet.accounts.passkeys_webauthn import PasskeyRefused
from fleet.accounts.proof import PasswordNeeded, PasswordWrong, PersonNeeded
from fleet.accounts.schemas import SessionOut
from fleet.accounts.signin import SignInTooOften
from fleet.auth.identity import STAFF, StaffUnit
from fleet.db.engine import Database
from fleet.db.session import get_database
from fleet.errors import TooMany
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["accounts"], responses=problems(RequestInvalid))
DatabaseDep = Annotated[Database, Depends(get_database)]
PROOF = (PersonNeeded, PasswordNeeded, PasswordWrong, SignInTooOften, TooMany)


def party_of(settings: SettingsDep) -> RelyingParty:
    """For whom passkeys are made here. Raises PasskeysUnavailable."""
    party = relying_party(settings.public_url)
    if party is None:
        raise PasskeysUnavailable
    return party


PartyDep = Annotated[RelyingParty, Depends(party_of)]


@router.get("/me/passkeys", responses=problems(*STAFF))
def list_passkeys(unit: StaffUnit) -> list[PasskeyOut]:
    """Your passkeys, the oldest first."""
    return [PasskeyOut.model_validate(passkey) for passkey in passkeys.mine(unit.session, unit.principal)]


@router.post("/me/passkeys/options", responses=problems(*STAFF, *PROOF, PasskeysUnavailable, PasskeysFull))
def begin_passkey(
    response: Response, unit: StaffUnit, database: DatabaseDep, settings: SettingsDep, party: PartyDep, body: ProofIn
) -> OptionsOut:
    """Begin to make a passkey: what to ask the browser for. Valid for five minutes, in this browser, once."""
    password = body.password.get_secret_value() if body.password else ""
    begun = passkeys.begin_adding(database.engine(), unit.session, unit.principal, party, password)
    ceremonies.hand_out(response, Purpose.PASSKEY_ADD, begun.token, secure=settings.secure_cookies)
    return OptionsOut(publicKey=dict(begun.options))


@router.post(
    "/me/passkeys",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, CeremonyOver, PasskeyRefused, PasskeyNameMissing, PasskeysUnavailable, PasskeyKnown, PasskeysFull),
)
def add_passkey(
    request: Request, unit: StaffUnit, database: DatabaseDep, settings: SettingsDep, party: PartyDep, body: PasskeyIn
) -> PasskeyOut:
    """Keep the passkey that the browser made."""
    token = ceremonies.token_of(request, Purpose.PASSKEY_ADD, secure=settings.secure_cookies)
    credential = body.credential.model_dump()
    added = passkeys.add(database.engine(), unit.session, unit.principal, party, token, body.name, credential)
    return PasskeyOut.model_validate(added)


@router.put("/me/passkeys/{passkey_id}", responses=problems(*STAFF, PersonNeeded, PasskeyNotFound, PasskeyNameMissing))
def rename_passkey(unit: StaffUnit, passkey_id: UUID, body: PasskeyName) -> PasskeyOut:
    """Call a passkey otherwise."""
    return PasskeyOut.model_validate(passkeys.rename(unit.session, unit.principal, passkey_id, body.name))


@router.delete(
    "/me/passkeys/{passkey_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(*STAFF, PersonNeeded, PasswordNeeded, PasskeyNotFound),
)
def remove_passkey(unit: StaffUnit, database: DatabaseDep, passkey_id: UUID) -> None:
    """From now on the passkey opens nothing. Sign in again first when your sign-in is older than ten minutes."""
    passkeys.remove(database.engine(), unit.session, unit.principal, passkey_id)


@router.post("/session/passkey/options", responses=problems(PasskeysUnavailable))
def begin_sign_in(response: Response, database: DatabaseDep, settings: SettingsDep, party: PartyDep) -> OptionsOut:
    """Begin to sign in with a passkey: what to ask the browser for. Valid for five minutes, in this browser, once."""
    begun = passkeys_signin.begin(database.engine(), party)
    ceremonies.hand_out(response, Purpose.PASSKEY_SIGN_IN, begun.token, secure=settings.secure_cookies)
    return OptionsOut(publicKey=dict(begun.options))


@router.post(
    "/session/passkey",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CeremonyOver, PasskeyRefused, PasskeyCopied, PasskeysUnavailable),
)
def sign_in_with_passkey(
    request: Request, response: Response, database: DatabaseDep, settings: SettingsDep, party: PartyDep, body: PasskeySignInIn
) -> SessionOut:
    """Sign in. The session's token comes as a cookie that scripts cannot read."""
    token = ceremonies.token_of(request, Purpose.PASSKEY_SIGN_IN, secure=settings.secure_cookies)
    valid = timedelta(hours=settings.session_hours)
    idle = timedelta(minutes=settings.session_idle_minutes)
    agent = request.headers.get("user-agent", "")
    credential = body.credential.model_dump()
    opened = passkeys_signin.sign_in(database.engine(), party, token, credential, valid=valid, idle=idle, user_agent=agent)
    former.leave(request, database, settings)
    ceremonies.clear(response, Purpose.PASSKEY_SIGN_IN, secure=settings.secure_cookies)
    set_session(response, opened.token, valid, secure=settings.secure_cookies)
    remember(request, response, settings, opened.login)
    return SessionOut(csrf_token=opened.csrf_token, expires_at=opened.expires_at)
