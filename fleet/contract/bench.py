"""What bench and service say to each other besides events."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.events import AssetCode
from fleet.contract.finishing import Sha256
from fleet.contract.kinds import DeviceKind
from fleet.contract.policy import WipePolicy
from fleet.contract.signing import SignedDocument

SIGNATURE_TAG = "heropstart-bench"
"""The RFC 9421 `tag` of a bench's requests."""
COVERED_COMPONENTS = ("@method", "@path", "@query", "content-type", "content-digest")
"""What a bench's request signature must cover."""
SIGNATURE_WINDOW_S = 300
"""How old a request signature may be, and how far ahead, in seconds."""


class EnrolRequest(Wire):
    """A bench asks in, with its one-time code and the public half of the key it made."""

    code: str = Field(min_length=8, max_length=64, examples=["K7QM-4T2X-9D8H"])
    public_key: str = Field(description="Ed25519, 32 raw bytes in base64")
    station: Text = Field(min_length=1, max_length=80, examples=["Bench 1"])
    agent_version: Text = Field(max_length=40)


class BenchProfile(Wire):
    """What a bench must know to work alone."""

    bench_id: UUID
    key_id: str
    organisation_id: UUID
    organisation_name: str
    site_name: str
    label_base_url: str = Field(description="what stands before /A/CODE on a label", examples=["https://fleet.example.org"])
    service_public_key: str = Field(description="Ed25519, base64: image manifests and chain heads are signed with it")
    batch_id: UUID | None = Field(description="the bench's current intake batch")
    batch_reference: str | None
    operators: tuple[str, ...] = Field(description="logins that may work at this bench")
    badges: tuple[tuple[Sha256, str], ...] = Field(
        default=(),
        description="SHA-256 of each badge's code (see contract.badge) and the login of its holder, of those who may work at "
        "this bench: who works here, not proof of it, because no PIN is asked",
    )
    wipe_policy: WipePolicy = Field(default_factory=WipePolicy, description="what the organisation asks of a sanitization")
    service_time: Moment


class LeaseRequest(Wire):
    """A bench asks for a block of asset codes; the same `request_id` gives the same block."""

    request_id: UUID = Field(examples=["0b1f7c52-6a5e-4d0f-9a53-1f5d2f0c9a77"])
    count: int = Field(ge=1, le=1000, examples=[20])


class Lease(Wire):
    """Asset codes that only this bench may give out."""

    request_id: UUID
    codes: tuple[AssetCode, ...]


class Recognised(Wire):
    """A device of the service that holds this storage."""

    asset_code: AssetCode
    kind: DeviceKind
    state: str
    label_scanned: bool


class IntakeReceipt(Wire):
    """What became of an event. All four outcomes mean: stored, the bench may forget it."""

    event_id: UUID
    outcome: Literal["applied", "recorded", "refused", "duplicate"] = Field(
        description="applied: the device moved on; recorded: kept as evidence; refused: kept, the lifecycle did not allow "
        "the step, a task is open; duplicate: known already"
    )
    detail: str | None = None


class CatalogueImage(Wire):
    """One entry of the image catalogue, its manifest signed by the service."""

    name: str
    version: str
    manifest: SignedDocument
    fetchable: bool = Field(default=False, description="the service has the file itself")


class Catalogue(Wire):
    """The newest version of every image."""

    images: tuple[CatalogueImage, ...]
