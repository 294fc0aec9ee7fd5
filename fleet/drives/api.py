"""JSON API of loose drives."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.identity import STAFF, StaffUnit, WorkshopUnit
from fleet.contract.base import Text
from fleet.contract.kinds import Level, MediaType, Method
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.db.listing import CursorOfAnotherSort
from fleet.devices.api import CodeParam
from fleet.devices.errors import DeviceNotFound, DeviceStale, LabelMisread, StepForbidden, StepIncomplete, StepNotListed
from fleet.devices.schemas import CODE_EXAMPLE, DeviceOut
from fleet.drives import service
from fleet.drives.errors import (
    DeviceClosed,
    DriveElsewhere,
    DriveUnread,
    NotADrive,
    NotHere,
    NothingChosen,
    ScanMissing,
    StorageGone,
    StorageNotFitted,
    TakesNoDrive,
)
from fleet.drives.moves import Moved
from fleet.drives.rules import TrayGroup
from fleet.drives.tray import MOST_AT_ONCE, Health, Life, Line, life, stage, tray
from fleet.tags.service import CodesUsedUp
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["drives"], responses=problems(RequestInvalid))
STEPS = (DeviceNotFound, DeviceStale, StepNotListed, StepIncomplete, StepForbidden)
FITTING = (*STEPS, LabelMisread, ScanMissing, NotADrive, TakesNoDrive, NotHere, DriveUnread, DriveElsewhere, DeviceClosed)
REMOVING = (*STEPS, TakesNoDrive, NotHere, DeviceClosed, StorageNotFitted, StorageGone, CodesUsedUp)


class DriveOut(BaseModel):
    """A drive of the tray. `certificate_id` is of the certificate that proves it wiped now, null while none does."""

    device: DeviceOut
    media: MediaType | None
    storage_key: str | None
    capacity_bytes: int | None
    certificate_id: UUID | None
    level: Level | None
    method: Method | None
    destroyed: bool
    health: Health

    @classmethod
    def of(cls, line: Line) -> "DriveOut":
        """From the tray."""
        return cls(
            device=DeviceOut.model_validate(line.device),
            media=line.storage.media if line.storage else None,
            storage_key=line.storage.storage_key if line.storage else None,
            capacity_bytes=line.storage.capacity_bytes if line.storage else None,
            certificate_id=line.proof.certificate_id if line.proof else None,
            level=line.proof.level if line.proof else None,
            method=line.proof.method if line.proof else None,
            destroyed=line.destroyed,
            health=line.health,
        )


class DrivePage(BaseModel):
    """Some drives, and the cursor of the next page."""

    items: list[DriveOut]
    next: str | None


class FitIn(BaseModel):
    """Two scans: whatever the scanner gave."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"drive": CODE_EXAMPLE, "device": "HTTPS://FLEET.EXAMPLE.ORG/A/VC2R1YD6"}]},
    )

    drive: str = Field(max_length=400)
    device: str = Field(max_length=400)


class RemovalIn(BaseModel):
    """Which storage came out, and where it lies now."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"storage_key": "wwn:0x5000c500a1b2c3d4", "place": "Lade 2"}]}
    )

    storage_key: str = Field(min_length=1, max_length=600)
    place: Text = Field(min_length=1, max_length=200)
    expected_version: int | None = None


class MovedOut(BaseModel):
    """Both records after the move. `already` means that it had been done before."""

    drive: DeviceOut
    device: DeviceOut
    proven: bool
    already: bool

    @classmethod
    def of(cls, moved: Moved) -> "MovedOut":
        """From the service."""
        drive, device = DeviceOut.model_validate(moved.drive), DeviceOut.model_validate(moved.device)
        return cls(drive=drive, device=device, proven=moved.proven, already=moved.already)


class StageIn(BaseModel):
    """Several drives to recycling, all or none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"codes": [CODE_EXAMPLE], "reason": "too small"}]})

    codes: list[Annotated[str, Field(pattern="^[0-9A-Za-z]{8}$")]] = Field(max_length=MOST_AT_ONCE)
    reason: Text = Field(min_length=1, max_length=2000)


class LifeOut(BaseModel):
    """One stay of a storage in a device; a moment is null where it is not known, or not yet."""

    asset_code: str
    kind: str
    fitted_at: datetime | None
    removed_at: datetime | None
    fitted_version: int
    removed_version: int | None

    @classmethod
    def of(cls, stay: Life) -> "LifeOut":
        """From its row."""
        part, device = stay.component, stay.device
        return cls(
            asset_code=device.asset_code,
            kind=device.kind,
            fitted_at=part.fitted_at,
            removed_at=part.removed_at,
            fitted_version=part.fitted_version,
            removed_version=part.removed_version,
        )


@router.get("/drives", responses=problems(*STAFF, CursorInvalid, CursorOfAnotherSort))
def list_drives(
    unit: StaffUnit,
    group: TrayGroup | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE,
    cursor: str | None = None,
) -> DrivePage:
    """The tray of loose drives."""
    page = tray(unit.session, unit.principal, group, limit=limit, cursor=cursor)
    return DrivePage(items=[DriveOut.of(line) for line in page.items], next=page.next)


@router.post("/drives/fittings", responses=problems(*STAFF, *FITTING))
def fit_drive(unit: WorkshopUnit, body: FitIn) -> MovedOut:
    """Fit a wiped drive into a device; sent twice, it is done once."""
    drive, device = service.code_of(body.drive, "drive"), service.code_of(body.device, "device")
    return MovedOut.of(service.fit(unit.session, unit.principal, drive, device))


@router.post("/devices/{code}/removals", status_code=status.HTTP_201_CREATED, responses=problems(*STAFF, *REMOVING))
def take_out_drive(unit: WorkshopUnit, code: CodeParam, body: RemovalIn) -> MovedOut:
    """Take a storage out: it becomes a loose drive with a code of its own; sent twice, it is done once."""
    version = body.expected_version
    moved = service.take_out(unit.session, unit.principal, code.upper(), body.storage_key, body.place, expected_version=version)
    return MovedOut.of(moved)


@router.post("/drives/recycling", responses=problems(*STAFF, *STEPS, NothingChosen))
def stage_drives(unit: WorkshopUnit, body: StageIn) -> list[DeviceOut]:
    """Set several drives ready for recycling."""
    return [DeviceOut.model_validate(device) for device in stage(unit.session, unit.principal, body.codes, body.reason)]


@router.get("/storages/life", responses=problems(*STAFF))
def storage_life(unit: StaffUnit, key: Annotated[str, Query(min_length=1, max_length=600)]) -> list[LifeOut]:
    """Where a storage was when, as far as the caller's organisation may see."""
    return [LifeOut.of(stay) for stay in life(unit.session, key)]
