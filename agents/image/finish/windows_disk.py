"""Finishing a sysprepped Windows image: its answer file, its C: grown where nothing lies behind it, its recovery kept."""

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from agents.errors import Failed
from agents.image.finish.ntfs import Ntfs
from agents.image.finish.preflight import refuse_other_file_system
from agents.image.finish.unattend import PATH, answer_file
from agents.image.finish.volume import volume
from agents.image.finish.wishes import Wishes
from agents.image.partitions import DiskTable, Entry
from agents.image.target import read_bytes
from agents.shell.blockdev import BlockDevice
from fleet.contract.finishing import FileSystem, FinishedStep, GrowPartition, Unattend, WindowsLicence
from fleet.contract.kinds import Architecture, Presence
from fleet.contract.manifest import ImageManifest

RECOVERY: Final = UUID("de94bba4-06d1-4d40-a16a-bfd50179d6ac")
"""PARTITION_MSFT_RECOVERY_GUID (Microsoft, PARTITION_INFORMATION_GPT)."""
_READ_BYTES: Final = 4 << 20


class RecoveryLost(Failed):
    """The recovery partition of the image is not there, or was changed. Have the image made anew."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A recovery partition as it was before anything was changed."""

    entry: Entry
    sha256: str


@dataclass(frozen=True, slots=True)
class WindowsPlan:
    """The answer file and where it goes, the partition that grows, what must stay, and the licence that is recorded."""

    answer: bytes
    unattend: Unattend | None
    grows: int | None
    recovery: Recovery | None
    licence: FinishedStep | None

    def carry_out(self, device: BlockDevice, table: DiskTable) -> tuple[FinishedStep, ...]:
        """On the disk whose table is already as it shall be. Raises ProgramFailed and the like, NtfsFileDiffers, RecoveryLost."""
        told = [self.licence] if self.licence else []
        if self.unattend is not None:
            told.append(self._answer(device, table, self.unattend.partition))
        if self.grows is not None:
            with volume(device, *table.span(self.grows), takes_offset=False) as node:
                Ntfs(node).grow()
                Ntfs(node).check()
                if self.unattend is not None and self.unattend.partition == self.grows:
                    Ntfs(node).prove(PATH, self.answer)
        if self.recovery is not None:
            number = self.recovery.entry.number
            if _recovery(device, table, number) != self.recovery:
                raise RecoveryLost(f"Partition {number}: {RecoveryLost.__doc__}")
            told.append(
                FinishedStep(step="unattend", target=f"partition {number}", value="recovery kept", sha256=self.recovery.sha256)
            )
        return tuple(told)

    def _answer(self, device: BlockDevice, table: DiskTable, number: int) -> FinishedStep:
        with volume(device, *table.span(number), takes_offset=False) as node:
            system = Ntfs(node)
            system.write(PATH, self.answer)
            sha256 = system.prove(PATH, self.answer)
            system.check()
        return FinishedStep(step="unattend", target=PATH, value="computer name, time zone, language, keyboard", sha256=sha256)


def prepare(device: BlockDevice, table: DiskTable, manifest: ImageManifest, wishes: Wishes) -> WindowsPlan:
    """Read what the steps build upon; nothing is changed. Raises PartitionAbsent, FileSystemDiffers, RecoveryLost, OSError."""
    unattend = next((step for step in manifest.finish if isinstance(step, Unattend)), None)
    grows = next((step.number for step in manifest.finish if isinstance(step, GrowPartition)), None)
    named = (unattend.partition if unattend else None, grows)
    numbers = {number for number in named if number is not None}
    refuse_other_file_system(device, table, sorted(numbers), FileSystem.NTFS)
    answer, recovery = b"", None
    if unattend is not None:
        answer = answer_file(unattend, wishes, manifest.architecture or Architecture.X86_64)
        recovery = _recovery(device, table, unattend.recovery) if unattend.recovery is not None else None
    licence = _licence(manifest.licence, wishes) if manifest.licence is not None else None
    return WindowsPlan(answer, unattend, grows, recovery, licence)


def _recovery(device: BlockDevice, table: DiskTable, number: int) -> Recovery:
    entry = table.partition(number)
    if entry.type != RECOVERY:
        raise RecoveryLost(f"Partition {number} is no recovery partition. {RecoveryLost.__doc__}")
    (start, length), found = table.span(number), hashlib.sha256()
    for at in range(start, start + length, _READ_BYTES):
        found.update(read_bytes(device, at, min(_READ_BYTES, start + length - at)))
    return Recovery(entry, found.hexdigest())


def _licence(licence: WindowsLicence, wishes: Wishes) -> FinishedStep:
    key = {
        Presence.YES: f"firmware key ending in {wishes.windows_key_end}",
        Presence.NO: "no firmware key",
        Presence.INDETERMINATE: "firmware key not looked for: the drive is not in its computer",
    }[wishes.windows_key]
    reference = f", {licence.reference}" if licence.reference else ""
    return FinishedStep(step="licence", target="firmware", value=f"{licence.edition}: {licence.basis}{reference}; {key}")
