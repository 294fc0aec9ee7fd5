"""The task table."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import enum_type, id_field, json_field, moment_field, optional_moment_field
from fleet.tasks.rules import TaskKind


class Task(SQLModel, table=True):
    """Something that a person must decide; closed with a note, never deleted."""

    __tablename__ = "task"

    id: UUID = id_field()
    organisation_id: UUID
    kind: TaskKind = Field(sa_type=enum_type(TaskKind))
    device_id: UUID | None = None
    data: dict[str, Any] = json_field()
    opened_at: datetime = moment_field()
    closed_at: datetime | None = optional_moment_field()
    closed_by: UUID | None = None
    note: str | None = None
