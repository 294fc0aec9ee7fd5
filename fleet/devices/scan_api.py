"""JSON API of scans, and of the numbers that a device is known by."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, status
from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.identity import STAFF, LeadUnit, ReceiverUnit, StaffUnit
from fleet.devices import identifiers, lookup
from fleet.devices.errors import DeviceNotFound
from fleet.devices.models import Identifier, IdentifierKind
from fleet.devices.schemas import CODE_EXAMPLE, DeviceOut
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid
from labels.elsewhere import NumberKind, System, scope_parts
from labels.scan import ScanKind

router = APIRouter(prefix="/api/v1", tags=["devices"], responses=problems(RequestInvalid))
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$", description="asset code without dash", examples=[CODE_EXAMPLE])]


class NumberOut(BaseModel):
    """A number that a device is known by. `system` and `host` tell who gave it, where that is known."""

    id: UUID
    kind: IdentifierKind
    value: str = Field(description="upper case, without spaces")
    system: System | None
    host: str
    source: str
    created_at: datetime

    @classmethod
    def of(cls, row: Identifier) -> "NumberOut":
        """From its row."""
        system, host = scope_parts(row.system)
        fields = {name: getattr(row, name) for name in ("id", "kind", "value", "source", "created_at")}
        return cls(system=system, host=host, **fields)


class NumberIn(BaseModel):
    """A number as it was scanned: an address of another system, a maker's barcode, an IMEI."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"scanned": "https://assets.example.org/hardware/123"}]}
    )

    scanned: str = Field(min_length=1, max_length=400)
    kind: IdentifierKind | None = Field(default=None, description="what a bare number is: serial (default) or foreign_tag")


class RemovalIn(BaseModel):
    """Why a number is wrong."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "It was the number of another laptop"}]})

    reason: str = Field(min_length=1, max_length=2000)


class ReferenceOut(BaseModel):
    """A number of another system, as the scan names it."""

    model_config = ConfigDict(from_attributes=True)

    system: System
    host: str
    kind: NumberKind
    value: str


class MatchOut(BaseModel):
    """A device that answers to the scan. `by` is the number that fits; null when that is the asset code."""

    asset_code: str
    by: NumberOut | None


class FoundOut(BaseModel):
    """What was scanned, and the devices that answer to it; nothing is guessed when there are several."""

    kind: ScanKind
    advice: str | None = Field(description="what to do when the scan cannot be used, in English")
    reference: ReferenceOut | None
    devices: list[DeviceOut]
    matches: list[MatchOut] = Field(description="the same devices, each with the number by which it was found")


@router.get("/scan", responses=problems(*STAFF))
def scan(unit: StaffUnit, q: Annotated[str, Query(min_length=1, max_length=400)]) -> FoundOut:
    """Find a device by a label's URL, an asset code, a serial number, an IMEI or a number of another system."""
    found = lookup.find(unit.session, q)
    return FoundOut(
        kind=found.scan.kind,
        advice=found.scan.advice,
        reference=ReferenceOut.model_validate(found.scan.reference) if found.scan.reference else None,
        devices=[DeviceOut.model_validate(device) for device in found.devices],
        matches=[
            MatchOut(asset_code=match.device.asset_code, by=NumberOut.of(match.by) if match.by else None)
            for match in found.matches
        ],
    )


@router.get("/devices/{code}/identifiers", responses=problems(*STAFF, DeviceNotFound))
def list_numbers(unit: StaffUnit, code: CodeParam) -> list[NumberOut]:
    """What a device is known by now, besides its asset code."""
    return [NumberOut.of(row) for row in identifiers.of_device(unit.session, code.upper())]


@router.post(
    "/devices/{code}/identifiers",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, *identifiers.ATTACHING),
)
def attach_number(unit: ReceiverUnit, code: CodeParam, body: NumberIn) -> NumberOut:
    """Make a device known by a number too; one that it has already is answered as it is."""
    return NumberOut.of(identifiers.attach(unit.session, unit.principal, code.upper(), body.scanned, body.kind))


@router.post("/devices/{code}/identifiers/{number_id}/removal", responses=problems(*STAFF, *identifiers.REMOVING))
def remove_number(unit: LeadUnit, code: CodeParam, number_id: UUID, body: RemovalIn) -> list[NumberOut]:
    """Take a wrong number away, with the reason; what the device is known by after it."""
    identifiers.remove(unit.session, unit.principal, code.upper(), number_id, body.reason)
    return [NumberOut.of(row) for row in identifiers.of_device(unit.session, code.upper())]
