"""Controllers behind which drives may stand that this machine does not show: "no drive found" is not "no drive there".

Intel's Volume Management Device (VMD) and RAID mode (RST) keep NVMe drives from a kernel without the driver, or from any kernel.
"""

from pathlib import Path
from typing import Final

from agents.identify.sysfs import SYSFS, Node

_RAID_CLASS: Final = "0x0104"
"""PCI class 01h (mass storage), subclass 04h (RAID): VMD and RST are of this class (PCI Code and ID Assignment, 1.11)."""
_REMAPPED: Final = "remapped_nvme"
"""The kernel's ahci driver counts here the NVMe drives that RST hides behind it (Linux 5.15)."""
_DO: Final = "Switch VMD, RST and RAID off in the computer's setup (AHCI mode), else its drives are not seen and not erased."


def hidden_drives(root: Path = SYSFS) -> tuple[str, ...]:
    """What hides drives, and what to do, one sentence each; empty when nothing is known to."""
    found = []
    for folder in sorted((root / "bus" / "pci" / "devices").glob("*")):
        device = Node(folder)
        if (device.text("class") or "").startswith(_RAID_CLASS) and not (folder / "driver").exists():
            name = f"{device.text('vendor')}:{device.text('device')}"
            found.append(f"{folder.name} ({name}) is a RAID controller without a driver. {_DO}")
        if device.integer(_REMAPPED):
            found.append(f"{folder.name} hides {device.integer(_REMAPPED)} NVMe drives. {_DO}")
    return tuple(found)
