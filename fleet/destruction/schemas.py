"""What the API and the pages take and show of destruction records."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from fleet.contract.base import Text
from fleet.contract.kinds import DestructionMethod
from fleet.destruction.rules import Standing
from fleet.destruction.service import Answer, Record, Told

_Key = Annotated[Text, Field(min_length=1, max_length=600)]
PHOTO_CHARS = 12 << 20
"""Base64 of the largest photo, with room for a message that says it is too large."""


class DestructionFields(BaseModel):
    """What the operator tells of a destruction."""

    id: UUID = Field(default_factory=uuid4, description="made by the caller: sent twice, the record is made once")
    method: DestructionMethod
    reason: Text = Field(min_length=3, max_length=2000, description="why it could not be wiped")
    place: Text = Field(min_length=1, max_length=200)
    serial: Text = Field(default="", max_length=200, description="on the sticker, when no bench could read the storage")


class DestructionIn(DestructionFields):
    """A destruction with its photo, as JSON."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "storage_keys": ["serial:ST500LM000|W3PXXXXX|500107862016"],
                    "method": "shred",
                    "reason": "the drive does not spin up",
                    "place": "Noord, workshop",
                    "destroyed_at": "2026-03-01T10:30:00Z",
                    "photo": "/9j/4AAQSkZJRg==",
                }
            ]
        },
    )

    storage_keys: list[_Key] = Field(default_factory=list, max_length=16)
    destroyed_at: AwareDatetime
    photo: Base64Bytes = Field(max_length=PHOTO_CHARS, description="JPEG or PNG of at most 8 MiB, base64")

    def told(self) -> Told:
        """For the service."""
        return Told(
            self.id, tuple(self.storage_keys), self.method, self.reason, self.place, self.destroyed_at, self.photo, self.serial
        )


class DestructionForm(DestructionFields):
    """The page's fields; the moment is local time, the photo a file beside them."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    keys: list[_Key] = Field(default_factory=list, max_length=16)
    destroyed_at: datetime


class AnswerIn(BaseModel):
    """What the witness says."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirmed": True, "seen": True}]})

    confirmed: bool
    seen: bool = Field(default=False, description="the witness saw it happen; needed to confirm")
    note: Text = Field(default="", max_length=2000, description="needed to decline")

    def answer(self) -> Answer:
        """For the service."""
        return Answer(self.confirmed, self.seen, self.note)


class AnswerForm(AnswerIn):
    """The same from the page."""

    model_config = ConfigDict(extra="ignore")


class DestructionOut(BaseModel):
    """A record. People are named by their accounts' ids; `sha256` is of the record's canonical JSON."""

    id: UUID
    asset_code: str
    storage_keys: list[str]
    method: DestructionMethod
    reason: str
    place: str
    destroyed_at: datetime
    recorded_at: datetime
    operator: UUID
    standing: Standing
    witness: UUID | None
    answered_at: datetime | None
    note: str | None
    sha256: str
    photo_sha256: str

    @classmethod
    def of(cls, record: Record) -> "DestructionOut":
        """From the service."""
        told, answer = record.document, record.answer
        return cls(
            **told.model_dump(include=set(cls.model_fields) & set(type(told).model_fields)),
            standing=record.standing,
            witness=answer.witness_id if answer else None,
            answered_at=answer.answered_at if answer else None,
            note=answer.note if answer else None,
            sha256=record.row.sha256,
        )
