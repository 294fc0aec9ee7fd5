"""Middleware: security headers on every answer, a request id, and no change from another origin."""

import re
import uuid
from collections.abc import MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.errors import N_, Forbidden, Invalid
from fleet.web.policy import security_headers
from fleet.web.problems import answer

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES: Final = 16 << 20
"""An image's manifest with its block map is the largest thing that anybody sends; it stays below 10 MiB."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


class CrossOrigin(Forbidden):
    """A browser sent a change from a page of another site."""

    msgid = N_("This request came from another web site and was not carried out. Open the page here and try again.")


class BodyTooLarge(Invalid):
    """More than anything here needs."""

    msgid = N_("This is too much at once: {limit_mib} MiB is the limit. Send less.")


def limited(receive: Receive) -> Receive:
    """Stop reading a body that turns out too large: a sender need not say its length. Raises BodyTooLarge in whoever reads."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY_BYTES:
            raise BodyTooLarge(limit_mib=MAX_BODY_BYTES >> 20)
        return message

    return counted


def declares_too_much(headers: Headers) -> bool:
    """Whether a request says beforehand that it is too large."""
    declared = headers.get("content-length", "")
    return declared.isdecimal() and int(declared) > MAX_BODY_BYTES


def from_elsewhere(headers: Headers, public_url: str) -> bool:
    """Whether a browser says that another origin caused this request; callers that are no browser send neither header."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return False
    return urlsplit(origin).netloc not in {headers.get("host", ""), urlsplit(public_url).netloc}


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, public_url: str) -> None:
        self._app = app
        self._public_url = public_url
        self._headers = security_headers(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what another origin asks for; add the headers to everything else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(scope, headers)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(raw=message["headers"]), request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            if scope["method"] not in _SAFE and from_elsewhere(headers, self._public_url):
                await answer(Request(scope, receive), CrossOrigin())(scope, receive, send_guarded)
                return
            if declares_too_much(headers):
                await answer(Request(scope, receive), BodyTooLarge(limit_mib=MAX_BODY_BYTES >> 20), 413)(
                    scope, receive, send_guarded
                )
                return
            await self._app(scope, limited(receive), send_guarded)

    def _add(self, headers: MutableHeaders, request_id: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers["X-Request-ID"] = request_id


def _request_id(scope: MutableMapping[str, Any], headers: Headers) -> str:
    """The proxy's id when it looks like one, else a new one; kept on the request's state for the error page."""
    given = headers.get("x-request-id", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id
