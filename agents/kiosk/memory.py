"""What each port shows on the screen: its newest snapshot, but an end stays until a person can have seen it.

A device that is torn out in the middle of its wipe ends as failed and is gone in the same moment: its red cross must not go
with it.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from agents.bench.phases import PortPhase, PortSnapshot
from agents.shell.clock import monotonic

SEEN_S: Final = 10.0
"""A bad end that stood as long as this was seen by whoever then took the device out."""
_GLANCE_S: Final = 3.0
"""How long a good end stays at least."""
WORKS: Final = frozenset({PortPhase.WIPING, PortPhase.VERIFYING, PortPhase.IMAGING, PortPhase.READING_BACK})
"""Phases in which a job is under way."""


@dataclass(frozen=True)
class Shown:
    """A port on the screen. `moment` counts what came anew; `worked`: a wipe or an image was under way just before.

    `left`: the device is gone, and this is kept for a person to see.
    """

    snapshot: PortSnapshot
    since_s: float
    moment: int = 0
    worked: bool = False
    left: bool = False


class Memory:
    """Told by the board, read by the screen; both threads may call it at any time. `clock` gives seconds."""

    def __init__(self, ports: Iterable[PortSnapshot], clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._shown = {snapshot.port: Shown(snapshot, clock()) for snapshot in ports}

    def take(self, snapshot: PortSnapshot) -> None:
        """A port shows something else."""
        with self._lock:
            self._shown[snapshot.port] = self._after(self._shown[snapshot.port], snapshot)

    def all(self) -> tuple[Shown, ...]:
        """What every port shows now, in the order of the configuration."""
        with self._lock:
            for port, shown in self._shown.items():
                if shown.left and shown.snapshot.phase is PortPhase.DONE and self._stood(shown) >= _GLANCE_S:
                    self._shown[port] = self._cleared(shown)
            return tuple(self._shown.values())

    def dismiss(self) -> bool:
        """A person has seen what was kept; True when there was something."""
        with self._lock:
            kept = {port: shown for port, shown in self._shown.items() if shown.left}
            self._shown |= {port: self._cleared(shown) for port, shown in kept.items()}
        return bool(kept)

    def _after(self, before: Shown, snapshot: PortSnapshot) -> Shown:
        if snapshot.phase is PortPhase.EMPTY and (before.left or self._stood(before) < _least_s(before)):
            return replace(before, left=True)
        if snapshot.phase is before.snapshot.phase and not before.left:
            return replace(before, snapshot=snapshot)
        return Shown(snapshot, self._clock(), before.moment + 1, worked=before.snapshot.phase in WORKS)

    def _stood(self, shown: Shown) -> float:
        return self._clock() - shown.since_s

    def _cleared(self, shown: Shown) -> Shown:
        return Shown(PortSnapshot(shown.snapshot.port), self._clock(), shown.moment + 1)


def _least_s(shown: Shown) -> float:
    """How long an end must have stood to have been seen; a refusal is one where work had begun."""
    match shown.snapshot.phase:
        case PortPhase.DONE:
            return _GLANCE_S
        case PortPhase.FAILED | PortPhase.UNKNOWN:
            return SEEN_S
        case PortPhase.REFUSED if shown.worked:
            return SEEN_S
        case _:
            return 0.0
