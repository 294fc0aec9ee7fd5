"""The page /badge on an enrolled workstation: scan the badge, type the PIN, and somebody else is signed in.

Two steps, each a form of its own, because a scanner ends with Enter: the page works without JavaScript.
"""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.responses import Response

from fleet.accounts import badges_signin
from fleet.accounts.badges_repository import Holder
from fleet.accounts.badges_rules import PIN_DIGITS
from fleet.accounts.badges_signin import BadgeStopped, BadgeUnknown, BadgeWaits, NotABadge, PinMissing, PinWrong
from fleet.accounts.cookies import set_session
from fleet.accounts.workstations import Station
from fleet.accounts.workstations_cookie import set_station, station_of, station_token
from fleet.auth.identity import MaybeUnit
from fleet.auth.pages import page_router
from fleet.db.engine import Database
from fleet.db.session import SessionDep, get_database
from fleet.errors import FleetError, TooMany
from fleet.web.addresses import own_path
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import after
from fleet.web.problems import status_of
from fleet.web.rendering import error_text, render

router = page_router()
Next = Annotated[str, Query(alias="next", max_length=2000)]


@router.get("/badge")
def scan_page(request: Request, session: SessionDep, settings: SettingsDep, onward: Next = "/") -> Response:
    """A large field for the badge; on a computer that is not enrolled, what to do instead."""
    station = station_of(request, session, secure=settings.secure_cookies)
    if station is None:
        return render(request, "accounts/badge_elsewhere.html", onward=own_path(onward))
    return _page(request, station, own_path(onward))


@router.post("/badge")
def switch(
    request: Request,
    session: SessionDep,
    unit: MaybeUnit,
    settings: SettingsDep,
    database: Annotated[Database, Depends(get_database)],
    posted: PostedForm,
) -> Response:
    """Ask for the PIN once the badge is there; sign in once both are right."""
    onward = own_path(posted.get("next"))
    station = station_of(request, session, secure=settings.secure_cookies)
    if station is None:
        return render(request, "accounts/badge_elsewhere.html", status=403, onward=onward)
    scanned, pin = posted.get("badge"), posted.raw("pin").strip()
    try:
        if not pin:
            return _page(request, station, onward, holder=badges_signin.recognise(session, station, scanned), scanned=scanned)
        holder = badges_signin.prove(database.engine(), station, scanned, pin)
        opened = badges_signin.switch(
            session,
            station,
            holder,
            badges_signin.former_of(unit.principal if unit else None),
            valid=timedelta(hours=settings.session_hours),
            idle=timedelta(minutes=settings.badge_session_minutes),
            user_agent=request.headers.get("user-agent", ""),
        )
    except PinWrong as error:
        known = badges_signin.recognise(session, station, scanned)
        return _page(request, station, onward, holder=known, scanned=scanned, error=error)
    except (NotABadge, BadgeUnknown, PinMissing, BadgeWaits, BadgeStopped, TooMany) as error:
        return _page(request, station, onward, error=error)
    response = after(onward)
    set_session(response, opened.token, timedelta(hours=settings.session_hours), secure=settings.secure_cookies)
    set_station(response, station_token(request, secure=settings.secure_cookies) or "", secure=settings.secure_cookies)
    return response


def _page(
    request: Request,
    station: Station,
    onward: str,
    *,
    holder: Holder | None = None,
    scanned: str = "",
    error: FleetError | None = None,
) -> Response:
    """The first step, or with a holder the second one."""
    form = FormState({}, {}, error_text(request, error)) if error else FormState()
    return render(
        request,
        "accounts/badge_pin.html" if holder else "accounts/badge_scan.html",
        status=status_of(error) if error else 200,
        station=station,
        onward=onward,
        form=form,
        holder=holder,
        scanned=scanned,
        digits=PIN_DIGITS,
    )
