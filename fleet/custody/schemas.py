"""What the API shows of transfers and takes for them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from fleet.contract.base import Text
from fleet.custody.models import Transfer, TransferLine
from fleet.custody.receiving import Arrival, ScannedIn
from fleet.custody.rules import LineStatus, Ownership, TransferStatus, WhyNot
from fleet.custody.service import Scanned
from fleet.devices.schemas import CODE_EXAMPLE
from fleet.organisations.rules import OrganisationKind


class OtherOut(BaseModel):
    """An organisation as others find it, with the sites to which something can be sent."""

    id: UUID
    name: str
    kind: OrganisationKind
    sites: Mapping[UUID, str]


class TransferIn(BaseModel):
    """A new transfer. `to` is an organisation found by its name; the caller's own for a move between its sites."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"to": "6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11", "ownership": False}]}
    )

    to: UUID
    to_site: UUID | None = None
    from_site: UUID | None = None
    ownership: bool = Field(default=False, description="the devices shall be the other side's own, if it accepts")


class ScanIn(BaseModel):
    """Whatever the scanner gave."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"scanned": CODE_EXAMPLE}]})

    scanned: str = Field(min_length=1, max_length=400)


class ArrivalIn(ScanIn):
    """A scan at the door, and where the device is put."""

    place: Text = Field(default="", max_length=200)


class SendIn(BaseModel):
    """What goes with the devices; all of it may be empty."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"driver": "", "seal": "S-0041"}]})

    driver: Text = Field(default="", max_length=120)
    carrier_reference: Text = Field(default="", max_length=120)
    seal: Text = Field(default="", max_length=80)


class AnswerIn(BaseModel):
    """Whether the receiver takes the devices as its own."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"accept": True}]})

    accept: bool


class LossIn(BaseModel):
    """What is known of the loss; a police reference if it was theft."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"statement": "not in the van, not on the dock"}]})

    statement: Text = Field(min_length=1, max_length=2000)
    police_reference: Text | None = Field(default=None, max_length=120)


class ScannedOut(BaseModel):
    """Green (`why` is null) or red. `again`: it was on the list already."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    green: bool
    why: WhyNot | None
    again: bool

    @classmethod
    def of(cls, scanned: Scanned) -> "ScannedOut":
        """From the service."""
        return cls(code=scanned.code, green=scanned.why is None, why=scanned.why, again=scanned.again)


class ArrivalOut(BaseModel):
    """How a scan at the door ended."""

    code: str
    green: bool
    arrival: Arrival

    @classmethod
    def of(cls, scanned: ScannedIn) -> "ArrivalOut":
        """From the service."""
        green = scanned.arrival in {Arrival.RECEIVED, Arrival.AGAIN}
        return cls(code=scanned.code, green=green, arrival=scanned.arrival)


class LineOut(BaseModel):
    """One device of a transfer."""

    model_config = ConfigDict(from_attributes=True)

    asset_code: str
    description: str
    status: LineStatus
    received_at: datetime | None


class TransferOut(BaseModel):
    """A transfer without its devices."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    reference: str = Field(examples=["T-2026-0007"])
    sender_id: UUID
    receiver_id: UUID
    to_site_id: UUID | None
    status: TransferStatus
    ownership: Ownership
    driver: str
    carrier_reference: str
    seal: str
    created_at: datetime
    sent_at: datetime | None
    closed_at: datetime | None


class TransferFiche(BaseModel):
    """A transfer with its devices."""

    transfer: TransferOut
    lines: list[LineOut]

    @classmethod
    def of(cls, transfer: Transfer, lines: Sequence[TransferLine]) -> "TransferFiche":
        """From the service."""
        shown = [LineOut.model_validate(line) for line in lines]
        return cls(transfer=TransferOut.model_validate(transfer), lines=shown)


class TransferPage(BaseModel):
    """Some transfers, and the cursor of the next page."""

    items: list[TransferOut]
    next: str | None
