"""Pages are packed on the way to a browser, where that gives nothing away.

A page holds secrets (its form token, what an organisation knows) beside what somebody typed. Whoever can make a browser ask for
a page with words of his choice, and sees how long the packed answer is, learns the secrets letter by letter (BREACH). Such a
person sits on another site, and browsers say so: `Sec-Fetch-Site` is `cross-site` or `same-site` then, through redirects too.
So a page is packed only when the browser says that the request comes from our own pages or from the person's own hand; a browser
that says nothing gets it plain. Streams (server-sent events), files and JSON are never touched here; static files hold no secret
and are packed beforehand (`fleet.web.assets`).
"""

import gzip
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OWN: Final = frozenset({"same-origin", "none"})
_SMALLEST: Final = 1000
"""Bytes; below one network packet nothing is gained."""
_EFFORT: Final = 5
"""0.2 ms for a list of 60 kB on one core, measured; 9 takes twice as long and gains nothing."""


def may_pack(headers: Headers) -> bool:
    """Whether this request's page can be packed without telling anybody else about it."""
    return headers.get("sec-fetch-site") in _OWN and takes_gzip(headers)


def takes_gzip(headers: Headers) -> bool:
    """Whether an answer may be packed: gzip, or anything, is named and not forbidden by `q=0` (RFC 9110, 12.5.3)."""
    named = dict(_weight(part) for part in headers.get("accept-encoding", "").lower().split(","))
    return named.get("gzip", named.get("*", 0.0)) > 0


def _weight(part: str) -> tuple[str, float]:
    coding, _, rest = part.partition(";")
    name, _, value = rest.strip().partition("=")
    try:
        return coding.strip(), float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return coding.strip(), 0.0


class Packer:
    """ASGI middleware: whole HTML pages leave as gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold back the head of a page until its body is there."""
        if scope["type"] != "http" or not may_pack(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        head: Message | None = None

        async def send_packed(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start" and _is_page(Headers(raw=message["headers"])):
                head = message
                return
            if head is not None and message["type"] == "http.response.body":
                started, head = head, None
                message = _packed(started, message)
                await send(started)
            await send(message)

        await self._app(scope, receive, send_packed)


def _is_page(headers: Headers) -> bool:
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers


def _packed(head: Message, body: Message) -> Message:
    """The body as gzip, if it is whole and worth it; the head is told."""
    headers = MutableHeaders(raw=head["headers"])
    headers.add_vary_header("Accept-Encoding, Sec-Fetch-Site")
    if body.get("more_body") or len(body.get("body", b"")) < _SMALLEST:
        return body
    content = gzip.compress(body["body"], _EFFORT, mtime=0)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(content))
    return {**body, "body": content}
