"""A kernel event about a block device, as a frozen value of ours."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Action(StrEnum):
    """What the kernel says happened; coldplug reports what is there already as ADD."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class Uevent:
    """One event about a whole disk.

    Attributes:
        action: what happened.
        path: the device node, such as /dev/sdb.
        id_path: udev's name of the physical position (ID_PATH); None when udev gave none.
        diskseq: the kernel's number of this disk, never used twice in a boot; None before Linux 5.15.
        size_bytes: 0 for a card reader without a card, and on removal.
        model: what udev knows of it, for lists that people read.
    """

    action: Action
    path: Path
    id_path: str | None
    diskseq: int | None
    size_bytes: int
    model: str | None = None
