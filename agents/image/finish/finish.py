"""Finishing, in the bench's own order: the partition table, then the file systems and their files, each read back."""

from collections.abc import Iterator
from contextlib import contextmanager

from agents.errors import Failed
from agents.image.finish import linux_disk, windows_disk
from agents.image.finish.preflight import refuse_unfinishable
from agents.image.finish.wishes import FinishReport, Wishes
from agents.image.gpt import check_table
from agents.image.partitions import HEAD_BYTES, DiskTable
from agents.image.target import patch, read_bytes
from agents.shell.blockdev import BlockDevice, DeviceGone
from fleet.contract.finishing import FinishedStep, GrowPartition, NewGuids
from fleet.contract.kinds import ImageKind
from fleet.contract.manifest import ImageManifest


class FinishingFailed(Failed):
    """The device did not take what finishing wrote. It is not usable: check the cable, and the medium's health, start anew."""


def finish_image(device: BlockDevice, manifest: ImageManifest, wishes: Wishes) -> FinishReport:
    """Carry out the finishing steps of an image that stands on a medium, read back.

    Args:
        device: open for writing and held by the caller, as for `write_image`.
        manifest: the image's; without steps nothing is read or written.
        wishes: what is particular to this device.

    Raises:
        FinishingImpossible, HostNameImpossible: it cannot be done here; nothing was changed.
        Failed: the image is not what its manifest says (nothing was changed), or something did not work or did not read back.
    """
    refuse_unfinishable(manifest, wishes, is_block=device.is_block)
    if not manifest.finish:
        return FinishReport()
    with _device_errors(device):
        table = DiskTable.parse(read_bytes(device, 0, HEAD_BYTES))
        wanted = _wanted(table, manifest, device.size_bytes)
        plan: linux_disk.LinuxPlan | windows_disk.WindowsPlan
        if manifest.kind is ImageKind.WINDOWS:
            plan = windows_disk.prepare(device, table, manifest, wishes)
        else:
            plan = linux_disk.prepare(device, table, manifest, wishes)
        _settle(device, wanted)
        steps = (*_told(table, wanted), *plan.carry_out(device, wanted))
        device.flush()
        _check(device, wanted)
    return FinishReport(steps)


def _wanted(table: DiskTable, manifest: ImageManifest, disk_bytes: int) -> DiskTable:
    """The table as it shall be. Raises PartitionAbsent, PartitionNotLast."""
    for step in manifest.finish:
        match step:
            case NewGuids():
                table = table.with_new_guids()
            case GrowPartition():
                table = table.grown(step.number, disk_bytes)
            case _:
                pass
    return table


def _settle(device: BlockDevice, wanted: DiskTable) -> None:
    """Write both copies of the table and read them back. Raises FinishingFailed, PartitionTableDamaged."""
    changes = wanted.patches(device.size_bytes)
    for change in changes:
        patch(device, change)
    device.flush()
    _check(device, wanted)


def _check(device: BlockDevice, wanted: DiskTable) -> None:
    """Whether the disk still has its size, and both copies of its table on it. Raises FinishingFailed, PartitionTableDamaged."""
    changes = wanted.patches(device.size_bytes)
    if device.current_size() != device.size_bytes or any(
        read_bytes(device, change.offset, len(change.data)) != change.data for change in changes
    ):
        raise FinishingFailed(f"{device.path}, partition table: {FinishingFailed.__doc__}")
    check_table(read_bytes(device, 0, HEAD_BYTES), changes[-1], device.size_bytes)


def _told(before: DiskTable, after: DiskTable) -> Iterator[FinishedStep]:
    """What became of the partition table, for the report."""
    if after.guid != before.guid:
        yield FinishedStep(step="new_guids", target="disk", value=str(after.guid))
        for entry in after.entries:
            yield FinishedStep(step="new_guids", target=f"partition {entry.number}", value=str(entry.guid))
    for entry in after.entries:
        old, new = before.span(entry.number)[1], after.span(entry.number)[1]
        if new != old:
            yield FinishedStep(step="grow_partition", target=f"partition {entry.number}", value=f"from {old} to {new} bytes")


@contextmanager
def _device_errors(device: BlockDevice) -> Iterator[None]:
    """The kernel's errors as ours: gone, or there and failing."""
    try:
        yield
    except OSError as error:
        if not device.present():
            raise DeviceGone(f"{device.path}: {DeviceGone.__doc__}") from error
        raise FinishingFailed(f"{device.path}: {error.strerror}. {FinishingFailed.__doc__}") from error
