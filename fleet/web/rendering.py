"""From a template to an answer, in the viewer's language."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from jinja2 import Environment
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from fleet.errors import FleetError
from fleet.ui.i18n import Language, accepted, choose
from fleet.web.forms import FormState
from fleet.web.messages import translated
from fleet.web.navigation import navigation_of, rooms_of
from fleet.web.notices import forget, notice_of
from fleet.web.policy import Policy
from fleet.web.site import site_of
from fleet.web.viewer import viewer_of

LANGUAGE_COOKIE: Final = "heropstart-language"
LOOK_COOKIE: Final = "heropstart-look"


class Look(StrEnum):
    """Light or dark; without a choice it is as the computer has it."""

    LIGHT = "light"
    DARK = "dark"


def look_of(connection: HTTPConnection) -> Look | None:
    """What was chosen in this browser."""
    chosen = connection.cookies.get(LOOK_COOKIE)
    return Look(chosen) if chosen in set(Look) else None


def language_of(connection: HTTPConnection) -> Language:
    """The account's language, else the one chosen in this browser (others use it too), else what it asks for, else Dutch."""
    viewer = viewer_of(connection)
    asked = accepted(connection.headers.get("accept-language", ""))
    return choose([viewer.language if viewer else None, connection.cookies.get(LANGUAGE_COOKIE), *asked])


def environment_of(connection: HTTPConnection) -> Environment:
    """The environment of the viewer's language."""
    return site_of(connection).environments[language_of(connection)]


def gettext(connection: HTTPConnection, text: str) -> str:
    """One text in the viewer's language."""
    return site_of(connection).catalogues[language_of(connection)].gettext(text)


def translator(connection: HTTPConnection) -> Callable[[str], str]:
    """From English to the viewer's language."""
    return site_of(connection).catalogues[language_of(connection)].gettext


def error_text(connection: HTTPConnection, error: FleetError) -> str:
    """An error's message in the viewer's language."""
    return translated(error, lambda text: gettext(connection, text))


def render(
    connection: HTTPConnection, template: str, *, status: int = 200, policy: Policy = Policy.PAGE, **context: object
) -> HTMLResponse:
    """A whole page. The layout's own needs are added; `form` is an empty form unless given."""
    notice = notice_of(connection)
    response = HTMLResponse(fragment(connection, template, notice=notice, **context), status, policy.headers)
    response.headers["Content-Language"] = language_of(connection)
    response.headers["Vary"] = "Accept-Language, Cookie"
    if notice is not None:
        forget(response)
    return response


def fragment(connection: HTTPConnection, template: str, **context: object) -> str:
    """The text of a template."""
    viewer = viewer_of(connection)
    shared: dict[str, object] = {
        "viewer": viewer,
        "csrf_token": (viewer.csrf_token if viewer else None) or "",
        "navigation": navigation_of(connection, viewer),
        "rooms": rooms_of(connection.app),
        "look": look_of(connection),
        "path": connection.url.path,
        "here": connection.url.path + (f"?{connection.url.query}" if connection.url.query else ""),
        "notice": None,
        "form": FormState(),
    }
    return environment_of(connection).get_template(template).render(shared | context)
