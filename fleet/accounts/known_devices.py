"""Browsers in which a login has signed in before: what strangers do wrong elsewhere never holds them up.

One cookie holds the last few logins of the browser, without naming them: for each a random id, the day, and a MAC over both and
the login. It opens nothing; it only says under whose count wrong passwords of this browser are kept.
"""

import base64
import binascii
import hmac
import os
from datetime import timedelta
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fleet.audit.keys import service_key
from fleet.config import Settings
from fleet.db.columns import utc_now

SECURE_COOKIE: Final = "__Host-heropstart-known"
PLAIN_COOKIE: Final = "heropstart-known"
VALID: Final = timedelta(days=180)
AT_MOST: Final = 10
"""Logins that one browser remembers: some 40 bytes each, in every request."""
_ID: Final = 8
_DAY: Final = 2
"""Days since 1970, two bytes: until 2149."""
_MAC: Final = 16
_ENTRY: Final = _ID + _DAY + _MAC


def key_of(settings: Settings) -> bytes:
    """The key of the MACs, made from the service's own key. Raises ServiceKeyError."""
    return hmac.digest(service_key(settings).private_bytes_raw(), b"known devices", "sha256")


def recognised(key: bytes, cookie: str, login: str, today: int) -> bytes | None:
    """The id of a browser that knows this login; None for any other. `today` is in days since 1970."""
    for entry in _entries(cookie):
        day = int.from_bytes(entry[_ID : _ID + _DAY])
        if 0 <= today - day <= VALID.days and hmac.compare_digest(entry[-_MAC:], _mac(key, entry[:-_MAC], login)):
            return entry[:_ID]
    return None


def remembered(key: bytes, cookie: str, login: str, today: int) -> str:
    """The cookie with this login in front; the oldest one falls out."""
    plain = os.urandom(_ID) + today.to_bytes(_DAY)
    others = [entry for entry in _entries(cookie) if not hmac.compare_digest(entry[-_MAC:], _mac(key, entry[:-_MAC], login))]
    kept = [plain + _mac(key, plain, login), *others][:AT_MOST]
    return ".".join(base64.urlsafe_b64encode(entry).rstrip(b"=").decode() for entry in kept)


def device_of(request: Request, settings: Settings, login: str) -> bytes | None:
    """The id under which the caller's browser knows this login."""
    return recognised(key_of(settings), _cookie(request, settings), _plain(login), _today())


def remember(request: Request, response: Response, settings: Settings, login: str) -> None:
    """This login has signed in here."""
    response.set_cookie(
        _name(settings),
        remembered(key_of(settings), _cookie(request, settings), _plain(login), _today()),
        max_age=int(VALID.total_seconds()),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _entries(cookie: str) -> list[bytes]:
    entries = []
    for part in cookie.split(".")[:AT_MOST]:
        try:
            entry = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        except (binascii.Error, ValueError):
            continue
        if len(entry) == _ENTRY:
            entries.append(entry)
    return entries


def _mac(key: bytes, plain: bytes, login: str) -> bytes:
    return hmac.new(key, plain + login.encode(), sha256).digest()[:_MAC]


def _plain(login: str) -> str:
    return login.strip().lower()


def _today() -> int:
    return int(utc_now().timestamp()) // 86_400


def _name(settings: Settings) -> str:
    return SECURE_COOKIE if settings.secure_cookies else PLAIN_COOKIE


def _cookie(request: Request, settings: Settings) -> str:
    return request.cookies.get(_name(settings), "")
