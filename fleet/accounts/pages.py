"""Sign in and out."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.accounts import former, passkeys, signin
from fleet.accounts.cookies import clear_session, set_session
from fleet.accounts.door import sign_in_page
from fleet.accounts.known_devices import device_of, remember
from fleet.accounts.signin import SignInRefused
from fleet.accounts.ways import WaysDep
from fleet.auth.identity import MaybeUnit
from fleet.auth.pages import page_router
from fleet.db.engine import Database
from fleet.db.session import get_database
from fleet.errors import N_, TooMany
from fleet.web.addresses import own_path
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.rendering import error_text

router = page_router()
SIGNED_OUT: Final = Notice("signed-out", N_("You are signed out."))
Next = Annotated[str, Query(alias="next", max_length=2000)]


@router.get("/sign-in")
def sign_in_form(request: Request, unit: MaybeUnit, onward: Next = "/") -> Response:
    """Login and password."""
    if unit is not None:
        return RedirectResponse(own_path(onward), status_code=303)
    return sign_in_page(request, FormState(), own_path(onward), 200)


@router.post("/sign-in")
def sign_in(
    request: Request,
    database: Annotated[Database, Depends(get_database)],
    settings: SettingsDep,
    ways: WaysDep,
    posted: PostedForm,
) -> Response:
    """Open a session and go on to where the person wanted to be."""
    onward = own_path(posted.get("next"))
    address = request.client.host if request.client else ""
    login, valid = posted.get("login"), timedelta(hours=settings.session_hours)
    try:
        opened = signin.sign_in(
            database.engine(),
            login,
            posted.raw("password"),
            address,
            valid,
            idle=timedelta(minutes=settings.session_idle_minutes),
            user_agent=request.headers.get("user-agent", ""),
            device=device_of(request, settings, login),
        )
    except (SignInRefused, TooMany) as error:
        form = FormState({"login": [login]}, {}, error_text(request, error))
        return sign_in_page(request, form, onward, 429 if isinstance(error, TooMany) else 401)
    former.leave(request, database, settings)
    response = after(passkeys.onward_after(database.engine(), opened.token, ways.party, onward))
    set_session(response, opened.token, valid, secure=settings.secure_cookies)
    remember(request, response, settings, login)
    return response


@router.post("/sign-out")
def sign_out(unit: MaybeUnit, settings: SettingsDep) -> Response:
    """End the session; a session that has ended already is no error."""
    if unit is not None:
        signin.sign_out(unit.session, unit.principal)
    response = after("/sign-in", SIGNED_OUT)
    clear_session(response, secure=settings.secure_cookies)
    return response
