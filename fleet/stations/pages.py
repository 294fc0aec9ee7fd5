"""The benches: what each port shows now, live; and for admins, which computers may be benches."""

from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from fleet.accounts import benches
from fleet.auth.identity import AdminUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.stations import service
from fleet.stations.rules import PHASES
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show

router = page_router()
REVOKED: Final = Notice("bench-revoked", N_("The bench is revoked. Its key opens nothing any more."), "warn", "lock")


class CodeForm(BaseModel):
    """Where the new bench stands."""

    site_id: UUID


@router.get("/benches")
def list_benches(request: Request, unit: StaffUnit) -> Response:
    """Every bench with its ports, those at work first."""
    return _page(request, unit, FormState(), 200)


def _page(
    request: Request, unit: Unit, form: FormState, status: int, *, code: str | None = None, server: str | None = None
) -> Response:
    return render(
        request,
        "stations/benches.html",
        status=status,
        form=form,
        stations=service.stations(unit.session, unit.principal),
        phases=PHASES,
        may_manage=unit.principal.has(Role.ADMIN),
        sites=[(site.id, site.name) for site in organisations.sites(unit.session)],
        code=code,
        server=server,
        show_code=show,
    )


@router.post("/benches/codes")
def make_code(request: Request, unit: AdminUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """A one-time code with which a computer becomes a bench; shown here and nowhere else."""
    with redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, form, status)):
        site = posted.parse(CodeForm).site_id
        code = benches.issue_enrolment_code(unit.session, unit.principal, site)
    answer = _page(request, unit, FormState(), 200, code=code, server=settings.public_url)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get("/benches/{bench_id}/revoke")
def revoke_form(request: Request, unit: AdminUnit, bench_id: UUID) -> Response:
    """What it means that a bench is revoked."""
    return render(request, "stations/revoke.html", bench=benches.get_bench(unit.session, bench_id))


@router.post("/benches/{bench_id}/revoke")
def revoke(unit: AdminUnit, bench_id: UUID) -> Response:
    """From now on its key opens nothing."""
    benches.revoke(unit.session, unit.principal, bench_id)
    return after("/benches", REVOKED)
