"""The session cookie."""

from datetime import timedelta
from typing import Final

from starlette.responses import Response

from fleet.accounts.resolver import resolver

REMEMBERED: Final = timedelta(days=1)
"""How much longer the browser keeps the token than it opens anything: a form that comes too late is kept for its person."""


def set_session(response: Response, token: str, valid: timedelta, *, secure: bool) -> None:
    """Hand the token to the browser; scripts cannot read it, other sites cannot send it along with a change."""
    response.set_cookie(
        resolver.cookie_name(secure=secure),
        token,
        max_age=int((valid + REMEMBERED).total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_session(response: Response, *, secure: bool) -> None:
    """Take the token back from the browser."""
    name = resolver.cookie_name(secure=secure)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
