"""Tables of badges and of wrong PINs. Code and PIN are kept as hashes only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import bytes_field, id_field, moment_field, optional_moment_field


class Badge(SQLModel, table=True):
    """A person's badge in one organisation; one at a time. `wrong_pins` counts since the last right one, everywhere."""

    __tablename__ = "badge"

    id: UUID = id_field()
    organisation_id: UUID
    account_id: UUID = Field(foreign_key="account.id")
    code_hash: bytes = bytes_field()
    pin_hash: str | None = Field(default=None, max_length=200)
    wrong_pins: int = 0
    created_at: datetime = moment_field()
    ended_at: datetime | None = optional_moment_field()


class BadgeTries(SQLModel, table=True):
    """Wrong PINs of one badge on one workstation, and when the last of them was."""

    __tablename__ = "badge_tries"

    badge_id: UUID = Field(primary_key=True, foreign_key="badge.id")
    workstation_id: UUID = Field(primary_key=True, foreign_key="workstation.id")
    organisation_id: UUID
    count: int
    at: datetime = moment_field()
