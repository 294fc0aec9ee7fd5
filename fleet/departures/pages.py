"""Pages of leaving: one page that says what is left to do, and the last one, which needs no sign-in any more."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path as PathParam
from fastapi import Request
from starlette.responses import FileResponse, Response

from fleet.auth.identity import AdminUnit, Unit
from fleet.auth.pages import page_router
from fleet.db.session import SessionDep, act_for
from fleet.departures import service
from fleet.departures.errors import DepartureNotFound
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render

router = page_router()
PAGE: Final = "/organisation/leave"
BEGUN: Final = Notice("leaving-begun", N_("Leaving has begun. Nothing is final yet."), "warn", "leave")
STAYS: Final = Notice("leaving-stopped", N_("Your organisation stays."))
MARKED: Final = Notice("leaving-marked", N_("These devices are recorded as handed over."))
Token = Annotated[str, PathParam(pattern="^[0-9A-Za-z_-]{20,60}$")]


@router.get(PAGE)
def leaving_page(request: Request, unit: AdminUnit, name: str = "") -> Response:
    """What stands in the way."""
    return _page(request, unit, FormState(), 200, name[:120])


def _page(request: Request, unit: Unit, form: FormState, status: int, name: str = "") -> Response:
    me = unit.principal.organisation_id
    standing = service.obstacles(unit.session, me)
    sides = {*standing.own_elsewhere, *standing.held_for}
    return render(
        request,
        "departures/leave.html",
        status=status,
        form=form,
        organisation=organisations.get(unit.session, me),
        departure=service.current(unit.session, unit.principal),
        standing=standing,
        names={side: organisations.public_face(unit.session, side).name for side in sides},
        name=name,
        found=organisations.others(unit.session, unit.principal, name),
        at_once=service.AT_ONCE,
    )


def _again(request: Request, unit: Unit, posted: Posted) -> AbstractContextManager[None]:
    return redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, form, status))


@router.post(PAGE)
def begin(unit: AdminUnit) -> Response:
    """Begin."""
    service.begin(unit.session, unit.principal)
    return after(PAGE, BEGUN)


@router.post(f"{PAGE}/stay")
def stay(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """Not after all."""
    with _again(request, unit, posted):
        service.stay(unit.session, unit.principal)
    return after("/organisation", STAYS)


@router.post(f"{PAGE}/hand-back")
def hand_back(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """A transfer with what is held for an owner, ready to be sent."""
    with _again(request, unit, posted):
        transfer = service.hand_back(unit.session, unit.principal, _organisation(posted))
    return after(f"/transfers/{transfer.id}")


@router.post(f"{PAGE}/hand-over")
def hand_over(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """A transfer with own devices and the ownership, ready to be sent."""
    with _again(request, unit, posted):
        transfer = service.hand_over(unit.session, unit.principal, _organisation(posted))
    return after(f"/transfers/{transfer.id}")


def _organisation(posted: Posted) -> UUID:
    try:
        return UUID(posted.get("organisation"))
    except ValueError as error:
        raise DepartureNotFound from error


@router.post(f"{PAGE}/outside")
def transfer_out(request: Request, unit: AdminUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """Own devices go to somebody who is not in the service."""
    with _again(request, unit, posted):
        service.transfer_out(unit.session, unit.principal, settings, posted.get("to"))
    return after(PAGE, MARKED)


@router.post(f"{PAGE}/export")
def export(unit: AdminUnit, settings: SettingsDep) -> Response:
    """The whole history as it is now, to keep."""
    written = service.export(unit.session, unit.principal, settings)
    return _file(written.path)


@router.post(f"{PAGE}/end")
def end(request: Request, unit: AdminUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """The end. The answer is the last page that this organisation sees; its link works without signing in."""
    with _again(request, unit, posted):
        left = service.leave(unit.session, unit.principal, settings, posted.get("name"))
    return after(f"/left/{left.token}")


@router.get("/left/{token}")
def left_page(request: Request, session: SessionDep, token: Token) -> Response:
    """How it ended, with the export and the closing event to download."""
    organisation = service.organisation_of(session, token)
    act_for(session, organisation)
    departure = service.departed(session, organisation)
    name = organisations.public_face(session, organisation).name
    return render(request, "departures/left.html", departure=departure, name=name, token=token, days=service.LINK_DAYS)


@router.get("/left/{token}/export.zip")
def left_export(session: SessionDep, settings: SettingsDep, token: Token) -> Response:
    """The whole history."""
    return _file(service.exports_dir(settings) / f"{service.organisation_of(session, token)}.zip")


@router.get("/left/{token}/closing.json")
def left_closing(session: SessionDep, token: Token) -> Response:
    """The last event, signed."""
    organisation = service.organisation_of(session, token)
    act_for(session, organisation)
    closing = service.closing(session, service.departed(session, organisation))
    return Response(
        closing, media_type="application/json", headers={"Content-Disposition": 'attachment; filename="closing.json"'}
    )


def _file(path: Path) -> Response:
    if not path.is_file():
        raise DepartureNotFound
    return FileResponse(path, media_type="application/zip", filename="heropstart-export.zip")
