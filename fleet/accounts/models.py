"""Tables of accounts, their sessions, benches and enrolment codes. Secrets are kept as hashes only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.auth.rules import Role, SignInMeans
from fleet.db.columns import bytes_field, computed_text_field, enum_type, id_field, moment_field, optional_moment_field


class Account(SQLModel, table=True):
    """A member of staff. `login` is lower case and unique in the whole service.

    `organisation_id` is the home organisation, whose admins look after the account; what somebody may do stands in memberships.
    """

    __tablename__ = "account"

    id: UUID = id_field()
    organisation_id: UUID
    login: str = Field(max_length=64)
    display_name: str = Field(max_length=120)
    password_hash: str = Field(max_length=200)
    active: bool = True
    language: str | None = Field(default=None, max_length=2)
    email: str | None = Field(default=None, max_length=254)
    must_change: bool = False
    created_at: datetime = moment_field()
    sort_name: str = computed_text_field("lower(display_name)")


class Membership(SQLModel, table=True):
    """What an account may do in one organisation: the only place of roles."""

    __tablename__ = "membership"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    organisation_id: UUID = Field(primary_key=True)
    roles: list[Role] = Field(sa_column=Column(ARRAY(enum_type(Role)), nullable=False))
    active: bool = True
    created_at: datetime = moment_field()


class AccountSession(SQLModel, table=True):
    """A sign-in. The token itself is in the browser's cookie alone.

    `organisation_id` is the organisation for which it acts now; `idle_minutes`: how long it may rest, None: as long as it lasts.
    """

    __tablename__ = "account_session"

    id: UUID = id_field()
    organisation_id: UUID
    account_id: UUID = Field(foreign_key="account.id")
    token_hash: bytes = bytes_field()
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    revoked_at: datetime | None = optional_moment_field()
    means: SignInMeans = Field(default=SignInMeans.PASSWORD, sa_type=enum_type(SignInMeans))
    workstation_id: UUID | None = None
    idle_minutes: int | None = None
    last_seen_at: datetime = moment_field()
    user_agent: str = Field(default="", max_length=200)


class ResetLink(SQLModel, table=True):
    """A one-time link with which somebody chooses a new password; the link itself is kept nowhere."""

    __tablename__ = "reset_link"

    id: UUID = id_field()
    organisation_id: UUID
    account_id: UUID = Field(foreign_key="account.id")
    token_hash: bytes = bytes_field()
    created_at: datetime = moment_field()
    expires_at: datetime = moment_field()
    used_at: datetime | None = optional_moment_field()


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
