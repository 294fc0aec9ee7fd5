"""What a bench reports: each event has an id made at the bench, a place in the bench's own order, and a signature."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.finishing import FinishedStep
from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport
from fleet.contract.kinds import DeviceKind, QuarantineReason, Verdict, VisualResult
from fleet.contract.signing import SignedDocument
from fleet.contract.storage import StorageIdentity

AssetCode = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{7}[0-9A-Z]$", description="8 characters, no dash")]


class DeviceReceived(Wire):
    """A device was seen for the first time at a port and got its code."""

    type: Literal["device.received"] = "device.received"
    asset_code: AssetCode
    kind: DeviceKind
    manufacturer: Text | None = None
    model: Text
    serial: Text
    storages: tuple[StorageIdentity, ...] = Field(description="every storage fitted")
    port: Text
    batch_id: UUID | None = Field(default=None, description="the port's current intake batch, when the bench knew it")


class LabelPrinted(Wire):
    """A label was drawn for a device."""

    type: Literal["label.printed"] = "label.printed"
    asset_code: AssetCode
    payload: Text = Field(description="what the QR code says")
    sha256: Text = Field(description="of the label's PDF, hex")


class LabelScanned(Wire):
    """The label was read back on the device, so that the sticker and the record are the same."""

    type: Literal["label.scanned"] = "label.scanned"
    asset_code: AssetCode
    scanned: Text = Field(description="exactly what the scanner gave")
    port: Text


class DeviceInspected(Wire):
    """The visual inspection, done by the operator at the bench."""

    type: Literal["device.inspected"] = "device.inspected"
    asset_code: AssetCode
    visual: VisualResult
    defects: tuple[Text, ...] = ()
    place: Text
    weight_g: int | None = Field(default=None, gt=0)


class WipeStarted(Wire):
    """A confirmed plan began; from here bytes may be lost."""

    type: Literal["wipe.started"] = "wipe.started"
    asset_code: AssetCode
    job_id: UUID
    storages: tuple[StorageIdentity, ...] = Field(description="the storage inventory, as read just before")
    plan: dict[Text, Text] = Field(description="the confirmed plan, as printed")


class WipeFinished(Wire):
    """How a wipe ended. `certificate` is there exactly when the verdict is erased."""

    type: Literal["wipe.finished"] = "wipe.finished"
    asset_code: AssetCode
    job_id: UUID
    storage: StorageIdentity
    verdict: Verdict
    certificate: SignedDocument | None = None
    reason: Text | None = None
    medium_failure: bool = Field(default=False, description="the medium failed, not the bench: counts as a retry")
    bytes_written: int = Field(ge=0, default=0)
    log: tuple[Text, ...] = ()


class WipeCancelled(Wire):
    """The job ended before anything was written."""

    type: Literal["wipe.cancelled"] = "wipe.cancelled"
    asset_code: AssetCode
    job_id: UUID
    reason: Text


class ImageStarted(Wire):
    """An image is being written."""

    type: Literal["image.started"] = "image.started"
    asset_code: AssetCode
    job_id: UUID
    name: Text
    version: Text
    sha256: Text = Field(description="of the unpacked image, hex")


class ImageFinished(Wire):
    """An image was written and read back."""

    type: Literal["image.finished"] = "image.finished"
    asset_code: AssetCode
    job_id: UUID
    name: Text
    version: Text
    sha256: Text
    storage: StorageIdentity
    mapped_bytes: int = Field(ge=0)
    read_back_bytes: int = Field(ge=0)
    finishing: tuple[FinishedStep, ...] = Field(default=(), description="what was done to it afterwards, each read back")


class ImageRecorded(Wire):
    """Another tool wrote an image, as the operator says: a record, which nobody verified."""

    type: Literal["image.recorded"] = "image.recorded"
    asset_code: AssetCode
    tool: Text = Field(min_length=1, max_length=80)
    tool_version: Text = Field(min_length=1, max_length=80)
    name: Text = Field(min_length=1, max_length=80)
    version: Text = Field(min_length=1, max_length=80)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$", description="of the unpacked image, if it is known")
    storage: StorageIdentity


class ImageFailed(Wire):
    """An image could not be written or did not read back."""

    type: Literal["image.failed"] = "image.failed"
    asset_code: AssetCode
    job_id: UUID
    name: Text
    version: Text
    reason: Text


class DeviceQuarantined(Wire):
    """The bench set a device apart."""

    type: Literal["device.quarantined"] = "device.quarantined"
    asset_code: AssetCode
    reason: QuarantineReason
    detail: Text


class DeviceMeasured(Wire):
    """The hardware was read, on the machine itself or of a drive at a port."""

    type: Literal["device.measured"] = "device.measured"
    asset_code: AssetCode
    report: HardwareReport


class DeviceChecked(Wire):
    """The bench's check-list, answered by a person."""

    type: Literal["device.checked"] = "device.checked"
    asset_code: AssetCode
    answers: dict[CheckItem, CheckAnswer] = Field(min_length=1)
    note: Text = Field(default="", max_length=2000)


EventData = Annotated[
    DeviceReceived
    | LabelPrinted
    | LabelScanned
    | DeviceInspected
    | WipeStarted
    | WipeFinished
    | WipeCancelled
    | ImageStarted
    | ImageFinished
    | ImageFailed
    | ImageRecorded
    | DeviceQuarantined
    | DeviceMeasured
    | DeviceChecked,
    Field(discriminator="type"),
]


class BenchEvent(Wire):
    """The signed payload. `sequence` counts from 1 without gaps in each bench, so that a missing event shows."""

    id: UUID
    bench_id: UUID
    sequence: int = Field(ge=1)
    occurred_at: Moment
    operator: Text | None = Field(default=None, description="login of the worker at the bench")
    data: EventData
