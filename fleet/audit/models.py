"""Tables of the chain. Both are append-only: triggers refuse UPDATE, DELETE and TRUNCATE."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import bytes_field, id_field, moment_field


class AuditEvent(SQLModel, table=True):
    """One event; `body` is the truth, the other columns repeat it for queries."""

    __tablename__ = "audit_event"

    organisation_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = moment_field()
    type: str = Field(max_length=40)
    actor_id: UUID | None = None
    device_id: UUID | None = None
    body: bytes = bytes_field()
    hash: bytes = bytes_field()


class ChainHead(SQLModel, table=True):
    """The newest event at some moment, signed by the service: what makes the loss of the newest events visible."""

    __tablename__ = "chain_head"

    id: UUID = id_field()
    organisation_id: UUID
    seq: int
    hash: bytes = bytes_field()
    signed_at: datetime = moment_field()
    payload: bytes = bytes_field()
    signature: bytes = bytes_field()
    key_id: str
