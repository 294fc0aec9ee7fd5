"""A photo as it is kept: a JPEG or PNG by its own bytes, without anything that says where or with what it was taken.

Pure functions. Location is personal data: EXIF, XMP, IPTC, comments, text chunks and whatever follows the picture go;
the picture itself is not decoded. The way up is kept, as the only field of a fresh EXIF segment.
Formats: ITU-T T.81 annex B, EXIF 2.32 section 4.5 (TIFF 6.0 inside), PNG third edition section 5.
"""

# ruff: noqa: PLR2004 - byte values and lengths of the formats; a name for each would only repeat the standards

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from fleet.errors import N_, Invalid

MAX_PHOTO_BYTES: Final = 8 << 20
MAX_SIDE: Final = 20_000
"""Pixels; no camera makes more, and a picture that claims more is a trap for whoever decodes it."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs", b"bKGD"}
)
_START, _END, _SCAN, _APP0, _APP1, _APP2, _APP14, _COMMENT = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ORIENTATION: Final = 0x0112

MediaType = Literal["image/jpeg", "image/png"]


class PhotoUnfit(Invalid):
    """The upload is no photo that can be kept."""

    msgid = N_("This photo cannot be used. Take it again as a JPEG or PNG of at most {limit_mib} MiB.")


@dataclass(frozen=True)
class Photo:
    """A photo without its metadata."""

    media_type: MediaType
    content: bytes

    @property
    def sha256(self) -> str:
        """Of the bytes as they are kept, hex."""
        return hashlib.sha256(self.content).hexdigest()


def clean(data: bytes) -> Photo:
    """The photo without metadata. Raises PhotoUnfit for what is too large, broken, or neither JPEG nor PNG."""
    if len(data) > MAX_PHOTO_BYTES:
        raise _unfit("too large")
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return Photo("image/jpeg", _jpeg(data))
        if data.startswith(_PNG):
            return Photo("image/png", _png(data))
    except (struct.error, IndexError) as error:
        raise _unfit("cut off") from error
    raise _unfit("neither JPEG nor PNG")


def _unfit(why: str) -> PhotoUnfit:
    return PhotoUnfit(limit_mib=MAX_PHOTO_BYTES >> 20, why_exactly=why, field="photo")


def _sides(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise _unfit("impossible size")


def _jpeg(data: bytes) -> bytes:
    kept, orientation, framed, scanned = [b"\xff\xd8"], 1, False, False
    for marker, body in _segments(data):
        if marker == _APP1:
            orientation = _orientation(body) or orientation
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, 5)
            _sides(width, height)
            framed = True
        scanned = scanned or marker == _SCAN
        if _keeps(marker, body):
            kept.append(body)
    if not (framed and scanned):
        raise _unfit("no picture inside")
    if orientation != 1:
        kept.insert(1, _exif(orientation))
    return b"".join([*kept, b"\xff\xd9"])


def _keeps(marker: int, body: bytes) -> bool:
    """Which segments draw the picture: of the application's own, JFIF, colour profile and Adobe's transform."""
    if marker == _APP2:
        return body[4:].startswith(b"ICC_PROFILE\0")
    return marker in {_APP0, _APP14} or not (_APP0 <= marker <= 0xEF or marker == _COMMENT)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and whole bytes of each segment up to the end of the picture; a scan brings its coded data along."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise _unfit("broken JPEG")
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker = data[at + 1]
        if marker == _END:
            return
        length = struct.unpack_from(">H", data, at + 2)[0]
        end = at + 2 + length
        if length < 2 or end > len(data) or marker == _START or marker < 0xC0:
            raise _unfit("broken JPEG")
        if marker == _SCAN:
            end = _coded_end(data, end)
        yield marker, data[at:end]
        at = end


def _coded_end(data: bytes, at: int) -> int:
    """Where the coded data of a scan end: at the next marker that is neither a stuffed byte nor a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise _unfit("cut off")
        following = data[at + 1]
        if following not in {0x00, 0xFF} and not 0xD0 <= following <= 0xD7:
            return at
        at += 1 if following == 0xFF else 2


def _orientation(segment: bytes) -> int | None:
    """The way up (1 to 8) that an EXIF segment names; None when it names none."""
    if not segment[4:].startswith(b"Exif\0\0"):
        return None
    tiff = segment[10:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:
        return None
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    if first + 2 > len(tiff):
        return None
    for number in range(struct.unpack_from(f"{order}H", tiff, first)[0]):
        entry = first + 2 + 12 * number
        if entry + 12 > len(tiff):
            return None
        tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if (tag, kind, count) == (_ORIENTATION, 3, 1):
            return value if 1 <= value <= 8 else None
    return None


def _exif(orientation: int) -> bytes:
    """An EXIF segment that says the way up and nothing else."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(data: bytes) -> bytes:
    kept, at = [_PNG], len(_PNG)
    names: list[bytes] = []
    while not names or names[-1] != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        chunk = data[at:end]
        if end > len(data) or zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise _unfit("broken PNG")
        if not names:
            _sides(*_header(name, chunk))
        if name in _KEPT_CHUNKS:
            kept.append(chunk)
        names.append(name)
        at = end
    if b"IDAT" not in names:
        raise _unfit("no picture inside")
    return b"".join(kept)


def _header(name: bytes, chunk: bytes) -> tuple[int, int]:
    if name != b"IHDR":
        raise _unfit("broken PNG")
    width, height = struct.unpack_from(">II", chunk, 8)
    return width, height
