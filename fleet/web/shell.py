"""The shell's own routes: language, health, what a problem type means; and putting the shell on an application."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, Literal

from fastapi import APIRouter, FastAPI, Form, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from fleet.errors import Unavailable
from fleet.ui.i18n import Language
from fleet.web import logs, problems
from fleet.web.addresses import own_path
from fleet.web.headers import Guard
from fleet.web.packing import Packer
from fleet.web.rendering import LANGUAGE_COOKIE, LOOK_COOKIE, Look
from fleet.web.reports import Reports
from fleet.web.site import NavItem, make_site, site_of

router = APIRouter(include_in_schema=False)
_YEAR_S: Final = 31_536_000
Back = Annotated[str, Form(alias="next")]


@router.post("/language")
def choose_language(request: Request, language: Annotated[Language, Form()], back: Back = "/") -> Response:
    """Keep the chosen language in this browser. An application with accounts puts a handler of its own before this one."""
    return language_chosen(request, back, language)


def language_chosen(request: Request, back: str, language: Language) -> Response:
    """Go back to the page, in that language from now on."""
    return _kept(request, back, LANGUAGE_COOKIE, language)


@router.post("/look")
def choose_look(request: Request, look: Annotated[Look | Literal["auto"], Form()], back: Back = "/") -> Response:
    """Keep the choice of light or dark in this browser; `auto` forgets it."""
    return _kept(request, back, LOOK_COOKIE, "" if look == "auto" else look)


def _kept(request: Request, back: str, cookie: str, value: str) -> Response:
    response = RedirectResponse(own_path(back), status_code=303)
    secure = site_of(request).secure
    # an empty value of no age takes the cookie away
    response.set_cookie(cookie, value, max_age=_YEAR_S if value else 0, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


def install(
    app: FastAPI, *, public_url: str, navigation: Sequence[NavItem], ready: Callable[[], None], log_json: bool = False
) -> None:
    """Put the shell on an application: logs, site, error answers, guard, static files, health.

    `ready` raises Unavailable while something that the service needs does not answer.
    """
    logs.configure(as_json=log_json)
    app.state.site = make_site(public_url, navigation)
    problems.install(app)
    app.add_middleware(Packer)
    app.add_middleware(Guard, public_url=public_url)
    app.state.reports = Reports()
    app.router.routes += [app.state.site.assets.route(), app.state.reports.route()]
    app.include_router(router)

    @app.get("/readyz", include_in_schema=False)
    def readiness() -> Response:
        """Whether this process can serve requests now."""
        try:
            ready()
        except Unavailable as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        return PlainTextResponse("ready\n")
