"""The table of identities at other providers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.db.columns import id_field, moment_field, optional_moment_field


class ExternalIdentity(SQLModel, table=True):
    """Who an account is at a provider: issuer and subject together, never an e-mail address, which can change hands.

    `granted`: the organisations in which the provider's mapping gave the roles at the last sign-in.
    """

    __tablename__ = "external_identity"

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    issuer: str = Field(max_length=400)
    subject: str = Field(max_length=255)
    granted: list[UUID] = Field(default_factory=list, sa_column=Column(ARRAY(Uuid), nullable=False))
    created_at: datetime = moment_field()
    last_used_at: datetime | None = optional_moment_field()
