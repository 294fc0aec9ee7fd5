"""JSON API of leaving, under /api/v1/organisation/departure."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.identity import STAFF, AdminUnit, StaffUnit
from fleet.custody.errors import DestinationUnknown
from fleet.custody.schemas import TransferOut
from fleet.departures import service
from fleet.departures.errors import NameDiffers, NotClear, NothingToHandOver, NotLeaving
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1/organisation/departure", tags=["organisations"], responses=problems(RequestInvalid))


class ObstaclesOut(BaseModel):
    """What stands in the way, in numbers; devices by the id of the other organisation."""

    model_config = ConfigDict(from_attributes=True)

    clear: bool
    own_here: int
    own_elsewhere: dict[UUID, int]
    held_for: dict[UUID, int]
    transfers: int
    tasks: int
    batches: int
    benches: int


class DepartureOut(BaseModel):
    """Whether leaving has begun, and what is left to do."""

    started_at: datetime | None
    obstacles: ObstaclesOut


class OtherSideIn(BaseModel):
    """The other organisation."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"organisation": "6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11"}]}
    )

    organisation: UUID


class EndIn(BaseModel):
    """The organisation's own name, so that nobody leaves by accident."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Kringwinkel Centrum"}]})

    name: str = Field(max_length=120)


class LeftOut(BaseModel):
    """The end of the chain, and the link under which the export can be fetched without signing in."""

    last_seq: int
    last_hash: str
    export_sha256: str
    export_bytes: int
    path: str


@router.get("", responses=problems(*STAFF))
def read_departure(unit: StaffUnit) -> DepartureOut:
    """What stands in the way of leaving."""
    known = service.current(unit.session, unit.principal)
    standing = service.obstacles(unit.session, unit.principal.organisation_id)
    return DepartureOut(started_at=known.started_at if known else None, obstacles=ObstaclesOut.model_validate(standing))


@router.post("", responses=problems(*STAFF))
def begin_departure(unit: AdminUnit) -> DepartureOut:
    """Begin to leave; nothing is final yet."""
    service.begin(unit.session, unit.principal)
    return read_departure(unit)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, responses=problems(*STAFF, NotLeaving))
def stay(unit: AdminUnit) -> None:
    """Do not leave after all."""
    service.stay(unit.session, unit.principal)


@router.post("/hand-back", responses=problems(*STAFF, NotLeaving, NothingToHandOver, DestinationUnknown))
def hand_back(unit: AdminUnit, body: OtherSideIn) -> TransferOut:
    """A packed transfer with what is held for this owner."""
    return TransferOut.model_validate(service.hand_back(unit.session, unit.principal, body.organisation))


@router.post("/hand-over", responses=problems(*STAFF, NotLeaving, NothingToHandOver, DestinationUnknown))
def hand_over(unit: AdminUnit, body: OtherSideIn) -> TransferOut:
    """A packed transfer of own devices with the ownership."""
    return TransferOut.model_validate(service.hand_over(unit.session, unit.principal, body.organisation))


@router.post("/end", responses=problems(*STAFF, NotLeaving, NameDiffers, NotClear))
def end(unit: AdminUnit, settings: SettingsDep, body: EndIn) -> LeftOut:
    """The end: the export, the last event, and nobody acts for the organisation any more."""
    left = service.leave(unit.session, unit.principal, settings, body.name)
    row = left.departure
    return LeftOut(
        last_seq=row.last_seq or 0,
        last_hash=(row.last_hash or b"").hex(),
        export_sha256=left.export.sha256,
        export_bytes=left.export.size,
        path=f"/left/{left.token}",
    )
