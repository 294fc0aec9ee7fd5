"""One target of an image: pieces are written, the rest is zeroed, everything is read back, and the partition table settled."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from agents.errors import Failed
from agents.image.bmap import Bmap
from agents.image.buffers import CHUNK_BYTES
from agents.image.catalogue import LocalImage
from agents.image.fit import refuse_unbootable
from agents.image.gpt import check_table, moved_to_end
from agents.image.proof import Proof
from agents.image.source import Chunk
from agents.image.target import END_AREA_BYTES, patch, read_bytes, read_piece, refuse_sectors, write_piece, zero
from agents.shell.blockdev import BlockDevice, DeviceGone, aligned_buffer
from agents.shell.progress import Meter, Phase, ProgressSink, ignore
from fleet.contract.kinds import IoMode

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


@dataclass(frozen=True)
class Target:
    """Where an image goes.

    Attributes:
        device: open for writing, already cleared by the guard, and held by the caller.
        zero_unmapped: False only where a verified wipe with zeros came just before; else what the image leaves out, and the
            end of the medium (an older partition table may lie there), are zeroed. The rest beyond the image is left to the wipe.
        stop: set it to stop this target alone.
        on_progress: called in the target's thread.
    """

    device: BlockDevice
    zero_unmapped: bool
    stop: threading.Event
    on_progress: ProgressSink = ignore


@dataclass(frozen=True)
class Work:
    """What all targets of one job share."""

    image: LocalImage
    bmap: Bmap
    proof: Proof


class Writing:
    """An image on its way onto one target. `done` is the byte of the image up to which its mapped pieces are written."""

    def __init__(self, target: Target, work: Work) -> None:
        self._target, self._work = target, work
        self._head, self.done, self._written = b"", 0, 0
        self._spans = self._holes() if target.zero_unmapped else ()
        self._zeroed = sum(end - start for start, end in self._spans)
        self._meter = Meter(Phase.IMAGE, work.bmap.mapped_bytes + self._zeroed, target.on_progress)

    def write(self, chunk: Chunk) -> None:
        """Write the pieces of a chunk that are not written yet.

        Raises OSError, ImagingStopped, DeviceGone, TargetSectorsDiffer, ImageUnbootable, PartitionTableDamaged.
        """
        self.check()
        if chunk.offset == 0:
            self._look_at(bytes(chunk.buffer.view[: min(_HEAD_BYTES, self._work.bmap.image_bytes)]))
        for start, end in chunk.pieces:
            if start >= self.done:
                write_piece(self._target.device, chunk.data(start, end), start)
                self.done = end
                self._written += end - start
                self._meter.add(end - start)

    def _look_at(self, head: bytes) -> None:
        """The image's first bytes, before anything is written.

        Raises TargetSectorsDiffer, ImageUnbootable, PartitionTableDamaged.
        """
        refuse_sectors(self._target.device, head, self._work.image.manifest)
        refuse_unbootable(self._work.image.manifest, head)
        moved_to_end(head, self._target.device.size_bytes)
        self._head = head

    def complete(self) -> ImageResult:
        """Zero what the map leaves out, read everything back, and settle the partition table.

        Raises OSError, ImagingStopped, DeviceGone, ReadBackDiffers, PartitionTableDamaged.
        """
        device, manifest, bmap = self._target.device, self._work.image.manifest, self._work.bmap
        for first, last in self._spans:
            for start in range(first, last, _ZERO_BYTES):
                self.check()
                end = min(start + _ZERO_BYTES, last)
                zero(device, start, end)
                self._meter.add(end - start)
        device.flush()
        self._meter.finish()
        read_back = self._read_back()
        if not self._written == read_back == bmap.mapped_bytes:
            raise ImageWriteFailed(f"{device.path}: {self._written} of {bmap.mapped_bytes} bytes. {ImageWriteFailed.__doc__}")
        moved = self._settle_table()
        self.check()
        return ImageResult(
            name=manifest.name,
            version=manifest.version,
            sha256=manifest.sha256,
            size_bytes=manifest.size_bytes,
            mapped_bytes=bmap.mapped_bytes,
            read_back_bytes=read_back,
            zeroed_bytes=self._zeroed,
            table_moved=moved,
            io_mode=device.io_mode,
        )

    def _holes(self) -> tuple[tuple[int, int], ...]:
        """What the image leaves out, and the last part of a larger medium."""
        bmap, size = self._work.bmap, self._target.device.size_bytes
        tail = max(bmap.image_bytes, size - END_AREA_BYTES)
        return (*bmap.holes, *(((tail, size),) if tail < size else ()))

    def _read_back(self) -> int:
        """Every mapped byte from the medium itself, against the tag of what was written; how many. Raises ReadBackDiffers."""
        device, meter = self._target.device, Meter(Phase.READ_BACK, self._work.bmap.mapped_bytes, self._target.on_progress)
        with closing(aligned_buffer(CHUNK_BYTES)) as buffer, memoryview(buffer) as view:
            for start, end in self._work.proof.pieces:
                self.check()
                if not self._work.proof.holds(start, read_piece(device, view, start, end - start)):
                    raise ReadBackDiffers(f"{device.path}, bytes {start} to {end - 1}: {ReadBackDiffers.__doc__}")
                meter.add(end - start)
        meter.finish()
        return meter.done_bytes

    def _settle_table(self) -> bool:
        """Move the partition table's backup to the end of a larger disk; whether that was needed. Raises ReadBackDiffers."""
        device, head = self._target.device, self._head
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

    def check(self) -> None:
        """Raises ImagingStopped, DeviceGone."""
        if self._target.stop.is_set():
            raise ImagingStopped(str(ImagingStopped.__doc__))
        if not self._target.device.present():
            raise DeviceGone(f"{self._target.device.path}: {DeviceGone.__doc__}")


@contextmanager
def device_errors(device: BlockDevice) -> Iterator[None]:
    """The kernel's errors as ours: gone, or there and failing."""
    try:
        yield
    except OSError as error:
        if not device.present():
            raise DeviceGone(f"{device.path}: {DeviceGone.__doc__}") from error
        raise ImageWriteFailed(f"{device.path}: {error.strerror}. {ImageWriteFailed.__doc__}") from error
