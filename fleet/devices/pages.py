"""Pages of devices: the steps that people take at a workshop. The list of devices is in `fleet.desk.board`."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from fleet.auth.identity import Unit, WorkshopUnit
from fleet.auth.pages import page_router
from fleet.devices import repository, service, workshop
from fleet.devices.kinds import KINDS
from fleet.devices.models import Device
from fleet.devices.schemas import InspectIn, TestsIn
from fleet.devices.standing import By
from fleet.devices.states import State, Step
from fleet.errors import N_
from fleet.ui import words
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show
from labels.stock import LabelSize

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]

INSPECTED: Final = Notice("device-inspected", N_("Inspected. The device can be wiped now."), undo=True)
SCRAPPED: Final = Notice(
    "device-scrapped", N_("Noted as scrap. Put it with the devices for recycling."), "warn", "recycle", undo=True
)
TESTED: Final = Notice("device-tested", N_("Tested. The device can be released now."), undo=True)
RELEASED: Final = Notice("device-released", N_("Released. The device is ready for use."), undo=True)


class InspectForm(InspectIn):
    """The inspection as posted, beside the form's own fields."""

    model_config = ConfigDict(extra="ignore")


class TestsForm(TestsIn):
    """The tests as posted."""

    model_config = ConfigDict(extra="ignore")


class VersionForm(BaseModel):
    """A form without fields of its own."""

    expected_version: int | None = Field(default=None)


@router.get("/devices/{code}/inspect")
def inspect_form(request: Request, unit: WorkshopUnit, code: CodeParam) -> Response:
    """The visual inspection, with the label scanned back."""
    return _inspect_page(request, unit, service.get(unit.session, code.upper()), FormState(), 200)


@router.post("/devices/{code}/inspect")
def inspect(request: Request, unit: WorkshopUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Record it."""
    device = service.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _inspect_page(request, unit, device, form, status)):
        form = _with_lines(posted, "defects").parse(InspectForm)
        answers = workshop.Inspection(
            form.visual, form.place, form.scanned, tuple(form.defects), form.weight_g, form.eea_category
        )
        device = workshop.inspect(
            unit.session, By(unit.principal), device.asset_code, answers, expected_version=form.expected_version
        )
    return after(f"/devices/{device.asset_code}", SCRAPPED if device.state is State.RECYCLE_STAGED else INSPECTED)


def _inspect_page(request: Request, unit: Unit, device: Device, form: FormState, status: int) -> Response:
    seen = {row.type for row in repository.evidence_of(unit.session, device.id)}
    return render(
        request,
        "devices/inspect.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        visuals=list(words.VISUALS.items()),
        label_scanned="label_scanned" in seen,
        label_printed="label_printed" in seen,
    )


def _with_lines(posted: Posted, name: str) -> Posted:
    """A text area as a list: one value for each line."""
    lines = [line.strip() for line in posted.get(name).splitlines()]
    return Posted({**posted.fields, name: [line for line in lines if line]})


@router.get("/devices/{code}/test")
def test_form(request: Request, unit: WorkshopUnit, code: CodeParam) -> Response:
    """The tests that this kind of device needs."""
    return _test_page(request, service.get(unit.session, code.upper()), FormState(), 200)


@router.post("/devices/{code}/test")
def test(request: Request, unit: WorkshopUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Record them."""
    device = service.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _test_page(request, device, form, status)):
        form = posted.parse(TestsForm)
        answers = workshop.Tests(form.functional, form.electrical, form.battery_percent, form.note)
        workshop.finish_tests(unit.session, unit.principal, device.asset_code, answers, expected_version=form.expected_version)
    return after(f"/devices/{device.asset_code}", TESTED)


def _test_page(request: Request, device: Device, form: FormState, status: int) -> Response:
    return render(
        request,
        "devices/test.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        spec=KINDS[device.kind],
    )


@router.get("/devices/{code}/release")
def release_form(request: Request, unit: WorkshopUnit, code: CodeParam) -> Response:
    """What was proven, and the button that releases."""
    return _release_page(request, unit, service.get(unit.session, code.upper()), FormState(), 200)


@router.post("/devices/{code}/release")
def release(request: Request, unit: WorkshopUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Release it."""
    device = service.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _release_page(request, unit, device, form, status)):
        version = posted.parse(VersionForm).expected_version
        workshop.release(unit.session, unit.principal, device.asset_code, expected_version=version)
    return after(f"/devices/{device.asset_code}", RELEASED)


def _release_page(request: Request, unit: Unit, device: Device, form: FormState, status: int) -> Response:
    return render(
        request,
        "devices/release.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        missing=_missing(unit, device, Step.RELEASE),
    )


def _missing(unit: Unit, device: Device, step: Step) -> Sequence[str] | None:
    """What a step still asks for; None when it is not possible from here at all."""
    for row, answer in service.steps_for(unit.session, unit.principal, device):
        if row.step is step:
            return answer.missing
    return None


@router.post("/devices/{code}/label")
def print_label(unit: WorkshopUnit, settings: SettingsDep, code: CodeParam) -> Response:
    """The label as PDF; that it was drawn is recorded, so that it must be scanned back."""
    size = LabelSize.TAPE_62X29
    pdf = workshop.print_label(unit.session, unit.principal, code.upper(), settings.public_url, size)
    disposition = {"Content-Disposition": f'inline; filename="label-{code.upper()}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=disposition)
