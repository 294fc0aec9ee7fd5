"""What a firmware job keeps for a restart: made before the firmware is told, and when it has been told."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from agents.errors import Refused
from fleet.contract.certificate import CommandRecord


class NotResumable(Refused):
    """This job cannot go on from where it stopped: what it kept is missing or damaged. Wipe the device anew."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    def to_bytes(self) -> bytes:
        """For the journal."""
        return self.model_dump_json().encode()

    @classmethod
    def from_bytes(cls, data: bytes | None) -> Self:
        """What `to_bytes` gave. Raises NotResumable."""
        try:
            return cls.model_validate_json(data or b"")
        except ValidationError as error:
            raise NotResumable from error


class Prepared(_Kept):
    """Before the firmware is told.

    Attributes:
        seed: of the samples, in hex.
        fingerprints: `Fingerprints.to_bytes`.
        over_before: the drive spoke of an earlier sanitize that had ended.
        logs: the drive's own, read before.
        started_at: when the canaries began.
        beside: fingerprints of the other namespaces, by their nodes.
    """

    seed: str
    fingerprints: bytes
    over_before: bool
    logs: dict[str, str]
    started_at: datetime
    beside: dict[str, bytes] = {}


class Told(_Kept):
    """Every command was accepted."""

    commands: tuple[CommandRecord, ...]
