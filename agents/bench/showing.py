"""What the service is shown of the ports: no serials, no paths, nothing that the people there have no use for."""

from collections.abc import Iterable

from agents.bench.phases import PortSnapshot
from fleet.contract.base import escape_controls
from fleet.contract.kinds import Verdict
from fleet.contract.ports import PortPhase, PortShown, PortsShown

_MODEL_CHARS = 200


def shown(snapshots: Iterable[PortSnapshot]) -> PortsShown:
    """All ports as the service takes them."""
    return PortsShown(ports=tuple(_port(snapshot) for snapshot in snapshots))


def _port(snapshot: PortSnapshot) -> PortShown:
    progress = snapshot.progress
    left = progress.seconds_left if progress is not None else None
    return PortShown(
        name=snapshot.port,
        phase=PortPhase(snapshot.phase.value),
        asset_code=snapshot.asset_code,
        kind=snapshot.kind,
        model=escape_controls(snapshot.model)[:_MODEL_CHARS] if snapshot.model else None,
        percent=None if progress is None else round(min(100.0, max(0.0, progress.percent)), 1),
        seconds_left=None if left is None else round(max(0.0, left)),
        verdict=Verdict(snapshot.verdict) if snapshot.verdict else None,
    )
