"""What stands at a port, and the events that tell of it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Occupant:
    """A device at a port. Equal fingerprints are the same device, plugged in once; a new plug is a new fingerprint."""

    path: Path
    fingerprint: str


@dataclass(frozen=True)
class Arrived:
    """A device has stood still at a port for long enough. `gone` is set the moment it leaves: jobs watch it."""

    port: str
    occupant: Occupant
    gone: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)

    @property
    def path(self) -> Path:
        """The device node or file."""
        return self.occupant.path


@dataclass(frozen=True)
class Left:
    """A device that had arrived is no longer there."""

    port: str
    occupant: Occupant

    @property
    def path(self) -> Path:
        """The device node or file that was there."""
        return self.occupant.path


PortEvent = Arrived | Left
