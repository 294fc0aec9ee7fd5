"""The wipe certificate: NIST SP 800-88 Rev. 2, sample certificate fields, with what an auditor needs besides."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import DeviceKind, HiddenAreas, IoMode, Level, Method, Verdict, VerificationMethod
from fleet.contract.storage import StorageIdentity

ALL_PPM = 1_000_000


class IncompleteCertificateError(ValueError):
    """A certificate is signed only for a medium that was erased and verified in full."""


class Act(Wire):
    """Who did it, in which role, where and when (the signature is the document's)."""

    person: Text = Field(description="login of the operator, or the bench when nobody signed in")
    role: Text
    place: Text = Field(description="station and port")
    started_at: Moment
    finished_at: Moment


class CommandRecord(Wire):
    """One command of the plan, as it ran."""

    argv: tuple[Text, ...]
    exit_code: int


class Sanitization(Wire):
    """The technique and how it ran."""

    act: Act
    level: Level
    method: Method
    technique: Text = Field(description="in words, with the standard it follows")
    commands: tuple[CommandRecord, ...]
    bytes_written: int = Field(ge=0)
    io_mode: IoMode
    hidden_areas: HiddenAreas
    errors: tuple[Text, ...] = ()
    highest_temperature_c: int | None = None


class Verification(Wire):
    """The read-back and what it covered."""

    act: Act
    method: VerificationMethod
    expected: Text = Field(description="what every byte must be")
    bytes_read: int = Field(ge=0)
    coverage_ppm: int = Field(ge=0, le=ALL_PPM, description="parts per million of the capacity")
    mismatched_bytes: int = Field(ge=0)
    io_mode: IoMode
    sample_seed: Text | None = None


class Tool(Wire):
    """What ran."""

    name: Text
    version: Text
    kernel: Text


class Certificate(Wire):
    """Proof that one storage medium was sanitized. The canonical JSON with its signature is the truth; PDFs render it."""

    schema_: Literal["heropstart.certificate/1"] = Field(default="heropstart.certificate/1", alias="schema")
    id: UUID
    asset_code: Text
    device_kind: DeviceKind
    source: Text | None = Field(default=None, description="donation or intake batch")
    organisation: Text
    standard: Literal["NIST SP 800-88 Rev. 2"] = "NIST SP 800-88 Rev. 2"
    storage: StorageIdentity
    sanitization: Sanitization
    verification: Verification
    tool: Tool
    capabilities: dict[Text, Text] = Field(default_factory=dict, description="raw capability bits and logs, kept as evidence")
    agent_key_id: Text
    verdict: Literal[Verdict.ERASED] = Verdict.ERASED

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _proven(self) -> Self:
        """Refuse what is not erased and verified: such a document must not come to exist."""
        size = self.storage.capacity_bytes
        if self.sanitization.bytes_written != size:
            raise IncompleteCertificateError(f"{self.sanitization.bytes_written} of {size} bytes were written")
        if self.verification.mismatched_bytes:
            raise IncompleteCertificateError(f"{self.verification.mismatched_bytes} bytes differ from what was written")
        if self.verification.bytes_read != size or self.verification.coverage_ppm != ALL_PPM:
            raise IncompleteCertificateError(f"{self.verification.bytes_read} of {size} bytes were read back")
        if any(command.exit_code for command in self.sanitization.commands):
            raise IncompleteCertificateError("a command of the plan failed")
        if self.verification.act.started_at < self.sanitization.act.finished_at:
            raise IncompleteCertificateError("the verification began before the sanitization ended")
        return self
