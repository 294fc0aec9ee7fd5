"""The table of images."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.contract.kinds import DeviceKind
from fleet.db.columns import bytes_field, enum_type, id_field, moment_field


class Image(SQLModel, table=True):
    """A version of an image; `payload` is its manifest as signed, the other columns repeat it for queries."""

    __tablename__ = "image"

    id: UUID = id_field()
    organisation_id: UUID
    name: str = Field(max_length=64)
    version: str = Field(max_length=32)
    language: str = Field(max_length=5)
    target_kind: DeviceKind = Field(sa_type=enum_type(DeviceKind))
    payload: bytes = bytes_field()
    signature: bytes = bytes_field()
    key_id: str = Field(max_length=16)
    published_at: datetime = moment_field()
