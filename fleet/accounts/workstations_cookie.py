"""The cookie by which a browser is known as a workstation: long-lived, and worth nothing without a badge and its PIN."""

from typing import Final

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from fleet.accounts import workstations
from fleet.accounts.workstations import Station

SECURE_COOKIE: Final = "__Host-heropstart-station"  # HTTPS only, this host and all its paths
PLAIN_COOKIE: Final = "heropstart-station"
LASTS_S: Final = 400 * 86_400
"""The longest that browsers allow (RFC 6265bis, 5.6.1); each sign-in by badge begins it anew."""


def cookie_name(*, secure: bool) -> str:
    """The name of the workstation's cookie."""
    return SECURE_COOKIE if secure else PLAIN_COOKIE


def station_token(request: Request, *, secure: bool) -> str | None:
    """What the browser holds."""
    return request.cookies.get(cookie_name(secure=secure))


def is_station(request: Request) -> bool:
    """Whether the browser was enrolled once; whether it still is, the badge page finds out."""
    return SECURE_COOKIE in request.cookies or PLAIN_COOKIE in request.cookies


def station_of(request: Request, session: Session, *, secure: bool) -> Station | None:
    """The enrolled workstation at which the caller sits."""
    token = station_token(request, secure=secure)
    return workstations.recognised(session, token) if token else None


def set_station(response: Response, token: str, *, secure: bool) -> None:
    """Make the browser a workstation, or let it remain one."""
    response.set_cookie(
        cookie_name(secure=secure), token, max_age=LASTS_S, path="/", secure=secure, httponly=True, samesite="lax"
    )
