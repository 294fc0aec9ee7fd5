"""The page of a device's condition: the grade that is suggested, what was read, and the check-list."""

from typing import Annotated, Final

from fastapi import Path, Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit, Unit, WorkshopUnit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.checks import service
from fleet.contract.hardware import CheckAnswer, CheckItem, items_for
from fleet.devices import service as devices
from fleet.devices.models import Device
from fleet.devices.standing import By
from fleet.errors import N_
from fleet.ui import words_checks
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
CHECKED: Final = Notice("device-checked", N_("The check-list is kept."))
_PREFIX: Final = "item-"
_NOTE_CHARS: Final = 2000


@router.get("/devices/{code}/condition")
def condition_page(request: Request, unit: StaffUnit, code: CodeParam) -> Response:
    """Grade, reasons, hardware, and the list to fill in."""
    return _page(request, unit, devices.get(unit.session, code.upper()), FormState(), 200)


@router.post("/devices/{code}/condition")
def check(request: Request, unit: WorkshopUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Keep the answers."""
    device = devices.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, device, form, status)):
        note = posted.get("note")[:_NOTE_CHARS]
        service.checked(unit.session, By(unit.principal), device.asset_code, _answers(posted, device), note)
    return after(f"/devices/{device.asset_code}/condition", CHECKED)


def _answers(posted: Posted, device: Device) -> dict[CheckItem, CheckAnswer]:
    """What was chosen; what is no answer counts as none, and the service refuses an empty list."""
    known = {answer.value for answer in CheckAnswer}
    told = {item: posted.get(f"{_PREFIX}{item}") for item in items_for(device.kind)}
    return {item: CheckAnswer(text) for item, text in told.items() if text in known}


def _page(request: Request, unit: Unit, device: Device, form: FormState, status: int) -> Response:
    found = service.condition(unit.session, By(unit.principal), device)
    return render(
        request,
        "checks/condition.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        condition=found,
        reasons=sorted(found.suggestion.reasons, key=lambda reason: reason.at_best, reverse=True),
        answers=service.answers_of(found.checked) or {},
        items=items_for(device.kind),
        can_check=unit.principal.has(Role.WORKSHOP),
        words_checks=words_checks,
    )
