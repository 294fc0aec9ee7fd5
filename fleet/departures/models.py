"""The table of departures: one row for an organisation that is leaving or has left."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from fleet.db.columns import moment_field, optional_moment_field


class Departure(SQLModel, table=True):
    """How far an organisation is with leaving; `last_hash` is that of the last event of its chain."""

    __tablename__ = "departure"

    organisation_id: UUID = Field(primary_key=True)
    started_at: datetime = moment_field()
    started_by: UUID | None = None
    closed_at: datetime | None = optional_moment_field()
    export_sha256: str | None = Field(default=None, max_length=64)
    export_bytes: int | None = None
    last_seq: int | None = None
    last_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    token_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    token_until: datetime | None = optional_moment_field()
