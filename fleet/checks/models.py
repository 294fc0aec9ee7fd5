"""Tables of hardware reports and check-lists; append-only. The signed event is the truth, these are for queries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import id_field, json_field, moment_field


class HardwareRecord(SQLModel, table=True):
    """What an agent read of a device at one moment."""

    __tablename__ = "hardware_report"

    id: UUID = id_field()
    organisation_id: UUID
    device_id: UUID
    bench_id: UUID | None = None
    report: dict[str, Any] = json_field()
    received_at: datetime = moment_field()


class CheckList(SQLModel, table=True):
    """What a person found when looking at a device. `answers`: item to answer."""

    __tablename__ = "check_list"

    id: UUID = id_field()
    organisation_id: UUID
    device_id: UUID
    answers: dict[str, Any] = json_field()
    note: str = Field(default="", max_length=2000)
    made_at: datetime = moment_field()
