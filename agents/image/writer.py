"""Writing an image to a device that the guard has cleared, and proving that it stands there.

Checked in this order: the target is large enough; the stored file is the one of the manifest; each mapped range while it is
written; the whole image at its end; each mapped range read back from the medium; the partition table after it was moved to
the end of the disk. Only then is there a result.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from agents.errors import Failed
from agents.image.bmap import Bmap, BmapError, parse_bmap
from agents.image.catalogue import LocalImage
from agents.image.gpt import check_table, moved_to_end
from agents.image.ranges import RangeChecker
from agents.image.reader import CHUNK_BYTES, ImageStream, check_file, chunks
from agents.image.target import END_AREA_BYTES, patch, read_bytes, read_piece, refuse_sectors, refuse_small, write_piece, zero
from agents.shell.blockdev import BlockDevice, DeviceGone, aligned_buffer
from agents.shell.progress import Meter, Phase, ProgressSink, ignore
from fleet.contract.kinds import IoMode
from fleet.contract.manifest import ImageManifest

_HEAD_BYTES: Final = 2 << 20
"""Enough for a partition table of any size that is accepted."""
_ZERO_BYTES: Final = 64 << 20
"""Zeroed at once: how long a stop may wait on a slow medium."""


class ImageWriteFailed(Failed):
    """The device did not take the image. It is not usable: check the cable, and the medium's health, then start anew."""


class ReadBackDiffers(Failed):
    """What was read back is not what was written: the medium is not sound. Set it apart, and use another."""


class ImagingStopped(Failed):
    """Stopped by the operator. The target holds a part of the image and is not usable: start anew."""


@dataclass(frozen=True, slots=True)
class ImageResult:
    """An image that stands on the medium, proven by reading it back. Sizes in bytes."""

    name: str
    version: str
    sha256: str
    size_bytes: int
    mapped_bytes: int
    read_back_bytes: int
    zeroed_bytes: int
    table_moved: bool
    io_mode: IoMode


def write_image(
    device: BlockDevice, image: LocalImage, *, zero_unmapped: bool, on_progress: ProgressSink = ignore, stop: threading.Event
) -> ImageResult:
    """Write an image and read it back.

    Args:
        device: open for writing, already cleared by the guard, and held by the caller.
        image: from `find_image`.
        zero_unmapped: False only where a verified wipe with zeros came just before; else what the image leaves out, and the
            end of the medium (an older partition table may lie there), are zeroed. The rest beyond the image is left to the wipe.
        on_progress: called in this thread.
        stop: set it to stop; ImagingStopped is raised then.

    Raises:
        BmapError, TargetTooSmall, ImageFileDamaged, TargetSectorsDiffer: refused, nothing was written.
        ImageAltered, PartitionTableDamaged: the image is not whole; the target is not usable.
        ImageWriteFailed, DeviceGone, ReadBackDiffers, ImagingStopped: the target is not usable.
    """
    manifest = image.manifest
    bmap = map_of(manifest)
    refuse_small(device, manifest)
    check_file(image, stop)
    watch = _Watch(device, stop)
    holes = _holes(device, bmap) if zero_unmapped else ()
    zeroed = sum(end - start for start, end in holes)
    meter = Meter(Phase.IMAGE, bmap.image_bytes + zeroed, on_progress)
    with _device_errors(device):
        head = _write(device, image, bmap, watch, meter)
        _zero(device, holes, watch, meter)
        device.flush()
        meter.finish()
        read_back = _read_back(device, bmap, watch, Meter(Phase.READ_BACK, bmap.mapped_bytes, on_progress))
        moved = _settle_table(device, head)
        watch.check()
    return ImageResult(
        name=manifest.name,
        version=manifest.version,
        sha256=manifest.sha256,
        size_bytes=manifest.size_bytes,
        mapped_bytes=bmap.mapped_bytes,
        read_back_bytes=read_back,
        zeroed_bytes=zeroed,
        table_moved=moved,
        io_mode=device.io_mode,
    )


def map_of(manifest: ImageManifest) -> Bmap:
    """The block map of a manifest, for an image of the manifest's size. Raises BmapError."""
    bmap = parse_bmap(manifest.bmap)
    if bmap.image_bytes != manifest.size_bytes:
        raise BmapError(
            f"The block map is of an image of {bmap.image_bytes} bytes, the manifest of one of {manifest.size_bytes}. "
            "Nothing was written; fetch the image again."
        )
    return bmap


@dataclass(frozen=True, slots=True)
class _Watch:
    """What may end the work between two blocks."""

    device: BlockDevice
    stop: threading.Event

    def check(self) -> None:
        """Raises ImagingStopped, DeviceGone."""
        if self.stop.is_set():
            raise ImagingStopped(str(ImagingStopped.__doc__))
        if not self.device.present():
            raise DeviceGone(f"{self.device.path}: {DeviceGone.__doc__}")


@contextmanager
def _device_errors(device: BlockDevice) -> Iterator[None]:
    """The kernel's errors as ours: gone, or there and failing."""
    try:
        yield
    except OSError as error:
        if not device.present():
            raise DeviceGone(f"{device.path}: {DeviceGone.__doc__}") from error
        raise ImageWriteFailed(f"{device.path}: {error.strerror}. {ImageWriteFailed.__doc__}") from error


def _write(device: BlockDevice, image: LocalImage, bmap: Bmap, watch: _Watch, meter: Meter) -> bytes:
    """Write the mapped ranges, everything checked on the way; the image's first bytes are returned."""
    checker, head, offset = RangeChecker(bmap), b"", 0
    with ImageStream(image) as stream, closing(chunks(stream)) as pieces:
        for chunk, count in pieces:
            watch.check()
            if offset == 0:
                head = chunk[: min(count, _HEAD_BYTES)]
                refuse_sectors(device, head, image.manifest)
                moved_to_end(head, device.size_bytes)
            for start, end in checker.mapped_in(chunk, count, offset):
                with memoryview(chunk) as view, view[start - offset : end - offset] as piece:
                    write_piece(device, piece, start)
            offset += count
            meter.add(count)
    return head


def _holes(device: BlockDevice, bmap: Bmap) -> tuple[tuple[int, int], ...]:
    """What the image leaves out, and the last part of a larger medium."""
    tail = max(bmap.image_bytes, device.size_bytes - END_AREA_BYTES)
    return (*bmap.holes, *(((tail, device.size_bytes),) if tail < device.size_bytes else ()))


def _zero(device: BlockDevice, spans: tuple[tuple[int, int], ...], watch: _Watch, meter: Meter) -> None:
    for first, last in spans:
        for start in range(first, last, _ZERO_BYTES):
            watch.check()
            end = min(start + _ZERO_BYTES, last)
            zero(device, start, end)
            meter.add(end - start)


def _read_back(device: BlockDevice, bmap: Bmap, watch: _Watch, meter: Meter) -> int:
    """Every mapped range from the medium itself; returns the bytes read. Raises ReadBackDiffers."""
    with closing(aligned_buffer(CHUNK_BYTES)) as buffer, memoryview(buffer) as view:
        for mapped in bmap.ranges:
            first, last = bmap.span(mapped)
            found = hashlib.sha256()
            for start in range(first, last, CHUNK_BYTES):
                watch.check()
                length = min(CHUNK_BYTES, last - start)
                found.update(read_piece(device, view, start, length))
                meter.add(length)
            if found.hexdigest() != mapped.sha256:
                raise ReadBackDiffers(f"{device.path}, bytes {first} to {last - 1}: {ReadBackDiffers.__doc__}")
    meter.finish()
    return meter.done_bytes


def _settle_table(device: BlockDevice, head: bytes) -> bool:
    """Move the partition table's backup to the end of a larger disk; whether that was needed. Raises ReadBackDiffers."""
    changes = moved_to_end(head, device.size_bytes)
    if changes is None:
        return False
    for change in changes:
        patch(device, change)
    device.flush()
    for change in changes:
        if read_bytes(device, change.offset, len(change.data)) != change.data:
            raise ReadBackDiffers(f"{device.path}, partition table: {ReadBackDiffers.__doc__}")
    check_table(read_bytes(device, 0, len(head)), changes[-1], device.size_bytes)
    return True
