"""The sign-in page, for every way by which somebody may have come to it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fleet.accounts.ways import get_ways
from fleet.accounts.workstations_cookie import is_station
from fleet.web.forms import FormState
from fleet.web.mail import can_mail
from fleet.web.rendering import render

LAST_PROVIDER: Final = "heropstart-provider"
"""A cookie with the key of the provider that was used last: a session may still be open there."""


def sign_in_page(request: Request, form: FormState, onward: str, status: int) -> Response:
    """The sign-in page; `onward` is where it leads to, one of our own addresses."""
    ways = get_ways(request)
    last = ways.clients.get(request.cookies.get(LAST_PROVIDER, ""))
    return render(
        request,
        "accounts/sign_in.html",
        status=status,
        form=form,
        onward=onward,
        ways=ways,
        ended_at=last.provider if last else None,
        badges=is_station(request),
        by_mail=can_mail(request.app.state.settings),
    )
