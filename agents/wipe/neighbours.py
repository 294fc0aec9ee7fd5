"""The other namespaces of a controller, which its firmware erases along: canaries in each, and in none may one be left.

The certificate speaks of the medium at the port; what else the plan names in its scope is sampled in the same way, so that an
erase which left a namespace out is found.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import ProgressSink
from agents.wipe.plan import WipePlan
from agents.wipe.sampled import Sampler
from fleet.contract.kinds import Method

_WHOLE_CONTROLLER: Final = frozenset(
    {
        Method.NVME_SANITIZE_BLOCK,
        Method.NVME_SANITIZE_CRYPTO,
        Method.NVME_SANITIZE_OVERWRITE,
        Method.NVME_FORMAT_CRYPTO,
        Method.NVME_FORMAT_USER_DATA,
    }
)


@dataclass(frozen=True)
class Planted:
    """Fingerprints by node; None when not every canary could be planted."""

    fingerprints: Mapping[str, bytes] | None
    faults: tuple[IoFault, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the samples of the neighbours say.

    Attributes:
        notes: a line a node.
        remains: why a neighbour is not erased.
        complete: every sample of every neighbour was read.
        faults: what could not be read.
    """

    notes: tuple[str, ...] = ()
    remains: str | None = None
    complete: bool = True
    faults: tuple[IoFault, ...] = field(default=())


def neighbour_nodes(plan: WipePlan) -> tuple[str, ...]:
    """The namespaces beside the one at the port; boot areas of an eMMC are no namespaces, and take no canary."""
    return tuple(node for node in plan.scope if node != plan.path) if plan.method in _WHOLE_CONTROLLER else ()


class Neighbours:
    """Held open for as long as the job runs, so that nobody mounts one meanwhile."""

    def __init__(self, devices: Sequence[BlockDevice], sink: ProgressSink) -> None:
        self._samplers = {str(device.path): Sampler(device, sink) for device in devices}

    def plant(self, seed: str, halted: Callable[[], bool]) -> Planted:
        """Canaries in each. Raises DroppedWrites, NotSamplable."""
        kept: dict[str, bytes] = {}
        for node, sampler in self._samplers.items():
            planting, faults = sampler.plant(sampler.plan(_seed_of(seed, node)), halted)
            if faults or planting.fingerprints is None:
                return Planted(None, tuple(faults))
            kept[node] = planting.fingerprints.to_bytes()
        return Planted(kept)

    def read(self, seed: str, kept: Mapping[str, bytes], halted: Callable[[], bool]) -> Found:
        """What is there now. Nodes that are not those in which canaries were planted leave it incomplete."""
        notes, faults, remains = list[str](), list[IoFault](), list[str]()
        complete = set(kept) == set(self._samplers)
        for node, sampler in self._samplers.items():
            if node not in kept:
                continue
            reading, refused = sampler.read(sampler.plan(_seed_of(seed, node)), kept[node], halted)
            faults += refused
            complete = complete and reading.complete and not refused
            found = reading.sampling
            told = f"{found.unchanged_samples} unchanged, {found.canaries_found} canaries found"
            notes.append(f"{node}: {found.samples} samples read: {told}")
            if found.unchanged_samples or found.canaries_found:
                remains.append(f"{node} was not erased along: {told}")
        return Found(tuple(notes), "; ".join(remains) or None, complete, tuple(faults))


def _seed_of(seed: str, node: str) -> str:
    """Each namespace has samples of its own, from the job's seed."""
    return hashlib.sha256(f"{seed} {node}".encode()).hexdigest()
