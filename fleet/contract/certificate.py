"""The wipe certificate: NIST SP 800-88 Rev. 2, sample certificate fields, with what an auditor needs besides."""

from typing import Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import Completion, DeviceKind, HiddenAreas, IoMode, Level, Method, Verdict, VerificationMethod
from fleet.contract.storage import StorageIdentity

ALL_PPM = 1_000_000
LEAST_SAMPLED_PPM = 100_000
"""A sampled verification reads at least 10 % of the medium."""
LEAST_SECTIONS: Final = 1000
"""NIST SP 800-88 Rev. 1, 4.7.3; a medium below `SECTIONED_FROM` has fewer, as two samples must fit in each."""
SECTIONED_FROM: Final = 8 << 20


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
    """One command of the plan, as it ran; secrets are struck out."""

    argv: tuple[Text, ...]
    exit_code: int
    output: Text | None = Field(default=None, description="what it said, shortened")


class Sanitization(Wire):
    """The technique and how it ran."""

    act: Act
    level: Level
    method: Method
    technique: Text = Field(description="in words, with the standard it follows")
    reason: Text | None = Field(default=None, description="why this method was chosen")
    scope: tuple[Text, ...] = Field(
        default=(), description="what it reached besides the medium's main area: namespaces, boot areas"
    )
    commands: tuple[CommandRecord, ...]
    completion: Completion = Completion.FLUSHED_WRITES
    interruptions: int = Field(default=0, ge=0, description="how often the job was taken up again after a stop")
    bytes_written: int = Field(ge=0, description="by the bench; 0 when the drive's firmware did the work")
    io_mode: IoMode
    hidden_areas: HiddenAreas
    errors: tuple[Text, ...] = ()
    highest_temperature_c: int | None = None


class Sampling(Wire):
    """What a sampled verification looked at (seeded, so that it can be repeated).

    Each section holds two samples that do not overlap; into each sample a random canary was written, and read back, before the
    medium was sanitized. Afterwards every sample must have changed and no canary may be found.
    """

    sections: int = Field(ge=1)
    samples: int = Field(ge=1)
    sample_bytes: int = Field(ge=512)
    unchanged_samples: int = Field(ge=0)
    canaries_planted: int = Field(ge=1)
    canaries_found: int = Field(ge=0)


class Verification(Wire):
    """The read-back and what it covered."""

    act: Act
    method: VerificationMethod
    expected: Text = Field(description="what every byte must be")
    bytes_read: int = Field(ge=0)
    coverage_ppm: int = Field(ge=0, le=ALL_PPM, description="parts per million of the capacity")
    mismatched_bytes: int = Field(ge=0)
    io_mode: IoMode
    sample_seed: Text | None = Field(default=None, description="hex")
    sampling: Sampling | None = Field(default=None, description="there exactly when the method is `sampled`")


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
    capabilities: dict[Text, Text] = Field(default_factory=dict, description="raw capability bits, kept as evidence")
    logs: dict[Text, Text] = Field(default_factory=dict, description="the drive's own logs and status before and after")
    agent_key_id: Text
    verdict: Literal[Verdict.ERASED] = Verdict.ERASED

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _proven(self) -> Self:
        """Refuse what is not erased and verified: such a document must not come to exist."""
        doubt = self._unwritten() if self.sanitization.method.by_host else self._unconfirmed()
        doubt = doubt or self._unread() or self._out_of_order()
        if doubt is not None:
            raise IncompleteCertificateError(doubt)
        return self

    def _unwritten(self) -> str | None:
        """An overwrite reached every byte, and every byte is read back."""
        size = self.storage.capacity_bytes
        if self.sanitization.bytes_written != size:
            return f"{self.sanitization.bytes_written} of {size} bytes were written"
        if self.verification.method is not VerificationMethod.FULL_READ_BACK:
            return "an overwrite is verified by reading every byte back"
        return None

    def _unconfirmed(self) -> str | None:
        """A firmware method is known by its commands, and by how their completion was read."""
        done = self.sanitization
        if not done.commands:
            return "no command is recorded for a firmware method"
        if done.completion is Completion.FLUSHED_WRITES:
            return "it is not recorded how the firmware's completion was read"
        return None

    def _unread(self) -> str | None:
        """What was read back is all that was promised, and none of it is wrong."""
        found, size = self.verification, self.storage.capacity_bytes
        if found.mismatched_bytes:
            return f"{found.mismatched_bytes} bytes differ from what was written"
        if found.method is VerificationMethod.FULL_READ_BACK:
            whole = found.bytes_read == size and found.coverage_ppm == ALL_PPM
            return None if whole else f"{found.bytes_read} of {size} bytes were read back"
        return _sampled_too_little(found, size) or _unchanged(found)

    def _out_of_order(self) -> str | None:
        """Every command succeeded, and the verification came after the sanitization."""
        if any(command.exit_code for command in self.sanitization.commands):
            return "a command of the plan failed"
        for act in (self.sanitization.act, self.verification.act):
            if act.finished_at < act.started_at:
                return "it ended before it began"
        if self.verification.act.started_at < self.sanitization.act.finished_at:
            return "the verification began before the sanitization ended"
        return None


def _sampled_too_little(found: Verification, size: int) -> str | None:
    """Field practice after NIST SP 800-88: two samples a section, a canary in each, 10 % of the medium in total."""
    sampling = found.sampling
    if sampling is None or found.sample_seed is None:
        return "a sampled verification needs its seed and what it looked at"
    read_ppm = found.bytes_read * ALL_PPM // size
    if min(read_ppm, found.coverage_ppm) < LEAST_SAMPLED_PPM or sampling.samples < 2 * sampling.sections:
        return f"only {found.bytes_read} of {size} bytes in {sampling.samples} samples were read back"
    if size >= SECTIONED_FROM and sampling.sections < LEAST_SECTIONS:
        return f"the samples were taken from {sampling.sections} sections, {LEAST_SECTIONS} are asked"
    if sampling.canaries_planted < sampling.samples:
        return f"only {sampling.canaries_planted} canaries were planted in {sampling.samples} samples"
    return None


def _unchanged(found: Verification) -> str | None:
    """A sample that reads as before, or still holds its canary, was not sanitized."""
    sampling = found.sampling
    if sampling is not None and (sampling.unchanged_samples or sampling.canaries_found):
        return f"{sampling.unchanged_samples} samples are unchanged and {sampling.canaries_found} canaries are still there"
    return None
