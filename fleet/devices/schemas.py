"""What the API shows of devices and takes for their steps."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from fleet.contract.kinds import DeviceKind, MediaType, VisualResult
from fleet.devices import evidence as ev
from fleet.devices.evidence import EvidenceType
from fleet.devices.history import Entry, Fiche
from fleet.devices.models import Component, IdentifierKind
from fleet.devices.states import Origin, State, Step

CODE_EXAMPLE = "8YZABCDE"


class DeviceOut(BaseModel):
    """A device. Weight in grams; `version` is what a change must name to be sure that nothing changed in between."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11",
                    "asset_code": CODE_EXAMPLE,
                    "kind": "laptop",
                    "origin": "donated",
                    "state": "inspected",
                    "version": 5,
                    "manufacturer": "Lenovo",
                    "model": "ThinkPad T480",
                    "serial": "PF1ABCDE",
                    "weight_g": 1650,
                    "eea_category": 2,
                    "batch_id": None,
                    "place": "Rek 3",
                    "site_id": "5f1c1f0e-54d1-4a0c-a3f5-8c5c6c7d8e9f",
                    "created_at": "2026-03-01T09:30:00Z",
                    "state_since": "2026-03-01T10:02:00Z",
                }
            ]
        },
    )

    id: UUID
    asset_code: str
    kind: DeviceKind
    origin: Origin
    state: State
    version: int
    manufacturer: str | None
    model: str
    serial: str | None
    weight_g: int
    eea_category: int
    batch_id: UUID | None
    place: str
    site_id: UUID | None = Field(description="of the custodian's sites; null where nobody has noted it")
    created_at: datetime
    state_since: datetime


class DevicePage(BaseModel):
    """Some devices, and the cursor of the next page."""

    items: list[DeviceOut]
    next: str | None = Field(description="pass it as `cursor`; null at the end")


class IdentifierOut(BaseModel):
    """Something that a device is known by."""

    model_config = ConfigDict(from_attributes=True)

    kind: IdentifierKind
    value: str
    source: str


class ComponentOut(BaseModel):
    """A storage medium, fitted between two versions of the device."""

    model_config = ConfigDict(from_attributes=True)

    media: MediaType
    model: str
    serial: str
    storage_key: str
    capacity_bytes: int | None
    fitted_version: int
    removed_version: int | None

    @classmethod
    def of(cls, component: Component) -> "ComponentOut":
        """From its row."""
        return cls.model_validate(component)


class EvidenceOut(BaseModel):
    """A piece of evidence with the hash that the chain vouches for."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    type: EvidenceType
    at_version: int
    recorded_at: datetime
    sha256: str
    data: dict[str, Any]


class EntryOut(BaseModel):
    """One line of the history, with its place in the organisation's chain."""

    seq: int
    at: datetime
    type: str
    who: str | None
    by_bench: bool
    data: dict[str, Any]
    evidence: list[EvidenceOut]
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> "EntryOut":
        """From the fiche."""
        return cls(
            seq=entry.seq,
            at=entry.at,
            type=entry.type,
            who=entry.who,
            by_bench=entry.by_bench,
            data=dict(entry.data),
            evidence=[EvidenceOut.model_validate(row) for row in entry.evidence],
            hash=entry.hash,
        )


class FicheOut(BaseModel):
    """A device with everything that happened to it."""

    device: DeviceOut
    identifiers: list[IdentifierOut]
    components: list[ComponentOut]
    history: list[EntryOut]

    @classmethod
    def of(cls, fiche: Fiche) -> "FicheOut":
        """From the fiche."""
        return cls(
            device=DeviceOut.model_validate(fiche.device),
            identifiers=[IdentifierOut.model_validate(row) for row in fiche.identifiers],
            components=[ComponentOut.of(row) for row in fiche.components],
            history=[EntryOut.of(entry) for entry in fiche.history],
        )


class StepIn(BaseModel):
    """One step of the lifecycle with its evidence; `expected_version` guards against deciding on what has changed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "step": "quarantine",
                    "expected_version": 5,
                    "evidence": [{"type": "quarantine_reason", "reason": "account_lock", "detail": "asks for a cloud account"}],
                }
            ]
        },
    )

    step: Step
    expected_version: int | None = None
    evidence: list[ev.AnyEvidence] = Field(default_factory=list, max_length=50)


class StepOption(BaseModel):
    """A step that the caller's roles allow from here, and what is still missing for it."""

    step: Step
    to: State
    missing: list[str]


class InspectIn(BaseModel):
    """The visual inspection. `scanned` is exactly what the scanner gave when it read the label on the device."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"visual": "good", "place": "Rek 3", "scanned": f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODE_EXAMPLE}", "weight_g": 1650}
            ]
        },
    )

    visual: VisualResult
    place: str = Field(min_length=1, max_length=200)
    scanned: str | None = Field(default=None, max_length=400)
    defects: list[str] = Field(default_factory=list, max_length=40)
    weight_g: int | None = Field(default=None, gt=0, le=200_000)
    eea_category: int | None = Field(default=None, ge=1, le=6)
    expected_version: int | None = None


class TestsIn(BaseModel):
    """The functional and electrical-safety tests; battery where the kind has one."""

    __test__ = False

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"functional": True, "electrical": True, "battery_percent": 83}]}
    )

    functional: bool
    electrical: bool | None = None
    battery_percent: int | None = Field(default=None, ge=0, le=100)
    note: str = Field(default="", max_length=2000)
    expected_version: int | None = None


class CorrectionIn(BaseModel):
    """Why the last step is taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "wrong device scanned"}]})

    reason: str = Field(min_length=3, max_length=2000)
