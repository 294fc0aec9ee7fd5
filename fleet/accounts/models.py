"""Tables of accounts, their sessions, benches and enrolment codes. Secrets are kept as hashes only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.auth.rules import Role
from fleet.db.columns import bytes_field, enum_type, id_field, moment_field, optional_moment_field


class Account(SQLModel, table=True):
    """A member of staff. `login` is lower case and unique in the whole service."""

    __tablename__ = "account"

    id: UUID = id_field()
    organisation_id: UUID
    login: str = Field(max_length=64)
    display_name: str = Field(max_length=120)
    roles: list[Role] = Field(sa_column=Column(ARRAY(enum_type(Role)), nullable=False))
    password_hash: str = Field(max_length=200)
    active: bool = True
    language: str | None = Field(default=None, max_length=2)
    created_at: datetime = moment_field()


class AccountSession(SQLModel, table=True):
    """A sign-in. The token itself is in the browser's cookie alone."""

    __tablename__ = "account_session"

    id: UUID = id_field()
    organisation_id: UUID
    account_id: UUID = Field(foreign_key="account.id")
    token_hash: bytes = bytes_field()
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    revoked_at: datetime | None = optional_moment_field()


class Bench(SQLModel, table=True):
    """A bench computer, known by its Ed25519 key. `public_key` is base64 of 32 raw bytes."""

    __tablename__ = "bench"

    id: UUID = id_field()
    organisation_id: UUID
    site_id: UUID
    station: str = Field(max_length=80)
    key_id: str = Field(max_length=16)
    public_key: str = Field(max_length=44)
    agent_version: str = Field(default="", max_length=40)
    batch_id: UUID | None = None
    enrolled_at: datetime = moment_field()
    last_seen_at: datetime | None = optional_moment_field()
    revoked_at: datetime | None = optional_moment_field()


class EnrolmentCode(SQLModel, table=True):
    """A one-time code with which one bench may enrol."""

    __tablename__ = "enrolment_code"

    id: UUID = id_field()
    organisation_id: UUID
    site_id: UUID
    code_hash: bytes = bytes_field()
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    used_at: datetime | None = optional_moment_field()
    bench_id: UUID | None = Field(default=None, foreign_key="bench.id")
