"""What a port shows: frozen snapshots."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from agents.shell.progress import Progress
from fleet.contract.kinds import DeviceKind


class PortPhase(StrEnum):
    """Where a port's device is on its way."""

    EMPTY = "empty"
    UNWATCHED = "unwatched"
    """A device stands here, and no agent runs."""
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


ENDS = frozenset({PortPhase.REFUSED, PortPhase.DONE, PortPhase.FAILED, PortPhase.UNKNOWN, PortPhase.SET_ASIDE})
"""The device's way is over; the port waits for it to be taken out."""


@dataclass(frozen=True)
class PortSnapshot:
    """One port at one moment. `message` says what the operator must know or do now.

    `trouble` names the class of the error behind a refusal or failure; `label_known` tells that this device's label was scanned
    on an earlier visit.
    """

    port: str
    phase: PortPhase = PortPhase.EMPTY
    message: str = ""
    path: str | None = None
    model: str | None = None
    serial: str | None = None
    capacity_bytes: int | None = None
    asset_code: str | None = None
    plan: Mapping[str, str] = field(default_factory=dict)
    verdict: str | None = None
    progress: Progress | None = None
    label: str | None = None
    certificate: str | None = None
    kind: DeviceKind | None = None
    trouble: str | None = None
    label_known: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON shows it."""
        shown = asdict(self)
        if self.progress is not None:
            shown["progress"] |= {"percent": round(self.progress.percent, 1)}
        return shown
