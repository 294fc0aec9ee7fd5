"""Whether an image can start on what it goes to: by its manifest, its own first bytes, and the computer where that is known.

A drive in a dock tells nothing of the computer that it will go into; a live stick sees it.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from agents.errors import Refused
from agents.image.gpt import sector_bytes
from agents.image.partitions import DiskTable
from fleet.contract.kinds import Architecture, Firmware
from fleet.contract.manifest import ImageManifest

_ESP: Final = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
"""EFI system partition (UEFI Specification 2.10, section 5.3.3)."""
_ESP_MBR: Final = 0xEF
_BOOT_CODE: Final = slice(0, 440)
"""What a BIOS runs; the disk's signature follows."""
_MBR_TYPES: Final = tuple(range(446 + 4, 510, 16))


class ImageUnfit(Refused):
    """This image cannot start on this computer. Take an image that was made for it; nothing was written."""


class ImageUnbootable(Refused):
    """The image is not what its manifest says. Nothing was written; have the image made anew."""


@dataclass(frozen=True, slots=True)
class Computer:
    """What is known of the computer that a drive sits in; None where nothing is."""

    architecture: Architecture | None = None
    firmware: Firmware | None = None


def refuse_unfit(manifest: ImageManifest, computer: Computer) -> None:
    """Raises ImageUnfit where both sides say what they are, and they differ. Silence on either side refuses nothing."""
    name = f"Image {manifest.name} {manifest.version}"
    wanted, found = manifest.architecture, computer.architecture
    if wanted is not None and found is not None and wanted is not found:
        raise ImageUnfit(f"{name} is for {wanted} processors, this computer has {found}. {ImageUnfit.__doc__}")
    if manifest.firmware and computer.firmware is not None and computer.firmware not in manifest.firmware:
        kinds = " and ".join(kind.upper() for kind in manifest.firmware)
        raise ImageUnfit(f"{name} starts by {kinds}, this computer started by {computer.firmware.upper()}. {ImageUnfit.__doc__}")


def refuse_unbootable(manifest: ImageManifest, head: bytes) -> None:
    """An image that says UEFI must have an EFI system partition, one that says BIOS boot code in its first sector.

    `head` are the image's first bytes, partition table included. Raises ImageUnbootable, PartitionTableDamaged.
    """
    name = f"Image {manifest.name} {manifest.version}"
    if Firmware.UEFI in manifest.firmware and not _has_esp(head):
        raise ImageUnbootable(f"{name} should start by UEFI and has no EFI system partition. {ImageUnbootable.__doc__}")
    if Firmware.BIOS in manifest.firmware and not any(head[_BOOT_CODE]):
        raise ImageUnbootable(f"{name} should start by BIOS and has no boot code. {ImageUnbootable.__doc__}")


def _has_esp(head: bytes) -> bool:
    if sector_bytes(head) is None:
        return any(head[at] == _ESP_MBR for at in _MBR_TYPES if at < len(head))
    return any(entry.type == _ESP for entry in DiskTable.parse(head).entries)
