"""Tables of asset codes and the blocks in which benches lease them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import moment_field


class CodeLease(SQLModel, table=True):
    """A block of codes that a bench asked for; the same request of the same bench is one lease."""

    __tablename__ = "code_lease"

    bench_id: UUID = Field(primary_key=True)
    request_id: UUID = Field(primary_key=True)
    organisation_id: UUID
    leased_at: datetime = moment_field()


class Tag(SQLModel, table=True):
    """An asset code that was issued, once and for ever. `code` is 8 characters, upper case, no dash."""

    __tablename__ = "tag"

    code: str = Field(primary_key=True, max_length=8)
    organisation_id: UUID
    bench_id: UUID | None = None
    request_id: UUID | None = None
    issued_at: datetime = moment_field()
