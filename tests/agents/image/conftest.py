"""Small disk images made in memory: a partition table, scattered data, holes. No program is started."""

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from agents.image.catalogue import LocalImage
from agents.image.gpt import Partition, new_table
from agents.image.pack import ImageLabel, pack_image
from fleet.contract.kinds import Compression, DeviceKind

MIB = 1 << 20
MADE_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DEMO = ImageLabel("demo", "1.0", "nl-BE", DeviceKind.LAPTOP)

Packer = Callable[..., LocalImage]


def fill(raw: Path, size: int, seed: int = 1) -> bytes:
    """A sparse raw image with a GPT and data in some places, one of them longer than a chunk; its bytes are returned."""
    rng = random.Random(seed)  # noqa: S311 - a test repeats itself
    with raw.open("wb") as disk:
        disk.truncate(size)
        for offset, length in ((MIB, 5000), (3 * MIB - 4096, 5 * MIB), (size - 70_000, 10_000)):
            disk.seek(offset)
            disk.write(rng.randbytes(length))
        for change in new_table(size, UUID(int=seed), (Partition("system", UUID(int=7), 2048, size // 512 - 2049),)):
            disk.seek(change.offset)
            disk.write(change.data)
    return raw.read_bytes()


@pytest.fixture
def packed(tmp_path: Path) -> Packer:
    def make(size: int = 12 * MIB, compression: Compression = Compression.ZSTD, label: ImageLabel = DEMO) -> LocalImage:
        folder = tmp_path / "images"
        folder.mkdir(exist_ok=True)
        fill(tmp_path / "raw.img", size)
        return pack_image(tmp_path / "raw.img", folder, label, MADE_AT, compression)

    return make


@pytest.fixture
def go() -> threading.Event:
    """A stop that nobody sets."""
    return threading.Event()
