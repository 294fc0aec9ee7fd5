"""The table of kept forms."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import bytes_field, id_field, moment_field


class KeptForm(SQLModel, table=True):
    """What somebody sent after the session had ended. `fields` is JSON of names with their values, as they were typed."""

    __tablename__ = "kept_form"

    id: UUID = id_field()
    organisation_id: UUID
    account_id: UUID = Field(foreign_key="account.id")
    path: str = Field(max_length=2000)
    fields: bytes = bytes_field()
    kept_at: datetime = moment_field()
