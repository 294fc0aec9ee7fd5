"""Virtual ports: a plain file or a loop device that stands in for a drive."""

import hashlib
import os
from pathlib import Path
from typing import Final

from agents.config import PortConfig
from agents.errors import Refused
from agents.identify.identity import Identity
from agents.identify.sysfs import Node
from agents.shell import ioctls
from fleet.contract.kinds import MediaType
from fleet.contract.storage import StorageIdentity

_MAKER: Final = "Heropstart"


class NothingAttached(Refused):
    """This loop device or file is empty. Attach an image to it, or make the file as large as a drive."""


def virtual_serial(backing: Path) -> str:
    """`V` + 10 hex digits of the SHA-256 of the backing file's real path: the same file is the same drive under any name."""
    return "V" + hashlib.sha256(os.fsencode(backing.resolve())).hexdigest()[:10]


def identify_file(port: PortConfig, path: Path) -> Identity:
    """A plain file as a drive. Raises NothingAttached, OSError."""
    size = path.stat().st_size
    if not size:
        raise NothingAttached(f"{path}: {NothingAttached.__doc__}")
    storage = StorageIdentity(
        media=MediaType.FILE,
        manufacturer=_MAKER,
        model="virtual drive",
        serial=virtual_serial(path),
        capacity_bytes=size,
        transport="virtual",
    )
    writable = os.access(path, os.W_OK)
    return Identity(path, port.name, port.kind, storage, read_only=not writable, diskseq=None, number=None)


def identify_loop(port: PortConfig, path: Path, node: Node) -> Identity:
    """A loop device as a drive; its serial is that of the file it stands on. Raises NothingAttached, OSError."""
    backing = node.text("loop/backing_file")
    size, block = _geometry(path)
    if backing is None or not size:
        raise NothingAttached(f"{path}: {NothingAttached.__doc__}")
    storage = StorageIdentity(
        media=MediaType.LOOP,
        manufacturer=_MAKER,
        model="virtual drive",
        serial=virtual_serial(Path(backing)),
        capacity_bytes=size,
        logical_block_bytes=block,
        transport="virtual",
    )
    return Identity(
        path,
        port.name,
        port.kind,
        storage,
        read_only=node.integer("ro") != 0,
        diskseq=node.integer("diskseq"),
        number=node.number,
        evidence={"backing_file": backing},
    )


def _geometry(path: Path) -> tuple[int, int]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return ioctls.size_bytes(fd), ioctls.logical_block_bytes(fd)
    finally:
        os.close(fd)
