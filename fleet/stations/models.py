"""The table of what ports show now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from fleet.db.columns import moment_field


class BenchPorts(SQLModel, table=True):
    """The latest of one bench; `ports` are `PortShown` documents."""

    __tablename__ = "bench_ports"

    bench_id: UUID = Field(primary_key=True)
    organisation_id: UUID
    ports: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    heard_at: datetime = moment_field()
