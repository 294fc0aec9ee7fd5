"""The table of received events; append-only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import bytes_field, enum_type, moment_field, optional_moment_field
from fleet.intake.rules import Outcome


class StoredEvent(SQLModel, table=True):
    """One event as its bench signed it, and what became of it."""

    __tablename__ = "bench_event"

    bench_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    organisation_id: UUID
    sequence: int | None = None
    type: str
    occurred_at: datetime | None = optional_moment_field()
    received_at: datetime = moment_field()
    outcome: Outcome = Field(sa_type=enum_type(Outcome))
    detail: str | None = None
    device_id: UUID | None = None
    payload: bytes = bytes_field()
    signature: bytes = bytes_field()
    key_id: str
