"""Writing an image to devices that the guard has cleared, and proving that it stands there.

Checked in this order: every target is large enough, and its sectors are the image's; the stored file is the one of the
manifest; each mapped range while it is handed out; each piece read back from the medium; the partition table after it was moved
to the end of the disk. Only then is there a result.
"""

import threading
from collections.abc import Sequence

from agents.image.bmap import Bmap, BmapError, parse_bmap
from agents.image.catalogue import LocalImage
from agents.image.fanout import PATIENCE_S, fan_out
from agents.image.lane import Lane
from agents.image.onto import ImageResult, Target, Work
from agents.image.proof import Proof
from agents.image.reader import check_file
from agents.image.target import refuse_sectors, refuse_small
from agents.shell.blockdev import BlockDevice
from agents.shell.progress import ProgressSink, ignore
from fleet.contract.manifest import ImageManifest


def write_image(
    device: BlockDevice, image: LocalImage, *, zero_unmapped: bool, on_progress: ProgressSink = ignore, stop: threading.Event
) -> ImageResult:
    """Write an image to one device and read it back; `Target` says what the arguments mean.

    Raises:
        BmapError, TargetTooSmall, ImageFileDamaged, TargetSectorsDiffer: refused, nothing was written.
        ImageAltered, PartitionTableDamaged: the image is not whole; the target is not usable.
        ImageWriteFailed, DeviceGone, ReadBackDiffers, ImagingStopped: the target is not usable.
    """
    (lane,) = write_images([Target(device, zero_unmapped, stop, on_progress)], image)
    return lane.result()


def write_images(targets: Sequence[Target], image: LocalImage, *, patience_s: float = PATIENCE_S) -> tuple[Lane, ...]:
    """Begin to write an image to several devices from one decompression; `result` of each lane waits for its end.

    Raises:
        BmapError, TargetTooSmall, ImageFileDamaged, TargetSectorsDiffer: refused, nothing was written to any of them.
    """
    manifest = image.manifest
    bmap = map_of(manifest)
    for target in targets:
        refuse_small(target.device, manifest)
        refuse_sectors(target.device, b"", manifest)
    check_file(image, lambda: all(target.stop.is_set() for target in targets))
    return fan_out(targets, Work(image, bmap, Proof()), patience_s=patience_s)


def map_of(manifest: ImageManifest) -> Bmap:
    """The block map of a manifest, for an image of the manifest's size. Raises BmapError."""
    bmap = parse_bmap(manifest.bmap)
    if bmap.image_bytes != manifest.size_bytes:
        raise BmapError(
            f"The block map is of an image of {bmap.image_bytes} bytes, the manifest of one of {manifest.size_bytes}. "
            "Nothing was written; fetch the image again."
        )
    return bmap
