"""Tables of enrolled computers and of the codes with which they enrol. Secrets are kept as hashes only."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import bytes_field, id_field, moment_field, optional_moment_field

MAX_NAME = 80


class Workstation(SQLModel, table=True):
    """A browser on a computer of a bench or a desk. Its token is in the cookie of that browser alone."""

    __tablename__ = "workstation"

    id: UUID = id_field()
    organisation_id: UUID
    site_id: UUID
    name: str = Field(max_length=MAX_NAME)
    token_hash: bytes = bytes_field()
    enrolled_at: datetime = moment_field()
    last_seen_at: datetime | None = optional_moment_field()
    revoked_at: datetime | None = optional_moment_field()


class WorkstationCode(SQLModel, table=True):
    """A one-time code with which one browser enrols, and what that computer will be called."""

    __tablename__ = "workstation_code"

    id: UUID = id_field()
    organisation_id: UUID
    site_id: UUID
    name: str = Field(max_length=MAX_NAME)
    code_hash: bytes = bytes_field()
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    used_at: datetime | None = optional_moment_field()
    workstation_id: UUID | None = Field(default=None, foreign_key="workstation.id")
