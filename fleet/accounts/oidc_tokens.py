"""Check an ID token (OpenID Connect Core 1.0, 3.1.3.7). Pure, but for the clock that is handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

ALGORITHM: Final = "RS256"
LEEWAY_S: Final = 60
"""How far the provider's clock may be from ours."""
MAX_SUBJECT: Final = 255
"""Characters (Core, 2)."""


class TokenUnfit(ValueError):
    """The token does not hold; the text says why, for the log and for nobody else."""


class KeyUnknown(TokenUnfit):
    """The provider signed with a key that its published keys do not hold: it may have changed them."""


@dataclass(frozen=True)
class Expected:
    """What a token must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None = None


def keys_of(document: Mapping[str, Any]) -> KeySet:
    """A provider's published keys; those that we cannot use are left out. Raises TokenUnfit."""
    usable = [key for key in document.get("keys", ()) if _signs(key)]
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise TokenUnfit(f"the provider's keys cannot be read: {error}") from error


def checked(token: str, keys: KeySet, expected: Expected, now: datetime) -> Mapping[str, Any]:
    """The claims of a token that holds. Raises KeyUnknown, TokenUnfit."""
    moment = int(now.timestamp())
    try:
        decoded = jwt.decode(token, keys, algorithms=[ALGORITHM])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
                "iat": {"essential": True},
                "nonce": {"essential": True, "value": expected.nonce},
            },
            {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token},
        )
        claims.validate(now=moment, leeway=LEEWAY_S)
    except InvalidKeyIdError as error:
        raise KeyUnknown(str(error)) from error
    except (JoseError, ValueError, TypeError) as error:
        raise TokenUnfit(f"{type(error).__name__}: {error}") from error
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise TokenUnfit("sub is no text of 1 to 255 characters")
    return dict(claims)


def _signs(key: object) -> bool:
    if not isinstance(key, dict) or key.get("kty") != "RSA":
        return False
    return (key.get("use", "sig"), key.get("alg", ALGORITHM)) == ("sig", ALGORITHM)
