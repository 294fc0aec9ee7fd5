"""What a bench's ports show now, for people who do not stand at the bench. Never evidence, never kept: only the latest counts."""

from enum import StrEnum

from pydantic import Field

from fleet.contract.base import Text, Wire
from fleet.contract.events import AssetCode
from fleet.contract.kinds import DeviceKind, Verdict

PORTS_PATH = "/api/v1/benches/self/ports"
REPORT_EVERY_S = 2
"""A bench tells changes at most this often, in seconds."""
ALIVE_EVERY_S = 60
"""A bench whose ports do not change says so this often, in seconds."""
SILENT_AFTER_S = 300
"""A bench of which nothing was heard for so long, in seconds, may stand still, or have no network."""


class PortPhase(StrEnum):
    """Where the device at a port is on its way; the agent's own phases, name by name."""

    EMPTY = "empty"
    UNWATCHED = "unwatched"
    IDENTIFYING = "identifying"
    REFUSED = "refused"
    LABELLING = "labelling"
    WAITING_SCAN = "waiting_scan"
    WIPING = "wiping"
    VERIFYING = "verifying"
    IMAGING = "imaging"
    READING_BACK = "reading_back"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SET_ASIDE = "set_aside"


class PortShown(Wire):
    """One port. `percent` and `seconds_left` belong to the phase, and are absent until they are known."""

    name: Text = Field(min_length=1, max_length=16, examples=["A1"])
    phase: PortPhase
    asset_code: AssetCode | None = None
    kind: DeviceKind | None = None
    model: Text | None = Field(default=None, max_length=200)
    percent: float | None = Field(default=None, ge=0, le=100)
    seconds_left: int | None = Field(default=None, ge=0, le=10_000_000)
    verdict: Verdict | None = None


class PortsShown(Wire):
    """All ports of the bench that signs the request, in the order of its configuration."""

    ports: tuple[PortShown, ...] = Field(max_length=64, examples=[[{"name": "A1", "phase": "empty"}]])
