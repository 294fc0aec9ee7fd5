"""Finishing a Linux image: asked of its file systems first, then carried out on them."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from agents.errors import Failed
from agents.image.finish.edits import Edit, MakeLink, Remove, WriteFile
from agents.image.finish.ext4 import Ext4
from agents.image.finish.linux import Change, Reader, change_of
from agents.image.finish.preflight import refuse_other_file_system
from agents.image.finish.volume import volume
from agents.image.finish.wishes import Wishes
from agents.image.partitions import DiskTable
from agents.shell.blockdev import BlockDevice
from fleet.contract.finishing import FileSystem, FinishedStep, FinishStep, GrowPartition, NewGuids
from fleet.contract.manifest import ImageManifest

_NAMING: Final = ("/etc/fstab", "/boot/grub/grub.cfg", "/etc/default/grub")
"""Files in which a Linux system names the partitions that it starts from."""
_BY_GUID: Final = re.compile(rb"(?<![A-Z_])PARTUUID=")
"""Not the settings of GRUB whose names end so."""


class NamedByGuid(Failed):
    """The image names its partitions by GUID, so new ones would keep it from starting. Have it made anew, with labels."""


@dataclass(frozen=True, slots=True)
class LinuxPlan:
    """The edits of each partition, by its number, and the partition that grows."""

    changes: Mapping[int, tuple[Change, ...]]
    grows: int | None

    def carry_out(self, device: BlockDevice, table: DiskTable) -> tuple[FinishedStep, ...]:
        """On the disk whose table is already as it shall be. Raises ProgramFailed and the like, EditNotThere."""
        numbers = dict.fromkeys([*self.changes, *([self.grows] if self.grows else [])])
        return tuple(step for number in numbers for step in self._on(number, device, table))

    def _on(self, number: int, device: BlockDevice, table: DiskTable) -> Iterator[FinishedStep]:
        start, length = table.span(number)
        # resize2fs cuts a plain file off where it takes the file system to end, offset or not: it gets a node of its own.
        with volume(device, start, length, takes_offset=number != self.grows) as name:
            system = Ext4(name)
            system.repair()
            if number == self.grows:
                system.grow(length)
            for change in self.changes.get(number, ()):
                system.apply(change.edits)
            system.check()
            for change in self.changes.get(number, ()):
                yield from _told(change)


def prepare(device: BlockDevice, table: DiskTable, manifest: ImageManifest, wishes: Wishes) -> LinuxPlan:
    """Read what the steps build upon; nothing is changed.

    Raises:
        PartitionAbsent, FileSystemDiffers, NamedByGuid, SystemIncomplete: the image is not what its manifest says.
        OSError, ProgramFailed and the like: it cannot be read.
    """
    steps: dict[int, list[FinishStep]] = {}
    for step in manifest.finish:
        if not isinstance(step, NewGuids | GrowPartition):
            steps.setdefault(step.partition, []).append(step)
    grows = next((step.number for step in manifest.finish if isinstance(step, GrowPartition)), None)
    refuse_other_file_system(device, table, [*steps, *([grows] if grows else [])], FileSystem.EXT4)
    renamed = any(isinstance(step, NewGuids) for step in manifest.finish)
    changes: dict[int, tuple[Change, ...]] = {}
    for number, wanted in steps.items():
        with volume(device, *table.span(number), takes_offset=True) as name:
            system = Ext4(name)
            if renamed:
                _refuse_guids(system)
            asked = (change_of(step, manifest, wishes, system) for step in wanted)
            changes[number] = tuple(change for change in asked if change is not None)
    return LinuxPlan(changes, grows)


def _refuse_guids(system: Reader) -> None:
    for path in _NAMING:
        if _BY_GUID.search(system.read(path) or b""):
            raise NamedByGuid(f"{path} says PARTUUID. {NamedByGuid.__doc__}")


def _told(change: Change) -> Iterator[FinishedStep]:
    if not change.edits:
        yield FinishedStep(step=change.step, target="system", value=change.value)
    for edit in change.edits:
        yield _one(change, edit)


def _one(change: Change, edit: Edit) -> FinishedStep:
    match edit:
        case WriteFile():
            sha256 = hashlib.sha256(edit.data).hexdigest()
            return FinishedStep(step=change.step, target=edit.path, value=change.value, sha256=sha256)
        case MakeLink():
            return FinishedStep(step=change.step, target=edit.path, value=f"link to {edit.target}")
        case Remove():
            return FinishedStep(step=change.step, target=edit.path, value="removed")
