"""Signed requests of benches (RFC 9421, Ed25519).

The covered components, the window and the address are the service's own: nothing of them is taken from the request.
Replay within the window is harmless, because every change that a bench asks for carries an id of its own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, InvalidSignature, algorithms
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from fleet.contract.bench import COVERED_COMPONENTS, SIGNATURE_TAG, SIGNATURE_WINDOW_S
from fleet.errors import N_, Unauthenticated

WINDOW: Final = timedelta(seconds=SIGNATURE_WINDOW_S)
_KEY_ID: Final = re.compile(r';keyid="([0-9a-f]{16})"')
_CREATED: Final = re.compile(r";created=([0-9]{1,11})(?![0-9])")


class SignatureMissing(Unauthenticated):
    """A bench's request carries no signature."""

    msgid = N_("This request must be signed by an enrolled bench. Enrol the bench first: bench-agent enrol")


class BenchUnknown(Unauthenticated):
    """Nobody enrolled this key."""

    msgid = N_("No bench is enrolled with key {key_id}. Enrol it again: bench-agent enrol")


class BenchRevoked(Unauthenticated):
    """The bench's key was revoked."""

    msgid = N_("This bench was revoked. Its events stay on the bench: ask your admin for a new enrolment code.")


class SignatureInvalid(Unauthenticated):
    """The signature does not belong to this request."""

    msgid = N_("The request's signature does not hold: {why}.")


class ClockSkew(Unauthenticated):
    """The signature was made too long ago or too far ahead."""

    msgid = N_("The bench's clock differs by {skew_s} seconds. Set the clock; the service's time is {service_time}.")


@dataclass(frozen=True)
class Received:
    """A request as the verifier sees it. `url` is built from the settings' public address and the raw path."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Claim:
    """What the signature says of itself, before it is believed."""

    key_id: str
    created: datetime


class _OneKey(HTTPSignatureKeyResolver):
    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:  # noqa: ARG002 - the library's signature
        return self._key


def claim_of(headers: Mapping[str, str]) -> Claim:
    """Which key claims to have signed, and when. Raises SignatureMissing, SignatureInvalid."""
    given = headers.get("signature-input")
    if not given or not headers.get("signature"):
        raise SignatureMissing
    key_ids, moments = _KEY_ID.findall(given), _CREATED.findall(given)
    if len(key_ids) != 1 or len(moments) != 1:
        raise SignatureInvalid(why="Signature-Input must name one key and one moment")
    return Claim(key_ids[0], datetime.fromtimestamp(int(moments[0]), UTC))


def verify(message: Received, body: bytes, claim: Claim, key: Ed25519PublicKey, now: datetime) -> None:
    """Check the signature of a request with the key that its claim names. Raises ClockSkew, SignatureInvalid."""
    skew = (claim.created - now).total_seconds()
    if abs(skew) > WINDOW.total_seconds():
        raise ClockSkew(skew_s=round(skew), service_time=now.isoformat(timespec="seconds"))
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=_OneKey(key))
    verifier.max_clock_skew = WINDOW  # its default is 5 s
    try:
        verifier.verify(message, max_age=WINDOW, expect_tag=SIGNATURE_TAG, require_components=COVERED_COMPONENTS, body=body)
    except InvalidSignature as error:
        raise SignatureInvalid(why=str(error) or "wrong signature") from error
    except HTTPMessageSignaturesException as error:
        raise SignatureInvalid(why=str(error)) from error
