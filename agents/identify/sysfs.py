"""What the kernel's sysfs tells of block devices. Paths are below `root`, so that recorded trees can stand in for it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECTOR_BYTES: Final = 512
"""sysfs counts capacity in 512-byte sectors, whatever the device's own block size."""
SYSFS: Final = Path("/sys")


@dataclass(frozen=True, order=True)
class DeviceNumber:
    """Major and minor: what a device is to the kernel, whatever its name."""

    major: int
    minor: int

    @classmethod
    def of(cls, raw: int) -> "DeviceNumber":
        """From a `st_dev` or `st_rdev`."""
        return cls(os.major(raw), os.minor(raw))

    @classmethod
    def parse(cls, text: str) -> "DeviceNumber":
        """From `8:16`. Raises ValueError."""
        major, minor = text.strip().split(":")
        return cls(int(major), int(minor))

    def __str__(self) -> str:
        return f"{self.major}:{self.minor}"


@dataclass(frozen=True)
class Node:
    """One block device's folder in sysfs."""

    folder: Path

    @property
    def name(self) -> str:
        """Kernel name, such as sdb or sdb1."""
        return self.folder.name

    @property
    def number(self) -> DeviceNumber:
        """Raises OSError, ValueError."""
        return DeviceNumber.parse(self.text("dev") or "")

    @property
    def is_partition(self) -> bool:
        """Whether it is a partition, not a whole disk."""
        return (self.folder / "partition").exists()

    @property
    def disk(self) -> "Node":
        """The whole disk that this belongs to: itself, unless it is a partition."""
        return Node(self.folder.parent) if self.is_partition else self

    def parts(self) -> Iterator["Node"]:
        """The partitions of this disk."""
        for entry in sorted(self.folder.iterdir()):
            if (entry / "partition").exists():
                yield Node(entry)

    def linked(self, relation: str) -> Iterator["Node"]:
        """Its `holders` (what stands on it) or `slaves` (what it stands on). Raises OSError."""
        for entry in sorted((self.folder / relation).iterdir()):
            yield Node(entry.resolve(strict=True))

    def text(self, attribute: str) -> str | None:
        """An attribute's stripped text; None when it is absent, empty or unreadable."""
        try:
            return (self.folder / attribute).read_text(encoding="utf-8", errors="replace").strip() or None
        except OSError:
            return None

    def integer(self, attribute: str) -> int | None:
        """An attribute as a number; None when it is absent or none."""
        text = self.text(attribute)
        return int(text) if text is not None and text.lstrip("-").isdigit() else None


def node_of(number: DeviceNumber, root: Path = SYSFS) -> Node:
    """The sysfs folder of a device number. Raises OSError when the kernel knows no such block device."""
    return Node((root / "dev" / "block" / str(number)).resolve(strict=True))


@dataclass(frozen=True)
class UsbBridge:
    """The USB device that a disk hangs on: a stick, or the bridge chip of a dock."""

    vid_pid: str
    serial: str | None
    manufacturer: str | None
    product: str | None


def usb_bridge(node: Node) -> UsbBridge | None:
    """The nearest USB device above a disk; None when it hangs on something else."""
    for folder in node.disk.folder.parents:
        above = Node(folder)
        vendor, product = above.text("idVendor"), above.text("idProduct")
        if vendor and product:
            return UsbBridge(f"{vendor}:{product}", above.text("serial"), above.text("manufacturer"), above.text("product"))
    return None
