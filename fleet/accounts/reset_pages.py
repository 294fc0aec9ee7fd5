"""A forgotten password: ask for a mail, and choose a new one with a link."""

from typing import Annotated, Final

from fastapi import BackgroundTasks, Depends, Path, Request
from starlette.responses import Response

from fleet.accounts import forgotten, resets
from fleet.accounts.own_pages import RepeatedWrong
from fleet.auth.pages import page_router
from fleet.db.engine import Database
from fleet.db.session import SessionDep, get_database
from fleet.errors import N_, TooMany
from fleet.ui.i18n import Language
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.mail import can_mail
from fleet.web.notices import Notice, after
from fleet.web.problems import NoSuchPage
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import error_text, render
from fleet.web.site import site_of

router = page_router()
CHOSEN: Final = Notice("password-chosen", N_("Your password is set. Sign in with it."))
DatabaseDep = Annotated[Database, Depends(get_database)]
Token = Annotated[str, Path(max_length=100)]


@router.get("/forgot")
def forgot_form(request: Request, settings: SettingsDep) -> Response:
    """Login or mail address."""
    if not can_mail(settings):
        raise NoSuchPage
    return _forgot(request, FormState(), 200)


@router.post("/forgot")
def forgot(
    request: Request, database: DatabaseDep, settings: SettingsDep, posted: PostedForm, later: BackgroundTasks
) -> Response:
    """Always the same answer; what is to be mailed is mailed after it."""
    if not can_mail(settings):
        raise NoSuchPage
    try:
        forgotten.ask(database.engine(), request.client.host if request.client else "")
    except TooMany as error:
        return _forgot(request, FormState(posted.fields, {}, error_text(request, error)), 429)
    catalogues = site_of(request).catalogues
    wanted = posted.get("login")[:254]
    later.add_task(
        forgotten.mail_links,
        database.engine(),
        settings,
        wanted,
        lambda language, words: catalogues[Language(language)].gettext(words),
    )
    response = render(request, "accounts/forgot_sent.html", wanted=wanted)
    response.background = later
    return response


def _forgot(request: Request, form: FormState, status: int) -> Response:
    return render(request, "accounts/forgot.html", status=status, form=form)


@router.get("/reset/{token}")
def reset_form(request: Request, session: SessionDep, token: Token) -> Response:
    """Choose a password. Raises ResetLinkOver."""
    return _reset(request, resets.waiting(session, token), FormState(), 200)


@router.post("/reset/{token}")
def reset(request: Request, session: SessionDep, token: Token, posted: PostedForm) -> Response:
    """Keep it. Raises ResetLinkOver."""
    found = resets.waiting(session, token)
    with redisplaying(request, session, posted, lambda form, status: _reset(request, found, form, status)):
        if posted.raw("new_password") != posted.raw("again"):
            raise RepeatedWrong(field="again")
        resets.choose(session, token, posted.raw("new_password"))
    return after("/sign-in", CHOSEN)


def _reset(request: Request, found: resets.Waiting, form: FormState, status: int) -> Response:
    bare = FormState({}, form.errors, form.summary) if form.failed else form  # a password is never shown again
    response = render(request, "accounts/reset.html", status=status, form=bare, waiting=found)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address itself is the secret
    return response
