"""A form that came too late, after its session had ended or with an older token: nothing that was typed is lost.

It is shown to the person, who sends it once more with one click. Never by itself: that click is what the token stood for.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fleet.errors import FleetError, Unauthenticated
from fleet.web.csrf import FIELD, TokenWrong
from fleet.web.forms import FormTooLarge, Posted, read_form
from fleet.web.rendering import render

Keeper = Callable[[Request, Posted], Awaitable[str | None]]
"""Keeps a form for the person whose session ended, and gives the address where it waits; None: for nobody."""
SECRET: Final = frozenset({"password", "old_password", "new_password", "again", "pin", "code", "badge"})
"""Never kept, never shown."""
_PLUMBING: Final = frozenset({FIELD, "expected_version", "next"})
_CALM: Final = frozenset({"/sign-in", "/sign-out", "/language"})
"""Nothing is typed there that would be worth keeping."""


async def rescued(request: Request, error: FleetError) -> Response | None:
    """The answer to a page's form that was refused for its session alone; None when there is nothing to rescue."""
    if request.method != "POST" or request.url.path in _CALM or not isinstance(error, Unauthenticated | TokenWrong):
        return None
    try:
        posted = await read_form(request)
    except FormTooLarge:
        return None
    fields = {name: values for name, values in posted.fields.items() if name not in SECRET and name != FIELD}
    if isinstance(error, TokenWrong):
        return kept_page(request, request.url.path, fields, 403) if _from_here(request) else None
    keeper: Keeper | None = getattr(request.app.state, "keeper", None)
    place = await keeper(request, Posted(fields)) if keeper else None
    return RedirectResponse(f"/sign-in?next={quote(place, safe='')}", status_code=303) if place else None


def kept_page(request: Request, path: str, fields: Mapping[str, Sequence[str]], status: int) -> Response:
    """What was typed, and the button that sends it to `path`."""
    pairs = [(name, value) for name, values in fields.items() for value in values]
    typed = [value for name, value in pairs if name not in _PLUMBING and value.strip()]
    return render(request, "web/kept.html", status=status, target=path, pairs=pairs, typed=typed)


def _from_here(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this; one that says nothing is not trusted with it."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    return site == "same-origin" or (
        site is None and bool(origin) and urlsplit(origin or "").netloc == request.headers.get("host")
    )
