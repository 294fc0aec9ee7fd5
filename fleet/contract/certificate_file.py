"""A certificate as a file: readable JSON, its detached signature and the public key it can be checked with."""

import base64
import binascii
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from fleet.contract.canonical import CanonicalError, canonical, parse_object
from fleet.contract.certificate import Certificate
from fleet.contract.signing import SignatureError, SignedDocument, check, key_id, public_from_text, public_text


class CertificateFileError(ValueError):
    """This is not a certificate file: a JSON object with certificate, signature, key_id and public_key is expected."""


def to_file(document: SignedDocument, public: Ed25519PublicKey) -> bytes:
    """The file's bytes, from the signed document and the public key of its bench."""
    shown = {
        "certificate": json.loads(document.payload),
        "signature": base64.b64encode(document.signature).decode("ascii"),
        "key_id": document.key_id,
        "public_key": public_text(public),
    }
    return (json.dumps(shown, indent=2, ensure_ascii=False) + "\n").encode()


def from_file(data: bytes) -> tuple[SignedDocument, Ed25519PublicKey]:
    """The signed document, its bytes made canonical again, and the public key that the file carries.

    That key proves only that the file is whole; who holds it is for the reader to know. Raises CertificateFileError.
    """
    try:
        shown = parse_object(data)
        certificate = shown["certificate"]
        if not isinstance(certificate, dict):
            raise CertificateFileError(str(CertificateFileError.__doc__))
        document = SignedDocument(
            payload=canonical(certificate),
            signature=base64.b64decode(str(shown["signature"]), validate=True),
            key_id=str(shown["key_id"]),
        )
        return document, public_from_text(str(shown["public_key"]))
    except (CanonicalError, KeyError, binascii.Error, ValueError) as error:
        raise CertificateFileError(f"{CertificateFileError.__doc__} ({error})") from error


def verify_file(data: bytes, trusted: Ed25519PublicKey | None = None) -> Certificate:
    """The certificate, once its signature holds. With `trusted`, only that key will do.

    Raises CertificateFileError, SignatureError.
    """
    document, carried = from_file(data)
    if trusted is not None and key_id(trusted) != key_id(carried):
        raise SignatureError(f"the file was signed by key {key_id(carried)}, you trust key {key_id(trusted)}")
    payload = check(document, trusted or carried)
    try:
        return Certificate.model_validate_json(payload)
    except ValidationError as error:
        raise CertificateFileError(f"the signature holds, but the content is not a certificate: {error}") from error
