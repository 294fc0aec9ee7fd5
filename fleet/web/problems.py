"""Errors on the wire: RFC 9457 problems for programs, a page in the viewer's language for people."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from fleet import errors
from fleet.contract.problem import Problem
from fleet.errors import N_, FleetError
from fleet.web.changes import change_lines
from fleet.web.kept import rescued
from fleet.web.policy import security_headers
from fleet.web.redisplay import Redisplayed
from fleet.web.rendering import error_text, gettext, render
from fleet.web.reports import SECRET_PATH
from fleet.web.site import site_of
from fleet.web.validation import field_name, field_texts, sentence

MEDIA_TYPE: Final = "application/problem+json"
STATUS: Final[Mapping[type[FleetError], int]] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
_RESERVED: Final = frozenset(Problem.model_fields)
_log = structlog.get_logger(__name__)


class RequestInvalid(errors.Invalid):
    """Fields of the request are wrong; `errors` names them."""

    msgid = N_("Some of this is not right. Check the fields that are named.")


class NoSuchPage(errors.NotFound):
    """The address leads nowhere."""

    msgid = N_("This page does not exist. Check the address, or go to the start page.")


class MethodNotAllowed(errors.Invalid):
    """The address exists, but not for this method."""

    msgid = N_("This address does not take this kind of request.")


class InternalError(FleetError):
    """A mistake of ours."""

    msgid = N_("This is our mistake. Nothing was saved. Tell your admin this number: {request_id}")


def status_of(error: FleetError) -> int:
    """The HTTP status for an error: of the nearest class above it that has one."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def wants_page(request: Request) -> bool:
    """Whether a person is looking: not below /api, and not a program that asks for JSON."""
    if request.url.path.startswith("/api/"):
        return False
    accept = request.headers.get("accept", "")
    return "json" not in accept or "text/html" in accept


def answer(request: Request, error: FleetError, status: int | None = None) -> Response:
    """The answer to an error, in the form that the caller can read."""
    status = status or status_of(error)
    if not wants_page(request):
        return _problem(request, error, status)
    if status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(f"/sign-in?next={quote(_here(request), safe='')}", status_code=303)
    if "see" in error.data:
        return RedirectResponse(str(error.data["see"]), status_code=303)
    details = change_lines(request, error)
    response = render(
        request, "web/error.html", status=status, status_code=status, text=error_text(request, error), details=details
    )
    return _with_retry(response, error)


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


def _problem(request: Request, error: FleetError, status: int) -> Response:
    members = {name: value for name, value in error.data.items() if name not in _RESERVED}
    problem = Problem(
        type=f"/problems/{error.code}",
        title=error.code.replace("-", " ").capitalize(),
        status=status,
        detail=error_text(request, error),
        instance=request.url.path,
    )
    content = problem.model_dump() | jsonable_encoder(members)
    return _with_retry(JSONResponse(content, status, media_type=MEDIA_TYPE), error)


def _with_retry(response: Response, error: FleetError) -> Response:
    if isinstance(error, errors.TooMany) and "seconds" in error.data:
        response.headers["Retry-After"] = str(error.data["seconds"])
    return response


async def _on_fleet_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, FleetError)  # noqa: S101 - registered for this class; tells mypy
    return (await rescued(request, error) if wants_page(request) else None) or answer(request, error)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class; tells mypy
    found = error.errors()
    if wants_page(request):
        texts = field_texts(found, lambda text: gettext(request, text))
        return render(
            request, "web/error.html", status=422, status_code=422, text=error_text(request, RequestInvalid()), fields=texts
        )
    listed = [{"field": field_name(one), "detail": sentence(one, lambda text: gettext(request, text))} for one in found]
    return answer(request, RequestInvalid(errors=listed))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class; tells mypy
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return answer(request, NoSuchPage())
        case HTTPStatus.METHOD_NOT_ALLOWED:
            response = answer(request, MethodNotAllowed(), error.status_code)
            response.headers.update(error.headers or {})
            return response
        case HTTPStatus.BAD_REQUEST:  # a body that is no JSON at all: the same kind of problem as one with wrong fields
            return answer(request, RequestInvalid(errors=[{"field": "body", "detail": error.detail}]))
        case status:
            return answer(request, errors.Invalid(reason=error.detail), status)


async def _on_redisplayed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Redisplayed)  # noqa: S101 - registered for this class; tells mypy
    return error.response


async def _on_unknown(request: Request, error: Exception) -> Response:
    request_id = getattr(request.state, "request_id", "")
    path = SECRET_PATH.sub(r"\1", request.url.path)
    _log.error("request failed", path=path, method=request.method, request_id=request_id, exc_info=error)
    response = answer(request, InternalError(request_id=request_id))
    # this answer is made outside of the guard's middleware
    response.headers.update(security_headers(site_of(request).public_url) | {"X-Request-ID": request_id})
    return response


def install(app: FastAPI) -> None:
    """Every error that leaves a handler is answered here."""
    app.add_exception_handler(FleetError, _on_fleet_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Redisplayed, _on_redisplayed)
    app.add_exception_handler(Exception, _on_unknown)
