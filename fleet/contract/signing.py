"""Detached Ed25519 signatures over canonical JSON (RFC 8032, RFC 8785).

A key's id is the first 16 hex digits of the SHA-256 of its 32 raw public bytes.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import BaseModel, Field

from fleet.contract.base import Wire
from fleet.contract.canonical import canonical


class SignatureError(ValueError):
    """The signature does not belong to these bytes and this key: they were changed, or another key signed them."""


class KeyFormatError(ValueError):
    """This is not an Ed25519 public key: 32 bytes in base64 are expected."""


class SignedDocument(Wire):
    """Exact canonical bytes with their detached signature."""

    payload: bytes = Field(description="RFC 8785 canonical JSON, base64")
    signature: bytes = Field(description="Ed25519 signature of the payload (64 bytes), base64")
    key_id: str = Field(pattern=r"^[0-9a-f]{16}$", description="Which key signed", examples=["9f86d081884c7d65"])


def raw_public(key: Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as base64 of its 32 raw bytes."""
    return base64.b64encode(raw_public(key)).decode("ascii")


def public_from_text(text: str) -> Ed25519PublicKey:
    """The reverse of `public_text`. Raises KeyFormatError."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise KeyFormatError(str(KeyFormatError.__doc__)) from error


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """A private key as unencrypted PKCS #8 PEM, for a file of mode 0600."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_id(key: Ed25519PublicKey) -> str:
    """16 hex digits that name a public key."""
    return hashlib.sha256(raw_public(key)).hexdigest()[:16]


def sign_bytes(payload: bytes, key: Ed25519PrivateKey) -> SignedDocument:
    """Sign exact bytes."""
    return SignedDocument(payload=payload, signature=key.sign(payload), key_id=key_id(key.public_key()))


def sign(document: BaseModel, key: Ed25519PrivateKey) -> SignedDocument:
    """Sign a wire type's canonical bytes. Raises CanonicalError."""
    return sign_bytes(canonical(document), key)


def check(document: SignedDocument, key: Ed25519PublicKey) -> bytes:
    """The payload, once its signature is proven. Raises SignatureError."""
    if document.key_id != key_id(key):
        raise SignatureError(f"signed by key {document.key_id}, checked with key {key_id(key)}")
    try:
        key.verify(document.signature, document.payload)
    except InvalidSignature as error:
        raise SignatureError(str(SignatureError.__doc__)) from error
    return document.payload
