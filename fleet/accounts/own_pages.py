"""Security: one's own password, sign-ins and organisations."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request
from starlette.responses import Response

from fleet.accounts import own, signin
from fleet.accounts.browsers import browser_name
from fleet.accounts.cookies import clear_session, set_session
from fleet.accounts.ways import WaysDep
from fleet.auth.identity import MaybeUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.db.engine import Database
from fleet.db.session import get_database
from fleet.errors import N_, Invalid, Unauthenticated
from fleet.web.addresses import own_path
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render

router = page_router()
CHANGED: Final = Notice("password-changed", N_("Your password is changed. Other computers are signed out."))
ENDED: Final = Notice("session-ended", N_("That sign-in is ended."))
EVERYWHERE: Final = Notice("signed-out-everywhere", N_("You are signed out everywhere."))
SWITCHED: Final = Notice("organisation-switched", N_("You work for another organisation now. Look at the name below."))


class RepeatedWrong(Invalid):
    """The two do not agree."""

    msgid = N_("The two passwords are not the same. Type the new one again.")


@router.get("/account/security")
def security(request: Request, unit: StaffUnit, ways: WaysDep) -> Response:
    """Everything about one's own account in one place."""
    open_sessions = [(row, browser_name(row.user_agent)) for row in own.sessions(unit.session, unit.principal)]
    return render(
        request,
        "accounts/security.html",
        sessions=open_sessions,
        places=own.places(unit.session, unit.principal),
        ways=ways,
        here_organisation=unit.principal.organisation_id,
    )


@router.get("/account/password")
def password_form(request: Request, unit: StaffUnit) -> Response:
    """Old and new password."""
    return _password(request, unit, FormState(), 200)


@router.post("/account/password")
def change_password(
    request: Request, unit: StaffUnit, database: Annotated[Database, Depends(get_database)], posted: PostedForm
) -> Response:
    """Choose another password."""
    with redisplaying(request, unit.session, posted, lambda form, status: _password(request, unit, form, status)):
        if posted.raw("new_password") != posted.raw("again"):
            raise RepeatedWrong(field="again")
        own.change_password(database.engine(), unit.session, unit.principal, posted.raw("password"), posted.raw("new_password"))
    return after("/account/security", CHANGED)


def _password(request: Request, unit: Unit, form: FormState, status: int) -> Response:
    bare = FormState({}, form.errors, form.summary) if form.failed else form  # a password is never shown again
    return render(request, "accounts/password.html", status=status, form=bare, must=unit.principal.must_change)


@router.post("/account/sessions/{session_id}/end")
def end_session(unit: StaffUnit, session_id: UUID) -> Response:
    """Sign one of one's own sign-ins out."""
    own.end(unit.session, unit.principal, session_id)
    return after("/account/security", ENDED)


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(unit: StaffUnit, settings: SettingsDep) -> Response:
    """End every sign-in, this one too."""
    signin.sign_out_everywhere(unit.session, unit.principal)
    response = after("/sign-in", EVERYWHERE)
    clear_session(response, secure=settings.secure_cookies)
    return response


@router.post("/account/organisation")
def switch(unit: MaybeUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """Work for another organisation from here on. Raises NotYourOrganisation, for a made-up id too."""
    if unit is None:
        raise Unauthenticated
    try:
        wanted = UUID(posted.get("organisation"))
    except ValueError as error:
        raise own.NotYourOrganisation from error
    idle = timedelta(minutes=settings.session_idle_minutes)
    opened, valid = own.switch(unit.session, unit.principal, wanted, idle=idle)
    response = after(own_path(posted.get("next")), SWITCHED)
    set_session(response, opened.token, valid, secure=settings.secure_cookies)
    return response
