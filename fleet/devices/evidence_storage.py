"""Evidence about storage: what was found in a device, how it was wiped, destroyed or moved."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fleet.contract.base import Text, Wire
from fleet.contract.kinds import Level, Method
from fleet.devices.evidence_types import EvidenceType, NonBlank


class StorageInventory(Wire):
    """The keys of every storage fitted, as read or counted."""

    type: Literal[EvidenceType.STORAGE_INVENTORY] = EvidenceType.STORAGE_INVENTORY
    keys: tuple[Text, ...]


class StorageErased(Wire):
    """A bench certificate, verified by the service."""

    type: Literal[EvidenceType.STORAGE_ERASED] = EvidenceType.STORAGE_ERASED
    certificate_id: UUID
    key: Text
    level: Level
    method: Method
    key_id: Text


class StorageNoneFitted(Wire):
    """No storage is fitted: a photo of the empty bay or the donor's statement, and a second person who saw it."""

    type: Literal[EvidenceType.STORAGE_NONE_FITTED] = EvidenceType.STORAGE_NONE_FITTED
    proof: NonBlank
    second_person: UUID


class StorageReset(Wire):
    """A guided reset, attested with the platform's own proof."""

    type: Literal[EvidenceType.STORAGE_RESET] = EvidenceType.STORAGE_RESET
    proof: NonBlank


class StorageDestroyed(Wire):
    """A medium was destroyed, before a witness. Both people are named by their accounts' ids."""

    type: Literal[EvidenceType.STORAGE_DESTROYED] = EvidenceType.STORAGE_DESTROYED
    key: Text
    method: NonBlank
    witness: UUID
    operator: UUID | None = None
    record_id: UUID | None = Field(default=None, description="the destruction record")
    record_sha256: Text | None = Field(default=None, description="of the record's canonical JSON, hex")
    photo_sha256: Text | None = Field(default=None, description="of the photo as it is kept, hex")


class FittedInto(Wire):
    """A drive went into this device."""

    type: Literal[EvidenceType.FITTED_INTO] = EvidenceType.FITTED_INTO
    other_code: NonBlank
    device_id: UUID


class TakenOutOf(Wire):
    """A drive came out of this device."""

    type: Literal[EvidenceType.TAKEN_OUT_OF] = EvidenceType.TAKEN_OUT_OF
    other_code: NonBlank
    device_id: UUID
    key: Text


class StorageFitted(Wire):
    """A storage was put in. Evidence from before does not cover it; what comes with this one does."""

    type: Literal[EvidenceType.STORAGE_FITTED] = EvidenceType.STORAGE_FITTED
    key: Text
    other_code: NonBlank = Field(description="the drive's own asset code")
    device_id: UUID = Field(description="the drive's")


class StorageRemoved(Wire):
    """A storage was taken out; it lives on as a device of its own."""

    type: Literal[EvidenceType.STORAGE_REMOVED] = EvidenceType.STORAGE_REMOVED
    key: Text
    other_code: NonBlank
    device_id: UUID


class StorageSealed(Wire):
    """A medium goes unwiped to a certified destroyer; closed by his certificate."""

    type: Literal[EvidenceType.STORAGE_SEALED] = EvidenceType.STORAGE_SEALED
    key: Text
    seal: NonBlank


class WipeFailure(Wire):
    """A wipe that failed, with its log."""

    type: Literal[EvidenceType.WIPE_FAILURE] = EvidenceType.WIPE_FAILURE
    reason: NonBlank
    medium_failure: bool
    bytes_written: int = Field(ge=0)
    log: tuple[Text, ...] = ()


class NothingWritten(Wire):
    """The job ended before the first write."""

    type: Literal[EvidenceType.NOTHING_WRITTEN] = EvidenceType.NOTHING_WRITTEN
    reason: NonBlank
