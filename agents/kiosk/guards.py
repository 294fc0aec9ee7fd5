"""Who may talk to the screen: this computer's own browser, on this page. A web site that is open beside it may not.

The port listens on loopback alone; these are for what a browser carries there: another site's requests, and names that an
attacker points at 127.0.0.1 (DNS rebinding).
"""

import secrets
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_SAFE: Final = frozenset({"GET", "HEAD"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})


def own_host(host: str | None) -> bool:
    """Whether a Host header names this computer itself, at whatever port."""
    if host is None:
        return False
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.lower() in NAMES


def own_origin(headers: Headers) -> bool:
    """Whether a change comes from our own page: the browser says so in Sec-Fetch-Site, and Origin names the host it asked."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    return origin is not None and origin.lower() == f"http://{headers.get('host', '').lower()}"


def own_reader(headers: Headers) -> bool:
    """Whether a reading request is typed or made by our own page; an old browser that does not say is believed for reading."""
    site = headers.get("sec-fetch-site")
    return site is None or site in _OWN_SITES


def same_token(given: str, token: str) -> bool:
    """Whether the page's token is right, in the same time for every wrong one."""
    return secrets.compare_digest(given.encode(), token.encode())


class Guard:
    """ASGI middleware: refuses what is not ours, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        headers = Headers(scope=scope)
        if not own_host(headers.get("host")):
            refusal = PlainTextResponse("This page has another name.", 421)
        elif scope["method"] not in _SAFE and not own_origin(headers):
            refusal = PlainTextResponse("Only the bench's own page may do this.", 403)
        elif scope["method"] in _SAFE and not own_reader(headers):
            refusal = PlainTextResponse("Only the bench's own page may read this.", 403)
        else:
            await self.app(scope, receive, guarded)
            return
        await refusal(scope, receive, guarded)
