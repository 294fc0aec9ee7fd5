"""The start page."""

from typing import Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from fleet.audit import service as audit
from fleet.auth.identity import MaybeUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.db.columns import utc_now
from fleet.desk.start import Day, sections
from fleet.devices import counting
from fleet.devices.states import ENDS
from fleet.tasks import service as tasks
from fleet.web.navigation import rooms_of
from fleet.web.rendering import render

router = page_router()
AT_COUNTER: Final = frozenset({Role.LENDING, Role.SOCIAL})
RECEIVERS: Final = (Role.WORKSHOP, Role.LENDING)
READS_CHAIN: Final = (Role.AUDITOR, Role.ADMIN)


@router.get("/")
def start(request: Request, unit: MaybeUnit) -> Response:
    """What waits for whoever is signed in, else the sign-in."""
    return RedirectResponse("/sign-in", status_code=303) if unit is None else _start_page(request, unit)


def _start_page(request: Request, unit: Unit) -> Response:
    principal = unit.principal
    counts = counting.counts(unit.session, unit.principal.organisation_id)
    day = Day(counts, tasks.count_open(unit.session), rooms_of(request.app))
    return render(
        request,
        "desk/start.html",
        name=principal.name.split()[0] if principal.name.split() else principal.name,
        today=utc_now(),
        sections=sections(principal.roles, day),
        total=sum(counts.values()),
        under_way=sum(number for state, number in counts.items() if state not in ENDS),
        tasks=day.tasks,
        may_receive=principal.has(*RECEIVERS),
        scan_first=bool(principal.roles & AT_COUNTER),
        chain=audit.standing(unit.session, principal.organisation_id) if principal.has(*READS_CHAIN) else None,
    )
