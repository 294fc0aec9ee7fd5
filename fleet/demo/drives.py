"""Two donated drives full of somebody's life, and the image that they get: files that the same engine handles as real drives."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agents.image.build import build_disk_image
from agents.image.catalogue import LocalImage
from agents.image.pack import ImageLabel, pack_image
from fleet.contract.kinds import DeviceKind

DRIVE_BYTES: Final = (96 << 20) + 512
"""96 MiB and one sector more: not a multiple of any buffer."""
IMAGE_BYTES: Final = 32 << 20
SECRET: Final = b"Foto's van de kinderen, zomer 2019 - niet delen"
WELCOME: Final = b"Welkom op je nieuwe computer.\n" * 40
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Drive:
    """A donated drive and the port that it will stand at."""

    port: str
    path: Path

    def plug_in(self) -> None:
        """Make it appear in its port, whole: old data with a family's secret in every MiB, the odd tail included."""
        fresh = self.path.with_suffix(".new")
        with fresh.open("wb") as file:
            for _ in range(DRIVE_BYTES // _CHUNK):
                file.write(SECRET + os.urandom(_CHUNK - len(SECRET)))
            file.write((SECRET * 12)[: DRIVE_BYTES % _CHUNK])
        fresh.rename(self.path)

    def holds(self, text: bytes) -> bool:
        """Whether these bytes are found anywhere on it."""
        overlap, before = len(text) - 1, b""
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if text in before + chunk:
                    return True
                before = chunk[-overlap:]
        return False


def make_image(folder: Path) -> LocalImage:
    """A small, real disk image: GPT and ext4 with files in it, packed and mapped."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = folder / "welkom.raw"
    files = {"home/welkom.txt": WELCOME, "etc/hostname": b"heropstart\n", "srv/data.bin": os.urandom(2 << 20)}
    build_disk_image(raw, files, size_bytes=IMAGE_BYTES)
    label = ImageLabel("welkom", "1.0", "nl-BE", DeviceKind.DRIVE)
    image = pack_image(raw, folder, label, datetime.now(UTC))
    raw.unlink()
    return image
