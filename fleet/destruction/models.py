"""Tables of destruction: what one person recorded, and what another answered. Both append-only.

`document` is canonical JSON and the truth; the other columns repeat it for queries.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.contract.kinds import DestructionMethod
from fleet.db.columns import bytes_field, enum_type, moment_field


class DestructionRecord(SQLModel, table=True):
    """One act of destruction as its operator tells it. The photo is kept without metadata."""

    __tablename__ = "destruction_record"

    id: UUID = Field(primary_key=True)
    organisation_id: UUID
    device_id: UUID
    storage_keys: list[str] = Field(sa_column=Column(ARRAY(String(600)), nullable=False))
    method: DestructionMethod = Field(sa_type=enum_type(DestructionMethod))
    operator_id: UUID
    opened_at: datetime = moment_field()
    task_id: UUID
    document: bytes = bytes_field()
    sha256: str = Field(max_length=64)
    photo: bytes = bytes_field()
    photo_type: str
    photo_sha256: str = Field(max_length=64)


class DestructionAnswer(SQLModel, table=True):
    """What the witness says: one answer a record, from another account than the operator's."""

    __tablename__ = "destruction_answer"

    record_id: UUID = Field(primary_key=True)
    organisation_id: UUID
    witness_id: UUID
    confirmed: bool
    note: str = ""
    answered_at: datetime = moment_field()
