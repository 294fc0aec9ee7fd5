"""Tables of passkeys, and of whom they were offered to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import ARRAY, VARCHAR
from sqlmodel import Field, SQLModel

from fleet.accounts.passkeys_rules import MAX_NAME
from fleet.db.columns import bytes_field, id_field, moment_field, optional_moment_field


class Passkey(SQLModel, table=True):
    """The public half of a key pair. `public_key` is a COSE key; `backed_up`: the maker keeps copies in its cloud."""

    __tablename__ = "passkey"

    id: UUID = id_field()
    account_id: UUID = Field(foreign_key="account.id")
    name: str = Field(max_length=MAX_NAME)
    credential_id: bytes = bytes_field()
    public_key: bytes = bytes_field()
    sign_count: int = Field(default=0, sa_type=BigInteger)
    transports: list[str] = Field(sa_column=Column(ARRAY(VARCHAR(20)), nullable=False))
    backed_up: bool = False
    created_at: datetime = moment_field()
    last_used_at: datetime | None = optional_moment_field()
    blocked_at: datetime | None = optional_moment_field()
    """A copy of it was used: it opens nothing any more."""


class PasskeyOffer(SQLModel, table=True):
    """When an account was asked whether it wants a passkey; nobody is asked twice."""

    __tablename__ = "passkey_offer"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    offered_at: datetime = moment_field()
