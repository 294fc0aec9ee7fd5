"""What finishing needs, asked before the image is written and again before the first change of it."""

import os
from collections.abc import Iterable
from typing import Final, assert_never

from agents.errors import Failed, Refused
from agents.image.finish.wishes import Wishes
from agents.image.partitions import DiskTable
from agents.image.target import read_bytes
from agents.shell.blockdev import BlockDevice
from agents.shell.run import installed
from fleet.contract.finishing import FILE_SYSTEM_OF, FileSystem, GrowPartition, LicenceBasis, misfit
from fleet.contract.kinds import ImageKind, Presence
from fleet.contract.manifest import ImageManifest

_PROGRAMS: Final = {
    FileSystem.EXT4: ("e2fsck", "resize2fs", "debugfs"),
    FileSystem.NTFS: ("ntfscp", "ntfscat", "ntfsresize", "losetup"),
}
_MAGIC: Final = {FileSystem.EXT4: (1024 + 56, b"\x53\xef"), FileSystem.NTFS: (3, b"NTFS    ")}
"""Where in the partition what tells a file system stands: ext4's superblock (s_magic), NTFS's boot sector (OEM id)."""


class FinishingImpossible(Refused):
    """What the image's manifest wants done to it cannot be done here. Nothing was written."""


class FileSystemDiffers(Failed):
    """A partition of the image does not hold the file system that its manifest speaks of. Have the image made anew."""


def refuse_unfinishable(manifest: ImageManifest, wishes: Wishes, *, is_block: bool) -> None:
    """What can be known before the image is written.

    Args:
        manifest: the image's.
        wishes: the device's.
        is_block: whether the target is a block device, and not a plain file.

    Raises:
        FinishingImpossible: a step that this kind of image does not take, a program that is absent, a licence that is not there.
        HostNameImpossible: the device has no valid asset code.
    """
    _refuse_licence(manifest, wishes)
    if not manifest.finish:
        return
    problem = misfit(manifest.kind, manifest.finish)
    if problem is not None:
        raise FinishingImpossible(f"{problem} Nothing was written. Have the manifest corrected.")
    _ = wishes.host_name, wishes.computer_name
    system = FILE_SYSTEM_OF[manifest.kind]
    absent = [name for name in _PROGRAMS[system] if not installed(name)]
    if absent:
        package = "e2fsprogs" if system is FileSystem.EXT4 else "ntfs-3g"
        raise FinishingImpossible(f"{', '.join(absent)} not found: nothing was written. Install {package}.")
    grows = any(isinstance(step, GrowPartition) for step in manifest.finish)
    if (is_block or grows or system is FileSystem.NTFS) and os.geteuid() != 0:
        raise FinishingImpossible("Finishing this image needs a loop device: nothing was written. Run the bench agent as root.")


def refuse_other_file_system(device: BlockDevice, table: DiskTable, numbers: Iterable[int], system: FileSystem) -> None:
    """Whether each of these partitions holds this file system. Raises PartitionAbsent, FileSystemDiffers, OSError."""
    at, magic = _MAGIC[system]
    for number in numbers:
        start, _ = table.span(number)
        if read_bytes(device, start + at, len(magic)) != magic:
            raise FileSystemDiffers(f"Partition {number} is not {system}. {FileSystemDiffers.__doc__}")


def _refuse_licence(manifest: ImageManifest, wishes: Wishes) -> None:
    match manifest.kind:
        case ImageKind.LINUX | ImageKind.CHROMEOS_FLEX:
            return
        case ImageKind.WINDOWS:
            by_key = manifest.licence is not None and manifest.licence.basis is LicenceBasis.FIRMWARE_KEY
            if by_key and wishes.windows_key is Presence.NO:
                raise FinishingImpossible(
                    "The firmware of this computer holds no Windows key, and the image's licence rests on one. "
                    "Nothing was written. Take an image with another licence basis, or a Linux image."
                )
        case _:
            assert_never(manifest.kind)
