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
_BAD: Final = frozenset({PortPhase.FAILED, PortPhase.UNKNOWN})
_LEAST_S: Final = dict.fromkeys(_BAD, SEEN_S) | {PortPhase.DONE: _GLANCE_S}


@dataclass(frozen=True)
class Shown:
    """A port on the screen. `moment` counts what came anew; `left`: the device is gone, and this is kept for a person to see."""

    snapshot: PortSnapshot
    since_s: float
    moment: int = 0
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
                if shown.left and shown.snapshot.phase not in _BAD and self._stood(shown) >= _GLANCE_S:
                    self._shown[port] = self._cleared(shown)
            return tuple(self._shown.values())

    def dismiss(self) -> bool:
        """A person has seen what was kept; True when there was something."""
        with self._lock:
            kept = {port: shown for port, shown in self._shown.items() if shown.left}
            self._shown |= {port: self._cleared(shown) for port, shown in kept.items()}
        return bool(kept)

    def _after(self, before: Shown, snapshot: PortSnapshot) -> Shown:
        least_s = _LEAST_S.get(before.snapshot.phase, 0.0)
        if snapshot.phase is PortPhase.EMPTY and (before.left or self._stood(before) < least_s):
            return replace(before, left=True)
        if snapshot.phase is before.snapshot.phase and not before.left:
            return replace(before, snapshot=snapshot)
        return Shown(snapshot, self._clock(), before.moment + 1)

    def _stood(self, shown: Shown) -> float:
        return self._clock() - shown.since_s

    def _cleared(self, shown: Shown) -> Shown:
        return Shown(PortSnapshot(shown.snapshot.port), self._clock(), shown.moment + 1)
