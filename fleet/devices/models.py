"""Tables of devices. `Evidence` is append-only; `Device.state` is written by `service.apply` alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from fleet.contract.kinds import DeviceKind, MediaType
from fleet.db.columns import bytes_field, enum_type, id_field, json_field, moment_field, optional_moment_field
from fleet.devices.evidence import EvidenceType
from fleet.devices.states import Origin, State


class IdentifierKind(StrEnum):
    """What a device can be known by, besides its asset code; never by one alone."""

    SERIAL = "serial"
    STORAGE_SERIAL = "storage_serial"
    IMEI = "imei"
    IMEI_2 = "imei_2"
    MAC = "mac"
    BOARD = "board"
    FOREIGN_ID = "foreign_id"
    """The number of its record in another asset system."""
    FOREIGN_TAG = "foreign_tag"
    """An inventory number that somebody else stuck on it."""


class Device(SQLModel, table=True):
    """One device. `version` grows by one with every step and every piece of evidence.

    Weight in grams: what somebody read from scales at `weighed_at`; None there means that it is assumed.
    """

    __tablename__ = "device"

    id: UUID = id_field()
    owner_id: UUID
    custodian_id: UUID
    incoming_id: UUID | None = None
    """Who expects it, while it is under way to them."""
    site_id: UUID | None = None
    """Of the custodian's sites; None where it came in before sites were noted, and nobody has moved it since."""
    asset_code: str = Field(max_length=8)
    kind: DeviceKind = Field(sa_type=enum_type(DeviceKind))
    origin: Origin = Field(sa_type=enum_type(Origin))
    state: State = Field(sa_type=enum_type(State))
    version: int = 1
    outside_version: int = 1
    manufacturer: str | None = None
    model: str = ""
    serial: str | None = None
    weight_g: int
    weighed_at: datetime | None = optional_moment_field()
    eea_category: int
    batch_id: UUID | None = None
    place: str = ""
    created_at: datetime = moment_field()
    state_since: datetime = moment_field()


class Identifier(SQLModel, table=True):
    """Something that is written on a device or that it says of itself. `value` is upper case without spaces.

    `system` is the scope of a number from elsewhere (`labels.elsewhere.Reference.scope`), empty where none is known. One that
    was wrong is never deleted: `removed_at` ends it, with who and why.
    """

    __tablename__ = "identifier"

    id: UUID = id_field()
    device_id: UUID
    kind: IdentifierKind = Field(sa_type=enum_type(IdentifierKind))
    value: str = Field(max_length=200)
    system: str = Field(default="", max_length=300)
    source: str = Field(max_length=40)
    created_at: datetime = moment_field()
    added_by: UUID | None = None
    removed_at: datetime | None = optional_moment_field()
    removed_by: UUID | None = None
    removed_why: str | None = Field(default=None, max_length=2000)


class Component(SQLModel, table=True):
    """A storage medium fitted in a device, from one of its versions to another; the moments are unknown in old rows."""

    __tablename__ = "component"

    id: UUID = id_field()
    device_id: UUID
    media: MediaType = Field(sa_type=enum_type(MediaType))
    model: str = ""
    serial: str = ""
    storage_key: str = Field(max_length=600)
    capacity_bytes: int | None = Field(default=None, sa_type=BigInteger)
    fitted_version: int = 1
    removed_version: int | None = None
    fitted_at: datetime | None = optional_moment_field()
    removed_at: datetime | None = optional_moment_field()


class Evidence(SQLModel, table=True):
    """One piece of evidence. `document` is canonical JSON and the truth, `data` repeats it for queries."""

    __tablename__ = "evidence"

    id: UUID = id_field()
    device_id: UUID
    type: EvidenceType = Field(sa_type=enum_type(EvidenceType))
    at_version: int
    recorded_at: datetime = moment_field()
    actor_kind: str
    actor_id: UUID | None = None
    operator_id: UUID | None = None
    source_event: UUID | None = None
    document: bytes = bytes_field()
    sha256: str = Field(max_length=64)
    data: dict[str, Any] = json_field()
