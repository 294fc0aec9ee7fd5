"""Tables of donors, donations and intake batches."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.db.columns import enum_type, id_field, moment_field, optional_moment_field
from fleet.donations.rules import DonationStatus, DonorKind


class Donor(SQLModel, table=True):
    """Who gives. The audit chain names a donor by id only."""

    __tablename__ = "donor"

    id: UUID = id_field()
    organisation_id: UUID
    name: str = Field(max_length=200)
    kind: DonorKind = Field(sa_type=enum_type(DonorKind))
    contact: str = Field(default="", max_length=400)
    postcode: str | None = Field(default=None, max_length=10)
    town: str | None = Field(default=None, max_length=100)
    created_at: datetime = moment_field()


class Donation(SQLModel, table=True):
    """What a donor promised or brought. `declared_serials` are upper case without spaces."""

    __tablename__ = "donation"

    id: UUID = id_field()
    organisation_id: UUID
    reference: str = Field(max_length=20)
    donor_id: UUID = Field(foreign_key="donor.id")
    status: DonationStatus = Field(default=DonationStatus.PLEDGED, sa_type=enum_type(DonationStatus))
    declared_count: int | None = None
    declared_serials: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String(200)), nullable=False))
    note: str = Field(default="", max_length=2000)
    registered_at: datetime = moment_field()
    ended_at: datetime | None = optional_moment_field()


class IntakeBatch(SQLModel, table=True):
    """One delivery: counted and weighed (grams) at arrival, under seal or not."""

    __tablename__ = "intake_batch"

    id: UUID = id_field()
    organisation_id: UUID
    donation_id: UUID = Field(foreign_key="donation.id")
    reference: str = Field(max_length=20)
    received_count: int | None = None
    weight_g: int | None = None
    seal: str | None = Field(default=None, max_length=80)
    opened_at: datetime = moment_field()
    closed_at: datetime | None = optional_moment_field()
