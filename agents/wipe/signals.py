"""What may end a run early, and how a device that left is told from one that failed."""

import errno
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.shell import clock
from agents.shell.blockdev import BlockDevice, IoFault
from fleet.contract.base import utc_text

_LEAVING: Final = frozenset({errno.EIO, errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM, errno.ESHUTDOWN})
_LEAVING_S: Final = 2.0
"""After an I/O error: how long a device that was pulled may take until the kernel says so."""


@dataclass(frozen=True)
class Signals:
    """Events that others set.

    Attributes:
        stop: the operator ends the job; firmware that was told cannot be stopped.
        gone: the device left its port.
        interrupted: this process ends, the job goes on later.
    """

    stop: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    interrupted: threading.Event = field(default_factory=threading.Event)

    @property
    def any(self) -> bool:
        """Whether one of them is set."""
        return self.stop.is_set() or self.gone.is_set() or self.interrupted.is_set()

    @property
    def away(self) -> bool:
        """Whether there is nothing to ask any more, or nobody to ask."""
        return self.gone.is_set() or self.interrupted.is_set()

    def vanished(self, device: BlockDevice, faults: Sequence[IoFault]) -> bool:
        """Whether the device left. An I/O error may come a moment before the kernel removes the device."""
        deadline = clock.monotonic() + (_LEAVING_S if any(fault.errno in _LEAVING for fault in faults) else 0)
        while device.present() and not self.gone.is_set():
            left = deadline - clock.monotonic()
            if left <= 0:
                return False
            self.gone.wait(min(left, 0.1))
        return True


class Logbook:
    """What happened when, in lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def note(self, text: str) -> None:
        """One line, with the moment."""
        self._lines.append(f"{utc_text(clock.now())} {text}")

    @property
    def lines(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._lines)
