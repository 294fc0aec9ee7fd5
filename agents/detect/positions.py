"""Which disk stands at which declared position: uevents matched to ports by ID_PATH, never by /dev name."""

from collections.abc import Iterable, Iterator, Sequence

from agents.config import PortConfig
from agents.detect.occupants import Occupant
from agents.detect.uevents import Action, Uevent


class Positions:
    """The disks at the allowlisted positions. Everything else that is plugged in is none of our business."""

    def __init__(self, ports: Sequence[PortConfig]) -> None:
        self._ports = {port.id_path: port.name for port in ports if port.id_path is not None}
        self._present: dict[str, Uevent] = {}

    @property
    def declared(self) -> bool:
        """Whether any port is a physical position."""
        return bool(self._ports)

    def replace(self, present: Iterable[Uevent]) -> None:
        """Start again from a full list of what is plugged in."""
        self._present = {}
        for uevent in present:
            self.apply(uevent)

    def apply(self, uevent: Uevent) -> None:
        """Take in one event. A late REMOVE of an earlier disk does not remove the one that has taken its name."""
        if uevent.action is Action.REMOVE:
            self._present = {position: there for position, there in self._present.items() if not _same_disk(there, uevent)}
        elif uevent.id_path in self._ports:
            self._present[uevent.id_path] = uevent

    def occupants(self) -> Iterator[tuple[str, Occupant | None]]:
        """Each physical port's name with what stands there; a reader without a card stands empty."""
        for position, name in self._ports.items():
            there = self._present.get(position)
            empty = there is None or not there.size_bytes
            yield (
                name,
                None if empty or there is None else Occupant(there.path, f"disk:{there.diskseq}:{there.path}:{there.size_bytes}"),
            )


def _same_disk(there: Uevent, leaving: Uevent) -> bool:
    if there.path != leaving.path:
        return False
    return None in (there.diskseq, leaving.diskseq) or there.diskseq == leaving.diskseq
