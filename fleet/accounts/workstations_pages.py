"""Pages of workstations: the admin's list, and the page that turns a browser into one of them."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from fleet.accounts import workstations
from fleet.accounts.workstations_cookie import set_station, station_of
from fleet.accounts.workstations_models import MAX_NAME
from fleet.auth.identity import AdminUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.db.session import SessionDep
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels import qr

router = page_router()
CHANGED: Final = Notice("workstation-changed", N_("The workstation is changed."))
REVOKED: Final = Notice("workstation-revoked", N_("The workstation is removed. No badge opens anything there any more."))
ENROLLED: Final = Notice("workstation-enrolled", N_("This computer is enrolled. Badges work here now."))
Cursor = Annotated[str | None, Query(alias="after", max_length=400)]


class _NewForm(BaseModel):
    site_id: UUID
    name: str = Field(min_length=1, max_length=MAX_NAME)


@router.get("/workstations")
def list_page(request: Request, unit: StaffUnit, cursor: Cursor = None) -> Response:
    """The computers that are enrolled, and the form for one more."""
    return _list(request, unit, FormState(), 200, cursor)


@router.post("/workstations")
def issue_code(request: Request, unit: AdminUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """Make a one-time code; it is shown in the answer and never again."""
    with redisplaying(request, unit.session, posted, lambda form, status: _list(request, unit, form, status)):
        wanted = posted.parse(_NewForm)
        code = workstations.issue_code(unit.session, unit.principal, wanted.site_id, wanted.name)
    where = f"{settings.public_url}/workstation"
    return render(
        request, "accounts/workstation_code.html", code=code, where=where, name=wanted.name, symbol=qr.symbol(code).modules
    )


@router.post("/workstations/{workstation_id}")
def change(request: Request, unit: AdminUnit, workstation_id: UUID, posted: PostedForm) -> Response:
    """Rename a workstation or move it to another site."""
    with redisplaying(
        request, unit.session, posted, lambda form, status: _list(request, unit, form, status, None, workstation_id)
    ):
        wanted = posted.parse(_NewForm)
        workstations.change(unit.session, unit.principal, workstation_id, wanted.site_id, wanted.name)
    return after("/workstations", CHANGED)


@router.post("/workstations/{workstation_id}/revoke")
def revoke(unit: AdminUnit, workstation_id: UUID) -> Response:
    """The computer is none of ours any more."""
    workstations.revoke(unit.session, unit.principal, workstation_id)
    return after("/workstations", REVOKED)


@router.get("/workstation")
def enrol_page(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """What a new computer opens: a field for the code. Nobody signs in for it."""
    station = station_of(request, session, secure=settings.secure_cookies)
    return render(request, "accounts/workstation_enrol.html", station=station)


@router.post("/workstation")
def enrol(request: Request, session: SessionDep, settings: SettingsDep, posted: PostedForm) -> Response:
    """Exchange the code for the cookie."""

    def again(form: FormState, status: int) -> Response:
        return render(request, "accounts/workstation_enrol.html", status=status, form=form, station=None)

    with redisplaying(request, session, posted, again):
        enrolled = workstations.enrol(session, posted.get("code"))
    response = after("/badge", ENROLLED)
    set_station(response, enrolled.token, secure=settings.secure_cookies)
    return response


def _list(
    request: Request, unit: Unit, form: FormState, status: int, cursor: str | None = None, changing: UUID | None = None
) -> Response:
    """`changing` is the workstation to which a refused form belongs; None: it was the form for a new one."""
    page = workstations.page(unit.session, unit.principal, cursor=cursor)
    sites: Mapping[UUID, str] = {site.id: site.name for site in organisations.sites(unit.session)}
    return render(
        request,
        "accounts/workstations.html",
        status=status,
        form=form,
        changing=changing,
        blank=FormState(),
        page=page,
        first="/workstations" if cursor else None,
        next=f"/workstations?after={page.next}" if page.next else None,
        sites=sites,
        may_edit=unit.principal.has(Role.ADMIN),
    )
