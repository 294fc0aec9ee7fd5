"""The table of API tokens; the token itself is with its holder alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.auth.rules import Scope
from fleet.db.columns import bytes_field, enum_type, id_field, moment_field, optional_moment_field


class ApiToken(SQLModel, table=True):
    """A token of an organisation. `made_by` is the account in whose roles it acts; None: the command line made it."""

    __tablename__ = "api_token"

    id: UUID = id_field()
    organisation_id: UUID
    name: str = Field(max_length=80)
    scopes: list[Scope] = Field(sa_column=Column(ARRAY(enum_type(Scope)), nullable=False))
    token_hash: bytes = bytes_field()
    made_by: UUID | None = None
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    last_used_at: datetime | None = optional_moment_field()
    revoked_at: datetime | None = optional_moment_field()
