"""The tables of images and of where their bytes are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Computed, String
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
    file_sha256: str | None = Field(default=None, sa_column=Column(String(64), Computed("image_file_sha256(payload)")))
    signature: bytes = bytes_field()
    key_id: str = Field(max_length=16)
    published_at: datetime = moment_field()


class ImageContent(SQLModel, table=True):
    """The bytes of an image's file lie in the content store, and this organisation may read them."""

    __tablename__ = "image_content"

    organisation_id: UUID = Field(primary_key=True)
    file_sha256: str = Field(max_length=64, primary_key=True)
    file_bytes: int = Field(sa_type=BigInteger)
    stored_at: datetime = moment_field()
