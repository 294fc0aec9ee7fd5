"""A small, real disk image without root: a GPT and one ext4 file system with files in it. For demonstrations and tests."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

from agents.errors import Refused
from agents.image.gpt import Partition, new_table
from agents.shell.run import run

_MIB: Final = 1 << 20
_SECTOR: Final = 512
_SMALLEST_MIB: Final = 8
_MKFS_S: Final = 120.0


class ImageSizeInvalid(Refused):
    """A disk image is a whole number of MiB, 8 at least. Choose another size."""


def build_disk_image(raw: Path, files: Mapping[str, bytes], *, size_bytes: int, partition_name: str = "system") -> None:
    """Make a sparse raw disk image.

    Args:
        raw: the file to make; an existing one is replaced.
        files: what the file system holds, by relative path.
        size_bytes: size of the disk, a multiple of 1 MiB.
        partition_name: name of its only partition, up to 36 characters.

    Raises:
        ImageSizeInvalid: the size is not a whole number of MiB.
        ProgramMissing, ProgramFailed, ProgramTimedOut: mkfs.ext4 is absent, or did not do it (files larger than the disk).
    """
    if size_bytes % _MIB or size_bytes < _SMALLEST_MIB * _MIB:
        raise ImageSizeInvalid(f"{size_bytes} bytes: {ImageSizeInvalid.__doc__}")
    raw.unlink(missing_ok=True)
    with raw.open("wb") as disk:
        disk.truncate(size_bytes)
    with tempfile.TemporaryDirectory(prefix="heropstart-image-") as folder:
        _lay_out(Path(folder), files)
        owner = f"offset={_MIB},root_owner=0:0"
        kib = (size_bytes - 2 * _MIB) // 1024
        run(["mkfs.ext4", "-q", "-F", "-E", owner, "-d", folder, str(raw), f"{kib}k"], timeout_s=_MKFS_S)
    partition = Partition(partition_name, uuid4(), _MIB // _SECTOR, (size_bytes - _MIB) // _SECTOR - 1)
    with raw.open("r+b") as disk:
        for change in new_table(size_bytes, uuid4(), (partition,)):
            disk.seek(change.offset)
            disk.write(change.data)


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
