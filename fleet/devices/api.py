"""JSON API of devices, under /api/v1/devices."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from fleet.auth.identity import STAFF, StaffUnit, WorkshopUnit
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.db.listing import CursorOfAnotherSort
from fleet.devices import counting, listing, service, workshop
from fleet.devices.correction import correct
from fleet.devices.errors import (
    CorrectionRefused,
    DeviceNotFound,
    DeviceStale,
    LabelDiffers,
    LabelMisread,
    OwnDoor,
    ProofNotYours,
    StepForbidden,
    StepIncomplete,
    StepNotListed,
)
from fleet.devices.history import fiche
from fleet.devices.schemas import (
    CODE_EXAMPLE,
    CorrectionIn,
    DeviceOut,
    DevicePage,
    FicheOut,
    InspectIn,
    StepIn,
    StepOption,
    TestsIn,
)
from fleet.devices.standing import By
from fleet.devices.states import State
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid
from labels.stock import LabelSize

router = APIRouter(prefix="/api/v1", tags=["devices"], responses=problems(RequestInvalid))
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$", description="asset code without dash", examples=[CODE_EXAMPLE])]
STEP_ERRORS = problems(*STAFF, DeviceNotFound, DeviceStale, StepNotListed, StepIncomplete, StepForbidden, ProofNotYours, OwnDoor)
LABEL_ERRORS = problems(
    *STAFF, DeviceNotFound, DeviceStale, StepNotListed, StepIncomplete, StepForbidden, LabelDiffers, LabelMisread
)


@router.get("/devices", responses=problems(*STAFF, CursorInvalid, CursorOfAnotherSort))
def list_devices(
    unit: StaffUnit,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE,
    cursor: str | None = None,
) -> DevicePage:
    """Devices that the caller's organisation owns or holds, those longest in their state first."""
    wanted = listing.Wanted(states=(state,) if state else ())
    found = listing.listing(unit.session, unit.principal.organisation_id, wanted)
    page = found.page(unit.session, listing.order("since", descending=False), limit=limit, cursor=cursor)
    return DevicePage(items=[DeviceOut.model_validate(device) for device in page.items], next=page.after)


@router.get("/devices/counts", responses=problems(*STAFF))
def count_devices(unit: StaffUnit) -> dict[State, int]:
    """How many devices stand in each state."""
    return dict(counting.counts(unit.session, unit.principal.organisation_id))


@router.get("/devices/{code}", responses=problems(*STAFF, DeviceNotFound))
def read_device(unit: StaffUnit, code: CodeParam) -> FicheOut:
    """A device's fiche: identity, components and every step with who, when and evidence."""
    return FicheOut.of(fiche(unit.session, service.get(unit.session, code.upper())))


@router.get("/devices/{code}/steps", responses=problems(*STAFF, DeviceNotFound))
def list_steps(unit: StaffUnit, code: CodeParam) -> list[StepOption]:
    """The steps that the caller may take from here, each with what is still missing."""
    device = service.get(unit.session, code.upper())
    options = service.steps_for(unit.session, unit.principal, device)
    return [StepOption(step=row.step, to=row.target, missing=list(answer.missing)) for row, answer in options]


@router.post("/devices/{code}/steps", responses=STEP_ERRORS)
def take_step(unit: StaffUnit, code: CodeParam, body: StepIn) -> DeviceOut:
    """Take any step of the lifecycle table."""
    by = By(unit.principal)
    given = body.evidence
    device = service.apply(unit.session, by, code.upper(), body.step, given, expected_version=body.expected_version)
    return DeviceOut.model_validate(device)


@router.post("/devices/{code}/inspection", responses=LABEL_ERRORS)
def inspect_device(unit: WorkshopUnit, code: CodeParam, body: InspectIn) -> DeviceOut:
    """Record the visual inspection, with the label scanned back."""
    answers = workshop.Inspection(body.visual, body.place, body.scanned, tuple(body.defects), body.weight_g, body.eea_category)
    by = By(unit.principal)
    return DeviceOut.model_validate(
        workshop.inspect(unit.session, by, code.upper(), answers, expected_version=body.expected_version)
    )


@router.post("/devices/{code}/tests", responses=STEP_ERRORS)
def test_device(unit: WorkshopUnit, code: CodeParam, body: TestsIn) -> DeviceOut:
    """Record the functional and electrical-safety tests."""
    answers = workshop.Tests(body.functional, body.electrical, body.battery_percent, body.note)
    device = workshop.finish_tests(unit.session, unit.principal, code.upper(), answers, expected_version=body.expected_version)
    return DeviceOut.model_validate(device)


@router.post("/devices/{code}/release", responses=STEP_ERRORS)
def release_device(unit: WorkshopUnit, code: CodeParam) -> DeviceOut:
    """Release a tested device as ready for use."""
    return DeviceOut.model_validate(workshop.release(unit.session, unit.principal, code.upper()))


@router.post("/devices/{code}/correction", responses=problems(*STAFF, DeviceNotFound, DeviceStale, CorrectionRefused))
def correct_device(unit: StaffUnit, code: CodeParam, body: CorrectionIn) -> DeviceOut:
    """Take back the last step; both stay in the history."""
    return DeviceOut.model_validate(correct(unit.session, unit.principal, code.upper(), body.reason))


@router.post(
    "/devices/{code}/label",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "the label at true size"},
        **problems(*STAFF, DeviceNotFound),
    },
)
def print_label(unit: WorkshopUnit, settings: SettingsDep, code: CodeParam, size: LabelSize = LabelSize.TAPE_62X29) -> Response:
    """Draw the asset label and record that it was printed; it must then be scanned back on the device."""
    pdf = workshop.print_label(unit.session, unit.principal, code.upper(), settings.public_url, size)
    return Response(pdf, media_type="application/pdf")
