"""The table of what was confirmed for several devices at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from fleet.db.columns import moment_field, optional_moment_field


class BulkRun(SQLModel, table=True):
    """One confirmed action. `pending` are pairs of code and version still to do, `results` what became of the others.

    The browser makes up its id, so it counts for one person only. `words` is the reason or the place that was typed. Lists are
    replaced whole, never changed in place.
    """

    __tablename__ = "bulk_run"

    id: UUID = Field(primary_key=True)
    organisation_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    action: str = Field(max_length=40)
    choice: str = Field(default="", max_length=200)
    words: str = Field(default="", max_length=2000)
    pending: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    results: list[Any] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    created_at: datetime = moment_field()
    finished_at: datetime | None = optional_moment_field()
