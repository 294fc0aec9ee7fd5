"""Numbers from elsewhere on a device: attach one by scanning number and device, take a wrong one away with a reason."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from fleet.auth.identity import LeadUnit, ReceiverUnit, StaffUnit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS
from fleet.devices import identifiers, service
from fleet.devices.identifiers import CHOOSABLE, REMOVABLE, NumberNotFound, number_of
from fleet.devices.lookup import find
from fleet.devices.models import Device, Identifier, IdentifierKind
from fleet.errors import N_, Invalid
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show
from labels.elsewhere import scope_parts
from labels.scan import ScanKind, parse_scan

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
ATTACHED: Final = Notice("number-attached", N_("Attached. From now on this number finds the device."))
REMOVED: Final = Notice("number-removed", N_("Taken away. Who did it and why stays on record."))


class DeviceUnclear(Invalid):
    """The second scan must name one device."""

    msgid = N_("This is not one device of yours. Scan the label on the device.")


class AttachForm(BaseModel):
    """A number and the device that it is on, both as scanned."""

    q: str = Field(max_length=400)
    device: str = Field(min_length=1, max_length=400)
    kind: IdentifierKind | None = None


@router.get("/scan/attach")
def attach_form(request: Request, _unit: ReceiverUnit, q: Annotated[str, Query(min_length=1, max_length=400)]) -> Response:
    """A number was scanned; now the device."""
    number_of(q)
    return _attach_page(request, q, FormState(), 200)


@router.post("/scan/attach")
def attach(request: Request, unit: ReceiverUnit, posted: PostedForm) -> Response:
    """Join the two, and show the device with what can be done."""
    with redisplaying(request, unit.session, posted, lambda form, status: _attach_page(request, posted.get("q"), form, status)):
        form = posted.parse(AttachForm)
        device = find(unit.session, form.device).only
        if device is None:
            raise DeviceUnclear(field="device")
        identifiers.attach(unit.session, unit.principal, device.asset_code, form.q, form.kind)
    return after(f"/scan?q={show(device.asset_code)}", ATTACHED)


def _attach_page(request: Request, scanned: str, form: FormState, status: int) -> Response:
    scan = parse_scan(scanned)
    bare = scan.reference is None and scan.kind is not ScanKind.IMEI
    return render(
        request,
        "desk/attach.html",
        status=status,
        form=form,
        typed=scanned,
        scan=scan,
        scope_parts=scope_parts,
        kinds=[kind.value for kind in CHOOSABLE] if bare else [],
    )


@router.get("/devices/{code}/numbers")
def numbers(request: Request, unit: StaffUnit, code: CodeParam) -> Response:
    """What a device is known by."""
    device = service.get(unit.session, code.upper())
    return render(
        request,
        "desk/numbers.html",
        device=device,
        shown=show(device.asset_code),
        numbers=identifiers.of_device(unit.session, device.asset_code),
        removable=REMOVABLE if unit.principal.has(*MANAGERS) else frozenset(),
        scope_parts=scope_parts,
    )


@router.get("/devices/{code}/numbers/{number_id}/remove")
def remove_form(request: Request, unit: LeadUnit, code: CodeParam, number_id: UUID) -> Response:
    """Why is it wrong?"""
    device = service.get(unit.session, code.upper())
    return _remove_page(request, device, _number(unit, device, number_id), FormState(), 200)


@router.post("/devices/{code}/numbers/{number_id}/remove")
def remove(request: Request, unit: LeadUnit, code: CodeParam, number_id: UUID, posted: PostedForm) -> Response:
    """Take it away."""
    device = service.get(unit.session, code.upper())
    number = _number(unit, device, number_id)
    with redisplaying(request, unit.session, posted, lambda form, status: _remove_page(request, device, number, form, status)):
        identifiers.remove(unit.session, unit.principal, device.asset_code, number_id, posted.get("text"))
    return after(f"/devices/{device.asset_code}/numbers", REMOVED)


def _number(unit: LeadUnit, device: Device, number_id: UUID) -> Identifier:
    """Raises NumberNotFound."""
    known = identifiers.of_device(unit.session, device.asset_code)
    number = next((row for row in known if row.id == number_id), None)
    if number is None:
        raise NumberNotFound(code=show(device.asset_code))
    return number


def _remove_page(request: Request, device: Device, number: Identifier, form: FormState, status: int) -> Response:
    return render(
        request,
        "desk/remove_number.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        number=number,
        scope_parts=scope_parts,
    )
