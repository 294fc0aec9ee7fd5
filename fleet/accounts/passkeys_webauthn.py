"""The WebAuthn library, seen from here: its options as JSON, its answers as our values, its errors as one of ours."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fleet.accounts.passkeys_rules import RelyingParty
from fleet.errors import N_, Unauthenticated

TIMEOUT_MS: Final = 120_000
"""A hint for the browser's own dialogue; the challenge is valid for longer."""
_MALFORMED: Final = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What the library raises for what a stranger may send: besides its own errors, those of parsing CBOR and keys by hand."""


class PasskeyRefused(Unauthenticated):
    """The passkey's answer does not hold, or belongs to nobody here; which of them is not told."""

    msgid = N_("This passkey was not accepted. Try again, or sign in with your password.")


@dataclass(frozen=True)
class Owner:
    """For whom a passkey is made: what the browser shows beside it."""

    account_id: UUID
    login: str
    name: str


@dataclass(frozen=True)
class Made:
    """A new key pair's public half. `public_key` is a COSE key."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backed_up: bool


@dataclass(frozen=True)
class Used:
    """What a valid signature tells beside its being valid."""

    sign_count: int
    backed_up: bool


def challenge_text(challenge: bytes) -> str:
    """A challenge as it is kept."""
    return bytes_to_base64url(challenge)


def new_challenge() -> bytes:
    """64 random bytes."""
    return webauthn.helpers.generate_challenge()


def creation_options(
    party: RelyingParty, title: str, owner: Owner, challenge: bytes, known: Sequence[tuple[bytes, Sequence[str]]]
) -> dict[str, Any]:
    """What `navigator.credentials.create()` is asked; `known` passkeys of the account (id, transports) are not made twice."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=title,
        user_id=owner.account_id.bytes,
        user_name=owner.login,
        user_display_name=owner.name,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=credential_id, transports=_transports(transports))
            for credential_id, transports in known
        ],
    )
    return _json(webauthn.options_to_json(options))


def request_options(party: RelyingParty, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get()` is asked: any passkey for this service, with the person's PIN or finger."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id, challenge=challenge, timeout=TIMEOUT_MS, user_verification=UserVerificationRequirement.REQUIRED
    )
    return _json(webauthn.options_to_json(options))


def made(party: RelyingParty, challenge: str, credential: Mapping[str, Any]) -> Made:
    """Check the answer of `create()`. Raises PasskeyRefused."""
    try:
        found = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise PasskeyRefused from error
    return Made(found.credential_id, found.credential_public_key, found.sign_count, found.credential_backed_up)


def used(party: RelyingParty, challenge: str, credential: Mapping[str, Any], public_key: bytes) -> Used:
    """Check the answer of `get()`, all but its counter, on which the caller decides. Raises PasskeyRefused."""
    try:
        found = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _MALFORMED as error:
        raise PasskeyRefused from error
    return Used(found.new_sign_count, found.credential_backed_up)


def decoded(text: str) -> bytes:
    """Bytes of base64url. Raises PasskeyRefused."""
    try:
        return base64url_to_bytes(text)
    except ValueError as error:
        raise PasskeyRefused from error


def _transports(names: Sequence[str]) -> list[AuthenticatorTransport]:
    known = {item.value for item in AuthenticatorTransport}
    return [AuthenticatorTransport(name) for name in names if name in known]


def _json(text: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(text)
    return options
