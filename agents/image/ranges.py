"""Following an image against its block map: which of its bytes are mapped, and whether each range is what the map says."""

import hashlib
from collections.abc import Iterator
from typing import Final

from agents.errors import Failed
from agents.image.bmap import Bmap, MappedRange

_ZEROS: Final = bytes(64 << 10)
"""Compared at once: a copy of this size stays in the processor's cache, and needs no fresh memory."""


class ImageAltered(Failed):
    """The image did not unpack to what its manifest says. The target is not usable: fetch the image again, and start anew."""


class RangeChecker:
    """Takes an image's bytes in order; whole chunks that the map leaves out may be passed over."""

    def __init__(self, bmap: Bmap) -> None:
        self._bmap = bmap
        self._left = iter(bmap.ranges)
        self._range: MappedRange | None = next(self._left, None)
        self._hash = hashlib.sha256()

    def mapped_in(self, chunk: memoryview, offset: int) -> Iterator[tuple[int, int]]:
        """The mapped pieces of the next chunk: (first byte, byte after the last), positions of the image.

        Each piece is handed out only once it may be written: a range's last piece when its checksum was right.

        Args:
            chunk: the next bytes of the image.
            offset: where they lie in the image.

        Raises:
            ImageAltered: a range has another checksum, or bytes that the map leaves out are not zero.
        """
        at, end = offset, offset + len(chunk)
        while self._range is not None:
            first, last = self._bmap.span(self._range)
            if first >= end:
                break
            start, stop = max(first, at), min(last, end)
            _expect_zeros(chunk[at - offset : start - offset])
            self._hash.update(chunk[start - offset : stop - offset])
            if stop == last:
                self._finish(self._range)
            yield start, stop
            at = stop
            if stop < last:
                break
        _expect_zeros(chunk[at - offset :])

    def end(self) -> None:
        """The image is over. Raises ImageAltered when a range is missing."""
        if self._range is not None:
            raise ImageAltered(
                f"The image ends before block {self._range.last}, which its block map names. "
                "The target is not usable: fetch the image again, and start anew."
            )

    def _finish(self, mapped: MappedRange) -> None:
        if self._hash.hexdigest() != mapped.sha256:
            raise ImageAltered(
                f"Blocks {mapped.first} to {mapped.last} of the image have another SHA-256 than its block map says. "
                "The target is not usable: fetch the image again, and start anew."
            )
        self._range, self._hash = next(self._left, None), hashlib.sha256()


def _expect_zeros(piece: memoryview) -> None:
    """What the map leaves out is not written: it must be zero, or the map belongs to another image."""
    for start in range(0, len(piece), len(_ZEROS)):
        part = piece[start : start + len(_ZEROS)]
        if bytes(part) != (_ZEROS if len(part) == len(_ZEROS) else bytes(len(part))):
            raise ImageAltered(
                "The image holds data in blocks that its block map leaves out. "
                "The target is not usable: have the image made anew."
            )
