"""Tables of saved views and chosen columns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.db.columns import id_field, moment_field


class SavedView(SQLModel, table=True):
    """Filters and order of a list under a name. `query` is what stands in the address, without a page."""

    __tablename__ = "saved_view"

    id: UUID = id_field()
    organisation_id: UUID
    account_id: UUID
    of_list: str = Field(max_length=40)
    name: str = Field(max_length=80)
    query: str = Field(max_length=2000)
    shared: bool = False
    created_at: datetime = moment_field()


class ListColumns(SQLModel, table=True):
    """The columns of a list that one person sees in one organisation, by their names."""

    __tablename__ = "list_columns"

    organisation_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    of_list: str = Field(max_length=40, primary_key=True)
    columns: list[str] = Field(sa_column=Column(ARRAY(String(40)), nullable=False))
