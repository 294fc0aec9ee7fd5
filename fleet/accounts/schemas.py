"""What the JSON API of accounts and benches takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from fleet.accounts.rules import MAX_PASSWORD
from fleet.auth.rules import Role
from fleet.ui.i18n import Language

_ACCOUNT = "0f4a2c1e-6a57-4f0a-9a63-0d6f6f3f5b11"
_BENCH = "7b0d9a54-1c1e-4d2c-8a59-3f0f4f6e2a90"


class SignInIn(BaseModel):
    """Login and password."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"login": "els", "password": "vier groene fietsen"}]}
    )

    login: str = Field(min_length=1, max_length=64)
    password: SecretStr = Field(min_length=1, max_length=MAX_PASSWORD)


class SessionOut(BaseModel):
    """A session was opened; its token is in the cookie."""

    csrf_token: str = Field(description="send it as X-CSRF-Token with every request that changes something")
    expires_at: datetime


class MeOut(BaseModel):
    """Who is signed in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_id": _ACCOUNT,
                    "name": "Els",
                    "roles": ["workshop"],
                    "organisation_id": "c2b5b1de-7d0e-4f37-8a5d-2a2f0f6a7c11",
                    "organisation_name": "Kringwinkel Centrum",
                    "language": "nl",
                    "csrf_token": "5c2f",
                }
            ]
        }
    )

    account_id: UUID | None
    name: str
    roles: list[Role]
    organisation_id: UUID
    organisation_name: str
    language: str | None
    csrf_token: str | None


class AccountOut(BaseModel):
    """An account, without any secret."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": _ACCOUNT,
                    "login": "els",
                    "display_name": "Els",
                    "roles": ["workshop"],
                    "active": True,
                    "language": "nl",
                    "home": True,
                    "created_at": "2026-03-02T08:00:00Z",
                }
            ]
        },
    )

    id: UUID
    login: str
    display_name: str
    roles: list[Role]
    active: bool
    language: str | None
    home: bool = Field(description="whether this organisation looks after the account itself")
    created_at: datetime


class AccountPage(BaseModel):
    """Some accounts, and the cursor of the next page."""

    items: list[AccountOut]
    next: str | None


class AccountChange(BaseModel):
    """What may be changed of an account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"display_name": "Els", "roles": ["workshop", "lead"], "language": "nl"}]},
    )

    display_name: str = Field(min_length=1, max_length=120)
    roles: frozenset[Role] = Field(min_length=1)
    language: Language | None = None


class AccountIn(AccountChange):
    """A new account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"login": "els", "display_name": "Els", "roles": ["workshop"], "password": "vier groene fietsen"}]
        },
    )

    login: str = Field(min_length=2, max_length=64)
    password: SecretStr = Field(min_length=1, max_length=MAX_PASSWORD)


class PasswordIn(BaseModel):
    """A new password."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"password": "vier groene fietsen"}]})

    password: SecretStr = Field(min_length=1, max_length=MAX_PASSWORD)


class InvitationIn(BaseModel):
    """Somebody of another organisation, by login, and roles in this one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"login": "els", "roles": ["workshop"]}]})

    login: str = Field(min_length=2, max_length=64)
    roles: frozenset[Role] = Field(min_length=1)


class ResetLinkOut(BaseModel):
    """A one-time link, shown this once."""

    address: str = Field(examples=["https://herstart.example/reset/9Jx2"])
    valid_for_s: int = Field(examples=[86400])


class SessionsEndedOut(BaseModel):
    """Sign-ins that were ended."""

    sessions: int = Field(ge=0, examples=[2])


class ActiveIn(BaseModel):
    """Whether the account may sign in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"active": False}]})

    active: bool


class BenchOut(BaseModel):
    """An enrolled bench."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": _BENCH,
                    "site_id": "5f1c1f0e-54d1-4a0c-a3f5-8c5c6c7d8e9f",
                    "station": "Bench 1",
                    "key_id": "3f2a9c0d1e4b5a67",
                    "agent_version": "0.1.0",
                    "batch_id": None,
                    "enrolled_at": "2026-03-02T08:00:00Z",
                    "last_seen_at": "2026-03-02T09:12:00Z",
                    "revoked_at": None,
                }
            ]
        },
    )

    id: UUID
    site_id: UUID
    station: str
    key_id: str
    agent_version: str
    batch_id: UUID | None
    enrolled_at: datetime
    last_seen_at: datetime | None
    revoked_at: datetime | None


class BenchPage(BaseModel):
    """Some benches, and the cursor of the next page."""

    items: list[BenchOut]
    next: str | None


class CodeIn(BaseModel):
    """Where the bench will stand."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"site_id": "5f1c1f0e-54d1-4a0c-a3f5-8c5c6c7d8e9f"}]}
    )

    site_id: UUID


class CodeOut(BaseModel):
    """A one-time code, shown this once."""

    code: str = Field(examples=["K7QM-4T2X-9D8H"])
    valid_for_s: int = Field(examples=[3600])
