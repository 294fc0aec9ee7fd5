"""API tokens in requests (RFC 6750): read from the header on the API alone, refused with the scope that is missing."""

from dataclasses import replace
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from fleet.auth.rules import Principal, effective
from fleet.auth.scopes import PREFIX, needed, roles_of
from fleet.errors import N_, FleetError, Forbidden, TooMany, Unauthenticated
from fleet.web.problems import answer

_SCHEME: Final = "bearer"
_REALM: Final = 'Bearer realm="heropstart"'


class TokenRefused(Unauthenticated):
    """The token of the request opens nothing: unknown, revoked, too old, or its maker has left."""

    msgid = N_("This API token is not valid: it is unknown, revoked or too old. Ask your admin for a new one.")


class ScopeMissing(Forbidden):
    """The token lacks the scope that this asks for."""

    msgid = N_("This asks for an API token with the scope {scope}. Ask your admin for one.")


class NotForTokens(Forbidden):
    """No token may do this, whatever its scopes."""

    msgid = N_("This cannot be done with an API token. Sign in for it.")


TOKENS: Final = (TokenRefused, ScopeMissing, NotForTokens, TooMany)
"""What a token can run into before a handler begins."""


def bearer(request: Request) -> str | None:
    """The token that a request carries; None outside of the API, where only sessions count, and without one."""
    if not request.url.path.startswith(PREFIX):
        return None
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == _SCHEME else None


def admitted(request: Request, holder: Principal) -> Principal:
    """The holder of a token as this request may see them: no roles beyond what the scope that opens the door lends.

    Raises ScopeMissing, NotForTokens.
    """
    wanted = needed(request.method, request.url.path)
    if not wanted:
        raise NotForTokens
    used = wanted & (holder.scopes or frozenset())
    if not used:
        raise ScopeMissing(scope=" ".join(sorted(wanted)))
    return replace(holder, roles=roles_of(used, effective(holder.roles)))


def install(app: FastAPI) -> None:
    """Say in the header, too, why a token was refused (RFC 6750, 3)."""
    app.add_exception_handler(TokenRefused, _on_refused)
    app.add_exception_handler(ScopeMissing, _on_missing)
    app.add_exception_handler(NotForTokens, _on_missing)


async def _on_refused(request: Request, error: Exception) -> Response:
    return _challenged(request, error, f'{_REALM}, error="invalid_token"')


async def _on_missing(request: Request, error: Exception) -> Response:
    scope = f', scope="{error.data["scope"]}"' if isinstance(error, ScopeMissing) else ""
    return _challenged(request, error, f'{_REALM}, error="insufficient_scope"{scope}')


def _challenged(request: Request, error: Exception, challenge: str) -> Response:
    assert isinstance(error, FleetError)  # noqa: S101 - registered for these classes; tells mypy
    response = answer(request, error)
    response.headers["WWW-Authenticate"] = challenge
    return response
