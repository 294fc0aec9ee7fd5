"""Sign in with another provider, link its identity to your account, and sign out there."""

from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.accounts import ceremonies, former, oidc, proof
from fleet.accounts.ceremonies import Purpose
from fleet.accounts.cookies import set_session
from fleet.accounts.door import LAST_PROVIDER, sign_in_page
from fleet.accounts.known_devices import remember
from fleet.accounts.oidc import Answer, Proven
from fleet.accounts.oidc_client import ProviderDown
from fleet.accounts.ways import WaysDep
from fleet.auth.identity import MaybeUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.session import get_database
from fleet.errors import N_, FleetError, Forbidden, Unauthenticated, Unavailable
from fleet.web.addresses import own_path
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.problems import status_of
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import error_text, render

router = page_router()
HERE: Final = "/account/identities"
LINKED: Final = Notice("identity-linked", N_("The two are linked. From now on you can sign in with either."))
UNLINKED: Final = Notice("identity-unlinked", N_("The link is removed."))
DatabaseDep = Annotated[Database, Depends(get_database)]
Onward = Annotated[str, Query(alias="next", max_length=2000)]
Short = Annotated[str, Query(max_length=4000)]


@router.get("/sign-in/with/{key}")
def start_sign_in(
    request: Request, unit: MaybeUnit, ways: WaysDep, database: DatabaseDep, settings: SettingsDep, key: str, onward: Onward = "/"
) -> Response:
    """Go to the provider."""
    if unit is not None:
        return after(own_path(onward))
    client = oidc.client_of(ways.clients, key)
    try:
        sent = oidc.start(database.engine(), client, own_path(onward))
    except ProviderDown as error:
        return _refused(request, None, error, own_path(onward))
    response = RedirectResponse(sent.url, status_code=303)
    ceremonies.hand_out(response, Purpose.PROVIDER, sent.token, secure=settings.secure_cookies)
    return response


def answer_of(
    state: Short = "", code: Short = "", error: Short = "", iss: Annotated[str | None, Query(max_length=4000)] = None
) -> Answer:
    """What stands in the address with which the provider sends people back."""
    return Answer(state, code, error, iss)


@router.get("/sign-in/with/{key}/back")
def finish_sign_in(
    request: Request,
    unit: MaybeUnit,
    ways: WaysDep,
    database: DatabaseDep,
    settings: SettingsDep,
    key: str,
    answer: Annotated[Answer, Depends(answer_of)],
) -> Response:
    """Come back from the provider: signed in, or linked, or told why not."""
    token = ceremonies.token_of(request, Purpose.PROVIDER, secure=settings.secure_cookies)
    try:
        proven = oidc.prove(database.engine(), ways.clients, key, token, answer)
        response = _linked(unit, proven) if proven.account else _signed_in(request, database, settings, proven)
    except (Unauthenticated, Forbidden, Unavailable) as refusal:
        response = _refused(request, unit, refusal, "/")
    ceremonies.clear(response, Purpose.PROVIDER, secure=settings.secure_cookies)
    return response


@router.get("/sign-out/with/{key}")
def sign_out_there(ways: WaysDep, settings: SettingsDep, key: str) -> Response:
    """End the session at the provider too, where it offers that (OpenID Connect RP-Initiated Logout 1.0)."""
    url = oidc.client_of(ways.clients, key).sign_out_url(f"{settings.public_url}/sign-in")
    response = RedirectResponse(url or "/sign-in", status_code=303)
    response.delete_cookie(LAST_PROVIDER, path="/", secure=settings.secure_cookies, httponly=True, samesite="lax")
    return response


@router.get(HERE)
def identities_page(request: Request, unit: StaffUnit, ways: WaysDep) -> Response:
    """The providers, and which of them know you."""
    return _page(request, unit, ways, FormState(), 200)


@router.post("/account/identities/{key}/link")
def start_link(
    request: Request,
    unit: StaffUnit,
    ways: WaysDep,
    database: DatabaseDep,
    settings: SettingsDep,
    posted: PostedForm,
    key: str,
) -> Response:
    """Begin to link. The way to the provider is a link on a page: a form may not lead to another site (policy of headers)."""
    client = oidc.client_of(ways.clients, key)
    try:
        with redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, ways, form, status)):
            proof.demand_recent(database.engine(), unit.session, unit.principal, posted.raw("password"))
            sent = oidc.start(database.engine(), client, HERE, linking=unit.principal)
    except (proof.PasswordNeeded, ProviderDown) as error:
        return _page(request, unit, ways, FormState(posted.fields, {}, error_text(request, error)), status_of(error))
    response = render(request, "accounts/identity_link.html", provider=client.provider, url=sent.url)
    ceremonies.hand_out(response, Purpose.PROVIDER, sent.token, secure=settings.secure_cookies)
    return response


@router.post("/account/identities/{identity_id}/unlink")
def unlink(
    request: Request, unit: StaffUnit, ways: WaysDep, database: DatabaseDep, posted: PostedForm, identity_id: UUID
) -> Response:
    """It opens nothing here any more."""
    try:
        with redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, ways, form, status)):
            oidc.unlink(database.engine(), unit.session, unit.principal, identity_id, posted.raw("password"))
    except proof.PasswordNeeded as error:
        return _page(request, unit, ways, FormState(posted.fields, {}, error_text(request, error)), status_of(error))
    return after(HERE, UNLINKED)


def _linked(unit: Unit | None, proven: Proven) -> Response:
    if unit is None:
        raise Unauthenticated
    oidc.link(unit.session, unit.principal, proven)
    return after(HERE, LINKED)


def _signed_in(request: Request, database: Database, settings: Settings, proven: Proven) -> Response:
    valid = timedelta(hours=settings.session_hours)
    idle, agent = timedelta(minutes=settings.session_idle_minutes), request.headers.get("user-agent", "")
    opened = oidc.sign_in(database.engine(), proven, valid=valid, idle=idle, user_agent=agent)
    former.leave(request, database, settings)
    response = after(own_path(proven.onward))
    set_session(response, opened.token, valid, secure=settings.secure_cookies)
    remember(request, response, settings, opened.login)
    key = proven.client.provider.key
    response.set_cookie(LAST_PROVIDER, key, path="/", secure=settings.secure_cookies, httponly=True, samesite="lax")
    return response


def _refused(request: Request, unit: Unit | None, error: FleetError, onward: str) -> Response:
    """Told where the person can go on: at the sign-in page, with the password as the other way."""
    if unit is not None:
        text = error_text(request, error)
        return render(request, "web/error.html", status=status_of(error), status_code=status_of(error), text=text)
    return sign_in_page(request, FormState(None, {}, error_text(request, error)), onward, status_of(error))


def _page(request: Request, unit: Unit, ways: WaysDep, form: FormState, status: int) -> Response:
    return render(
        request,
        "accounts/identities.html",
        status=status,
        form=form,
        providers=ways.providers,
        identities=oidc.mine(unit.session, unit.principal),
        recent=proof.is_recent(unit.session, unit.principal),
    )
