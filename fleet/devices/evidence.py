"""What can prove a step: a closed list of evidence, each with a shape of its own.

Evidence names people by id only. A value is checked here, at the door; once stored it never changes.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import QuarantineReason, VisualResult
from fleet.devices.evidence_storage import (
    FittedInto,
    NothingWritten,
    StorageDestroyed,
    StorageErased,
    StorageFitted,
    StorageInventory,
    StorageNoneFitted,
    StorageRemoved,
    StorageReset,
    StorageSealed,
    TakenOutOf,
    WipeFailure,
)
from fleet.devices.evidence_types import EvidenceType, NonBlank
from fleet.devices.states import Origin

# What is defined beside this file and belongs to the list all the same; whoever wants evidence asks here.
__all__ = [
    "EvidenceType",
    "FittedInto",
    "NonBlank",
    "NothingWritten",
    "StorageDestroyed",
    "StorageErased",
    "StorageFitted",
    "StorageInventory",
    "StorageNoneFitted",
    "StorageRemoved",
    "StorageReset",
    "StorageSealed",
    "TakenOutOf",
    "WipeFailure",
]


class Intake(Wire):
    """Where the device came in."""

    type: Literal[EvidenceType.INTAKE] = EvidenceType.INTAKE
    origin: Origin
    batch_id: UUID | None = None
    sealed: bool = Field(default=False, description="bought new and still in its sealed box")


class Place(Wire):
    """Where it stands now; without a site it stays at the one where it was."""

    type: Literal[EvidenceType.PLACE] = EvidenceType.PLACE
    place: NonBlank
    site_id: UUID | None = None


class Visual(Wire):
    """The visual inspection that comes first (MB 23-06-2017), with what the fiche must name."""

    type: Literal[EvidenceType.VISUAL] = EvidenceType.VISUAL
    result: VisualResult
    defects: tuple[Text, ...] = ()
    eea_category: int | None = Field(default=None, ge=1, le=6)
    weight_g: int | None = Field(default=None, gt=0, le=200_000)


class LabelPrintedProof(Wire):
    """A label was drawn."""

    type: Literal[EvidenceType.LABEL_PRINTED] = EvidenceType.LABEL_PRINTED
    payload: Text
    sha256: Text | None = None


class LabelScannedProof(Wire):
    """The label on the device was read back and says this device's code."""

    type: Literal[EvidenceType.LABEL_SCANNED] = EvidenceType.LABEL_SCANNED
    scanned: NonBlank


class Reason(Wire):
    """Why."""

    type: Literal[EvidenceType.REASON] = EvidenceType.REASON
    text: NonBlank


class QuarantineWhy(Wire):
    """Why a device is set apart."""

    type: Literal[EvidenceType.QUARANTINE_REASON] = EvidenceType.QUARANTINE_REASON
    reason: QuarantineReason
    detail: Text = ""


class ReasonCleared(Wire):
    """What took the reason away."""

    type: Literal[EvidenceType.REASON_CLEARED] = EvidenceType.REASON_CLEARED
    text: NonBlank


class Receipt(Wire):
    """A signed receipt, by its reference."""

    type: Literal[EvidenceType.RECEIPT] = EvidenceType.RECEIPT
    reference: NonBlank


class WorkOrder(Wire):
    """A work order, by its fault or number."""

    type: Literal[EvidenceType.WORK_ORDER] = EvidenceType.WORK_ORDER
    fault: NonBlank


class RepairOutcome(Wire):
    """How a repair ended."""

    type: Literal[EvidenceType.REPAIR_OUTCOME] = EvidenceType.REPAIR_OUTCOME
    outcome: Literal["fixed", "repairable", "end_of_life", "unknown"]
    note: Text = ""


class ImageStartedProof(Wire):
    """Which image is being written."""

    type: Literal[EvidenceType.IMAGE_STARTED] = EvidenceType.IMAGE_STARTED
    name: NonBlank
    version: NonBlank


class ImageWritten(Wire):
    """An image was written and read back; for a phone or router its firmware version."""

    type: Literal[EvidenceType.IMAGE_WRITTEN] = EvidenceType.IMAGE_WRITTEN
    name: NonBlank
    version: NonBlank
    sha256: Text | None = None
    firmware: Text | None = None


class ImageRecorded(Wire):
    """Somebody says that another tool wrote an image. `verified` is always false: this service saw none of it."""

    type: Literal[EvidenceType.IMAGE_RECORDED] = EvidenceType.IMAGE_RECORDED
    name: NonBlank
    version: NonBlank
    sha256: Text | None = None
    tool: NonBlank
    tool_version: NonBlank
    verified: Literal[False] = False


class TestResult(Wire):
    """The functional and electrical-safety tests. `tester` is an account's id."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    type: Literal[EvidenceType.TEST_RESULT] = EvidenceType.TEST_RESULT
    functional: bool
    electrical: bool | None = None
    battery_percent: int | None = Field(default=None, ge=0, le=100)
    tester: UUID
    note: Text = ""


class HardwareRead(Wire):
    """An agent read what the device is made of; the whole report is kept under its id."""

    type: Literal[EvidenceType.HARDWARE_READ] = EvidenceType.HARDWARE_READ
    report_id: UUID
    battery_percent: int | None = None
    memory_bytes: int | None = None
    drives_failing: tuple[Text, ...] = ()


class Checked(Wire):
    """The bench's check-list; `faults` are the items that are not good, with their answer."""

    type: Literal[EvidenceType.CHECKED] = EvidenceType.CHECKED
    list_id: UUID
    answered: int = Field(ge=1)
    faults: tuple[Text, ...] = ()
    note: Text = ""


class Holder(Wire):
    """Who gets it, by an opaque case reference."""

    type: Literal[EvidenceType.HOLDER] = EvidenceType.HOLDER
    reference: NonBlank


class Agreement(Wire):
    """The signed agreement, by its reference."""

    type: Literal[EvidenceType.AGREEMENT] = EvidenceType.AGREEMENT
    reference: NonBlank


class KitScanned(Wire):
    """All codes of the kit were scanned at the hand-over."""

    type: Literal[EvidenceType.KIT_SCANNED] = EvidenceType.KIT_SCANNED
    codes: tuple[Text, ...] = Field(min_length=1)


class Due(Wire):
    """When it must be back, or when a reservation ends."""

    type: Literal[EvidenceType.DUE] = EvidenceType.DUE
    at: Moment


class SiteGiven(Wire):
    """The fixed place."""

    type: Literal[EvidenceType.SITE] = EvidenceType.SITE
    site: NonBlank


class Decision(Wire):
    """The decision or policy that this rests on."""

    type: Literal[EvidenceType.DECISION] = EvidenceType.DECISION
    reference: NonBlank


class ReturnCheck(Wire):
    """The check-list at the desk, and the counter-signature or why it is absent."""

    type: Literal[EvidenceType.RETURN_CHECK] = EvidenceType.RETURN_CHECK
    counter_signature: Text | None = None
    absent_because: Text | None = None
    files_kept: bool = Field(description="'Bestanden bewaard?'")
    property_found: tuple[Text, ...] = Field(default=(), description="SIM, SD card, eID of the borrower")


class Swap(Wire):
    """The other device of an exchange."""

    type: Literal[EvidenceType.SWAP] = EvidenceType.SWAP
    other_code: NonBlank


class LossStatement(Wire):
    """What is known of the loss; a police reference if it was theft."""

    type: Literal[EvidenceType.LOSS_STATEMENT] = EvidenceType.LOSS_STATEMENT
    text: NonBlank
    police_reference: Text | None = None


class FoundReport(Wire):
    """Where and how it was found."""

    type: Literal[EvidenceType.FOUND_REPORT] = EvidenceType.FOUND_REPORT
    text: NonBlank


class PartsHarvested(Wire):
    """What went into stock."""

    type: Literal[EvidenceType.PARTS_HARVESTED] = EvidenceType.PARTS_HARVESTED
    parts: tuple[NonBlank, ...]


class Shipment(Wire):
    """A recycler took it: weighbridge and signature."""

    type: Literal[EvidenceType.SHIPMENT] = EvidenceType.SHIPMENT
    reference: NonBlank
    weight_g: int = Field(gt=0)
    signature: NonBlank


class HandOver(Wire):
    """To whom outside, with the export of its history."""

    type: Literal[EvidenceType.HAND_OVER] = EvidenceType.HAND_OVER
    to: NonBlank
    export_sha256: NonBlank


class DuplicateOf(Wire):
    """The device that this record turned out to be."""

    type: Literal[EvidenceType.DUPLICATE_OF] = EvidenceType.DUPLICATE_OF
    device_id: UUID


class Unproven(Wire):
    """Entered at go-live on somebody's word."""

    type: Literal[EvidenceType.UNPROVEN] = EvidenceType.UNPROVEN
    note: NonBlank


AnyEvidence = Annotated[
    Intake
    | HardwareRead
    | Checked
    | Place
    | Visual
    | LabelPrintedProof
    | LabelScannedProof
    | Reason
    | QuarantineWhy
    | ReasonCleared
    | Receipt
    | StorageInventory
    | StorageErased
    | StorageNoneFitted
    | StorageReset
    | StorageDestroyed
    | StorageSealed
    | WipeFailure
    | NothingWritten
    | WorkOrder
    | RepairOutcome
    | ImageStartedProof
    | ImageWritten
    | ImageRecorded
    | TestResult
    | Holder
    | Agreement
    | KitScanned
    | Due
    | SiteGiven
    | Decision
    | ReturnCheck
    | Swap
    | LossStatement
    | FoundReport
    | PartsHarvested
    | Shipment
    | HandOver
    | DuplicateOf
    | Unproven
    | FittedInto
    | TakenOutOf
    | StorageFitted
    | StorageRemoved,
    Field(discriminator="type"),
]
