"""What an image needs of its target, and edits of the target that do not fall on whole blocks."""

from contextlib import closing
from typing import Final

from agents.errors import Refused
from agents.image.gpt import Patch, sector_bytes
from agents.shell.blockdev import FILE_ALIGNMENT, BlockDevice, aligned_buffer
from fleet.contract.manifest import ImageManifest

END_AREA_BYTES: Final = 1 << 20
"""Where an earlier partition table may have left its backup."""


class TargetTooSmall(Refused):
    """The target is smaller than the image. Take a larger medium, or a smaller image."""


class TargetSectorsDiffer(Refused):
    """The image was made for a medium with other sectors. Take another medium, or an image made for this one."""


def refuse_small(device: BlockDevice, manifest: ImageManifest) -> None:
    """Raises TargetTooSmall, before anything is read or written."""
    if device.size_bytes < manifest.size_bytes:
        raise TargetTooSmall(
            f"{device.path} has {device.size_bytes} bytes, image {manifest.name} {manifest.version} needs {manifest.size_bytes}. "
            "Nothing was written. Take a larger medium, or a smaller image."
        )


def refuse_sectors(device: BlockDevice, head: bytes, manifest: ImageManifest) -> None:
    """A partition table counts in sectors: on a disk with others it would be nonsense. Raises TargetSectorsDiffer."""
    made_for = sector_bytes(head)
    fits = made_for in {None, device.logical_block_bytes} and manifest.size_bytes % device.logical_block_bytes == 0
    if device.is_block and not fits:
        name = f"image {manifest.name} {manifest.version}"
        raise TargetSectorsDiffer(
            f"{device.path} has sectors of {device.logical_block_bytes} bytes, {name} was made for {made_for or 512}. "
            "Nothing was written. Take another medium, or an image made for this one."
        )


def alignment(device: BlockDevice) -> int:
    """What offsets and lengths must be multiples of, in bytes."""
    return device.logical_block_bytes if device.is_block else FILE_ALIGNMENT


def write_piece(device: BlockDevice, piece: memoryview, offset: int) -> None:
    """Write bytes at `offset`: straight from memory where they are whole blocks. Raises OSError."""
    step = alignment(device)
    if offset % step == 0 and len(piece) % step == 0:
        device.write_at(piece, offset)
    else:
        patch(device, Patch(offset, bytes(piece)))


def read_piece(device: BlockDevice, buffer: memoryview, offset: int, length: int) -> memoryview | bytes:
    """`length` bytes at `offset`: into `buffer` where they are whole blocks. Short only at the device's end. Raises OSError."""
    step = alignment(device)
    if offset % step == 0 and length % step == 0:
        return buffer[: device.read_into(buffer[:length], offset)]
    return read_bytes(device, offset, length)


def patch(device: BlockDevice, change: Patch) -> None:
    """Write bytes at any offset: the blocks around them are read, changed and written. Raises OSError."""
    start, end = _around(device, change.offset, change.offset + len(change.data))
    with closing(aligned_buffer(end - start)) as buffer, memoryview(buffer) as view:
        device.read_into(view, start)
        at = change.offset - start
        view[at : at + len(change.data)] = change.data
        device.write_at(view, start)


def read_bytes(device: BlockDevice, offset: int, length: int) -> bytes:
    """Bytes from any offset, past the page cache. Short only at the device's end. Raises OSError."""
    start, end = _around(device, offset, offset + length)
    with closing(aligned_buffer(end - start)) as buffer, memoryview(buffer) as view:
        count = device.read_into(view, start)
        return bytes(view[offset - start : min(count, offset - start + length)])


def zero(device: BlockDevice, start: int, end: int) -> None:
    """Make a span read as zero, one that ends within a block included. Raises OSError."""
    step = alignment(device)
    whole_start, whole_end = -(-start // step) * step, end // step * step
    if whole_start >= whole_end:
        patch(device, Patch(start, bytes(end - start)))
        return
    if start < whole_start:
        patch(device, Patch(start, bytes(whole_start - start)))
    device.zero(whole_start, whole_end - whole_start)
    if whole_end < end:
        patch(device, Patch(whole_end, bytes(end - whole_end)))


def _around(device: BlockDevice, start: int, end: int) -> tuple[int, int]:
    step = alignment(device)
    return start // step * step, min(-(-end // step) * step, device.size_bytes)
