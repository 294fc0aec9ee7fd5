"""Secrets that are shown once and kept as hashes: session tokens and enrolment codes."""

import hashlib
import hmac
import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford base32, as in asset codes: no I, L, O or U."""
CODE_LENGTH: Final = 12
"""60 bits, for one hour: cannot be guessed over the network."""
_GROUP: Final = 4
_LOOKALIKES: Final = str.maketrans("ILO", "110")


def new_token() -> str:
    """256 random bits for a session cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token. A plain hash will do: the token is random, nobody can guess its way back."""
    return hashlib.sha256(token.encode()).digest()


def csrf_token(token: str) -> str:
    """The session's token for forms. Made from the cookie's, so that it need not be stored; it does not lead back to it."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


def new_code() -> str:
    """An enrolment code as people read it: K7QM-4T2X-9D8H."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, CODE_LENGTH, _GROUP))


def code_hash(code: str) -> bytes:
    """What the database keeps of a code, however it was typed: any case, dashes and spaces anywhere, I and L for 1, O for 0."""
    bare = "".join(character for character in code.upper() if character.isalnum()).translate(_LOOKALIKES)
    return hashlib.sha256(bare.encode()).digest()
