"""When a device counts as there: contacts bounce, and udev announces a disk before its size is known.

An arrival counts once it has stayed; a departure counts at once.
"""

from dataclasses import dataclass

from agents.detect.occupants import Arrived, Left, Occupant, PortEvent


@dataclass(frozen=True)
class _Waiting:
    occupant: Occupant
    since_s: float


class Debouncer:
    """Decides what to announce. Holds no clock: the caller says what time it is, in seconds of a monotonic clock."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._waiting: dict[str, _Waiting] = {}
        self._settled: dict[str, Arrived] = {}

    def saw(self, port: str, occupant: Occupant | None, at_s: float) -> list[PortEvent]:
        """Take in what stands at a port now (None: nothing). Returns the departure of what stood there before, if it left."""
        events: list[PortEvent] = []
        settled = self._settled.get(port)
        if settled is not None and settled.occupant != occupant:
            settled.gone.set()
            events.append(Left(port, settled.occupant))
            del self._settled[port]
        if occupant is None or port in self._settled:
            self._waiting.pop(port, None)
        elif port not in self._waiting or self._waiting[port].occupant != occupant:
            self._waiting[port] = _Waiting(occupant, at_s)
        return events

    def settled(self, at_s: float) -> list[PortEvent]:
        """The arrivals that have stayed long enough by now."""
        due = [port for port, waiting in self._waiting.items() if at_s - waiting.since_s >= self._settle_s]
        arrivals = [Arrived(port, self._waiting.pop(port).occupant) for port in due]
        self._settled |= {arrival.port: arrival for arrival in arrivals}
        return list(arrivals)
