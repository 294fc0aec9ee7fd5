"""JSON API of a device's condition."""

from typing import Annotated

from fastapi import APIRouter, Path

from fleet.auth.identity import STAFF, StaffUnit, WorkshopUnit
from fleet.checks import service
from fleet.checks.schemas import ChecksIn, ConditionOut
from fleet.checks.service import ItemNotOfKind
from fleet.devices import service as devices
from fleet.devices.errors import DeviceNotFound
from fleet.devices.standing import By
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["checks"], responses=problems(RequestInvalid))
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$", description="asset code without dash", examples=["8YZABCDE"])]


@router.get("/devices/{code}/condition", responses=problems(*STAFF, DeviceNotFound))
def read_condition(unit: StaffUnit, code: CodeParam) -> ConditionOut:
    """The newest hardware report and check-list, and the suggested grade with its reasons."""
    device = devices.get(unit.session, code.upper())
    return ConditionOut.of(service.condition(unit.session, By(unit.principal), device))


@router.post("/devices/{code}/checks", responses=problems(*STAFF, DeviceNotFound, ItemNotOfKind))
def check_device(unit: WorkshopUnit, code: CodeParam, body: ChecksIn) -> ConditionOut:
    """Keep the answers of a check-list."""
    by = By(unit.principal)
    device = service.checked(unit.session, by, code.upper(), body.answers, body.note)
    return ConditionOut.of(service.condition(unit.session, by, device))
