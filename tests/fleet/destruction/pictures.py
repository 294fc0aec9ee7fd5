"""Small photos with what cameras put into them, drawn here."""

import io
import struct
import zlib

from PIL import Image

SECRET = b"51.0543 N 3.7174 E"
"""A place, as a camera notes it; it must be in no byte that is kept."""


def jpeg(*, orientation: int = 1, progressive: bool = False) -> bytes:
    """A JPEG with EXIF (way up, maker's note with the place), a comment, and a film behind the picture."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    buffer = io.BytesIO()
    Image.new("RGB", (64, 40), (200, 30, 30)).save(
        buffer, "JPEG", exif=exif.tobytes(), comment=SECRET, progressive=progressive, quality=80
    )
    return buffer.getvalue() + b"film" + SECRET


def png() -> bytes:
    """A PNG with a text chunk, an EXIF chunk, and bytes behind its end."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 40), (30, 30, 200)).save(buffer, "PNG")
    data = buffer.getvalue()
    end = data.rindex(b"IEND") - 4
    return data[:end] + chunk(b"tEXt", b"GPS\0" + SECRET) + chunk(b"eXIf", SECRET) + data[end:] + SECRET


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
