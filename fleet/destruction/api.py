"""JSON API of destruction records."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response, status

from fleet.auth.identity import STAFF, StaffUnit, WorkshopUnit
from fleet.destruction import service
from fleet.destruction.errors import (
    MomentWrong,
    NotNow,
    NotSeen,
    OwnWitness,
    PhotoMissing,
    RecordAnswered,
    RecordNotFound,
    RecordPending,
    RecordTaken,
    StorageMissing,
    StorageUnknown,
    WhyDeclined,
)
from fleet.destruction.photo import PhotoUnfit
from fleet.destruction.schemas import AnswerIn, DestructionIn, DestructionOut
from fleet.devices import service as devices
from fleet.devices.api import CodeParam
from fleet.devices.errors import DeviceNotFound, DeviceStale, PersonMissing
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["destruction"], responses=problems(RequestInvalid))
RecordId = Annotated[UUID, Path()]
RECORDING = (DeviceNotFound, PersonMissing, NotNow, StorageMissing, StorageUnknown, RecordPending, RecordTaken)
UPLOADING = (PhotoMissing, PhotoUnfit, MomentWrong)
ANSWERING = (RecordNotFound, PersonMissing, RecordAnswered, OwnWitness, NotSeen, WhyDeclined, NotNow, DeviceStale)


@router.post(
    "/devices/{code}/destructions",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, *RECORDING, *UPLOADING),
)
def record_destruction(unit: WorkshopUnit, code: CodeParam, body: DestructionIn) -> DestructionOut:
    """Write down what was destroyed. It is evidence only once another person has confirmed it."""
    return DestructionOut.of(service.record(unit.session, unit.principal, code.upper(), body.told()))


@router.get("/devices/{code}/destructions", responses=problems(*STAFF, DeviceNotFound))
def list_destructions(unit: StaffUnit, code: CodeParam) -> list[DestructionOut]:
    """A device's records, newest first."""
    device = devices.get(unit.session, code.upper())
    return [DestructionOut.of(record) for record in service.of_device(unit.session, device)]


@router.get("/destructions/{record_id}", responses=problems(*STAFF, RecordNotFound))
def read_destruction(unit: StaffUnit, record_id: RecordId) -> DestructionOut:
    """One record, with its witness's answer if there is one."""
    return DestructionOut.of(service.get(unit.session, record_id))


@router.get(
    "/destructions/{record_id}/photo",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}, "image/png": {}}, "description": "the photo without metadata"},
        **problems(*STAFF, RecordNotFound),
    },
)
def read_photo(unit: StaffUnit, record_id: RecordId) -> Response:
    """The photo, as it is kept."""
    row = service.get(unit.session, record_id).row
    return Response(row.photo, media_type=row.photo_type)


@router.post("/destructions/{record_id}/answer", responses=problems(*STAFF, *ANSWERING))
def answer_destruction(unit: StaffUnit, record_id: RecordId, body: AnswerIn) -> DestructionOut:
    """The witness confirms or declines, as the person who is signed in."""
    return DestructionOut.of(service.answer(unit.session, unit.principal, record_id, body.answer()))
