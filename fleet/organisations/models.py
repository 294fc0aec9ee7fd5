"""Tables of organisations, their sites and the places in them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.db.columns import enum_type, id_field, moment_field, optional_moment_field
from fleet.organisations.rules import OrganisationKind


class Organisation(SQLModel, table=True):
    """One organisation. `contact` is what a stranger who scans a label may read."""

    __tablename__ = "organisation"

    id: UUID = id_field()
    name: str = Field(max_length=120)
    kind: OrganisationKind = Field(sa_type=enum_type(OrganisationKind))
    contact: str = Field(default="", max_length=400)
    nis_code: str | None = Field(default=None, max_length=5)
    two_person_release: bool = False
    created_at: datetime = moment_field()
    left_at: datetime | None = optional_moment_field()


class Site(SQLModel, table=True):
    """A place of an organisation: a workshop, a desk."""

    __tablename__ = "site"

    id: UUID = id_field()
    organisation_id: UUID
    name: str = Field(max_length=120)
    created_at: datetime = moment_field()
    closed_at: datetime | None = optional_moment_field()


class StorageLocation(SQLModel, table=True):
    """A shelf, a cage, a cupboard of a site."""

    __tablename__ = "storage_location"

    id: UUID = id_field()
    organisation_id: UUID
    site_id: UUID = Field(foreign_key="site.id")
    name: str = Field(max_length=120)
    created_at: datetime = moment_field()
    closed_at: datetime | None = optional_moment_field()
