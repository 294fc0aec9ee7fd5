"""A certificate as a file: readable JSON, its detached signature and the public key it can be checked with.

A file from the service also holds the service's validation, signed in the same way.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from fleet.contract.canonical import CanonicalError, canonical, parse_object
from fleet.contract.certificate import Certificate
from fleet.contract.signing import SignatureError, SignedDocument, check, key_id, public_from_text, public_text
from fleet.contract.validation import ValidationStatement


class CertificateFileError(ValueError):
    """This is not a certificate file: a JSON object with certificate, signature, key_id and public_key is expected."""


@dataclass(frozen=True)
class Attested:
    """A signed document and the public key that it can be checked with."""

    document: SignedDocument
    public: Ed25519PublicKey


@dataclass(frozen=True)
class Proven:
    """What a file says, every signature in it having been checked."""

    certificate: Certificate
    signed: Attested
    validation: ValidationStatement | None
    validation_signed: Attested | None


def to_file(document: SignedDocument, public: Ed25519PublicKey, validation: Attested | None = None) -> bytes:
    """The file's bytes, from the signed document and the public key of its bench; with the service's word when there is one."""
    shown: dict[str, object] = _shown("certificate", Attested(document, public))
    if validation is not None:
        shown["validation"] = _shown("statement", validation)
    return (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode()


def _shown(name: str, attested: Attested) -> dict[str, object]:
    return {
        name: json.loads(attested.document.payload),
        "signature": base64.b64encode(attested.document.signature).decode("ascii"),
        "key_id": attested.document.key_id,
        "public_key": public_text(attested.public),
    }


def from_file(data: bytes) -> tuple[SignedDocument, Ed25519PublicKey]:
    """The signed document, its bytes made canonical again, and the public key that the file carries.

    That key proves only that the file is whole; who holds it is for the reader to know. Raises CertificateFileError.
    """
    attested = _read(_object(data), "certificate")
    return attested.document, attested.public


def _object(data: bytes) -> dict[str, object]:
    try:
        return parse_object(data)
    except (CanonicalError, RecursionError) as error:
        raise CertificateFileError(f"{CertificateFileError.__doc__} ({error})") from error


def _read(shown: dict[str, object], name: str) -> Attested:
    try:
        content = shown[name]
        if not isinstance(content, dict):
            raise CertificateFileError(str(CertificateFileError.__doc__))
        document = SignedDocument(
            payload=canonical(content),
            signature=base64.b64decode(str(shown["signature"]), validate=True),
            key_id=str(shown["key_id"]),
        )
        return Attested(document, public_from_text(str(shown["public_key"])))
    except (CanonicalError, KeyError, binascii.Error, ValueError) as error:
        raise CertificateFileError(f"{CertificateFileError.__doc__} ({error})") from error


def verify_file(data: bytes, trusted: Ed25519PublicKey | None = None) -> Certificate:
    """The certificate, once every signature in the file holds. With `trusted`, only that key of a bench will do.

    Raises CertificateFileError, SignatureError.
    """
    return prove(data, trusted).certificate


def prove(data: bytes, trusted: Ed25519PublicKey | None = None, service: Ed25519PublicKey | None = None) -> Proven:
    """Everything that a file proves. With `trusted` only that bench's key will do, with `service` only that service's.

    Raises CertificateFileError, SignatureError.
    """
    shown = _object(data)
    signed = _read(shown, "certificate")
    payload = _checked(signed, trusted)
    try:
        certificate = Certificate.model_validate_json(payload)
    except ValidationError as error:
        raise CertificateFileError(f"the signature holds, but the content is not a certificate: {error}") from error
    if "validation" not in shown:
        return Proven(certificate, signed, None, None)
    return Proven(certificate, signed, *_validation(shown["validation"], signed, service))


def _validation(shown: object, signed: Attested, service: Ed25519PublicKey | None) -> tuple[ValidationStatement, Attested]:
    """The service's word, if it is about this certificate. Raises CertificateFileError, SignatureError."""
    if not isinstance(shown, dict):
        raise CertificateFileError("the validation in this file is no JSON object")
    attested = _read(shown, "statement")
    payload = _checked(attested, service)
    try:
        statement = ValidationStatement.model_validate_json(payload)
    except ValidationError as error:
        raise CertificateFileError(f"the signature holds, but the content is not a validation: {error}") from error
    if statement.certificate_sha256 != hashlib.sha256(signed.document.payload).hexdigest():
        raise SignatureError("the validation in this file is about another certificate")
    return statement, attested


def _checked(attested: Attested, trusted: Ed25519PublicKey | None) -> bytes:
    carried = attested.public
    if trusted is not None and key_id(trusted) != key_id(carried):
        raise SignatureError(f"the file was signed by key {key_id(carried)}, you trust key {key_id(trusted)}")
    return check(attested.document, trusted or carried)
