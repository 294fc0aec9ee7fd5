"""What the JSON API of donations takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from fleet.donations.rules import Custody, CustodyReport, DifferenceKind, DonationStatus, DonorKind

_ID = "9d3f7f4e-9b0a-4b6e-8a43-64c1f7a2d0b1"
_OTHER = "2f1e6c7a-1a2b-4c3d-9e8f-0a1b2c3d4e5f"
MOST_SERIALS = 5000


class DonorIn(BaseModel):
    """A new donor."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Stad Voorbeeld, dienst ICT", "kind": "authority", "town": "Gent"}]},
    )

    name: str = Field(min_length=1, max_length=200)
    kind: DonorKind = DonorKind.OTHER
    contact: str = Field(default="", max_length=400)
    postcode: str | None = Field(default=None, max_length=10)
    town: str | None = Field(default=None, max_length=100)


class DonorOut(BaseModel):
    """A donor."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=[_ID])
    name: str = Field(examples=["Stad Voorbeeld, dienst ICT"])
    kind: DonorKind
    contact: str
    postcode: str | None
    town: str | None
    created_at: datetime


class DonorPage(BaseModel):
    """Some donors, and the cursor of the next page."""

    items: list[DonorOut]
    next: str | None


class DonationIn(BaseModel):
    """A new donation: a count, or the serial numbers."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"donor_id": _ID, "declared_count": 12, "note": "laptops"}]}
    )

    donor_id: UUID
    declared_count: int | None = Field(default=None, gt=0, le=1_000_000)
    declared_serials: list[str] = Field(default_factory=list, max_length=MOST_SERIALS)
    note: str = Field(default="", max_length=2000)


class DonationOut(BaseModel):
    """A donation."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=[_OTHER])
    reference: str = Field(examples=["D-2026-0001"])
    donor_id: UUID = Field(examples=[_ID])
    status: DonationStatus
    declared_count: int | None
    declared_serials: list[str]
    note: str
    registered_at: datetime
    ended_at: datetime | None


class DonationPage(BaseModel):
    """Some donations, and the cursor of the next page."""

    items: list[DonationOut]
    next: str | None


class ArrivalIn(BaseModel):
    """What was counted and weighed at arrival; what is absent stays as it is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"received_count": 12, "weight_g": 26400, "seal": "S-0041"}]}
    )

    received_count: int | None = Field(default=None, ge=0, le=1_000_000)
    weight_g: int | None = Field(default=None, gt=0, le=1_000_000_000, description="grams")
    seal: str | None = Field(default=None, max_length=80)


class BatchIn(ArrivalIn):
    """A delivery that came in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"donation_id": _OTHER, "received_count": 12}]})

    donation_id: UUID


class BatchOut(BaseModel):
    """An intake batch."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=["4b8f0f4e-33d5-4b0c-8f5e-1d2c3b4a5968"])
    reference: str = Field(examples=["B-2026-0001"])
    donation_id: UUID = Field(examples=[_OTHER])
    received_count: int | None
    weight_g: int | None = Field(description="grams")
    seal: str | None
    opened_at: datetime
    closed_at: datetime | None


class BatchPage(BaseModel):
    """Some batches, and the cursor of the next page."""

    items: list[BatchOut]
    next: str | None


class AssignIn(BaseModel):
    """The batch on which a bench works; null for none."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"batch_id": "4b8f0f4e-33d5-4b0c-8f5e-1d2c3b4a5968"}]}
    )

    batch_id: UUID | None


class DifferenceOut(BaseModel):
    """Why two figures differ."""

    kind: DifferenceKind
    count: int
    serials: list[str]
    text: str = Field(examples=["2 declared by the donor, but not received."])


class CustodyOut(BaseModel):
    """Where everything of a donation is: `registered` is the sum of `lines`."""

    declared: int | None = Field(examples=[12])
    counted: int | None = Field(examples=[10], description="null while no batch was counted")
    registered: int = Field(examples=[10])
    labelled: int = Field(examples=[10], description="with a label that was scanned back")
    proven_clean: int = Field(examples=[9], description="with proof that their storage is clean")
    lines: dict[Custody, int]
    differences: list[DifferenceOut]

    @classmethod
    def of(cls, report: CustodyReport) -> "CustodyOut":
        """From what the service found."""
        return cls(
            declared=report.declared,
            counted=report.counted,
            registered=report.registered,
            labelled=report.labelled,
            proven_clean=report.proven_clean,
            lines=dict(report.lines),
            differences=[
                DifferenceOut(kind=line.kind, count=line.count, serials=list(line.serials), text=line.text)
                for line in report.differences
            ],
        )
