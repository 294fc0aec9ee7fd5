"""Virtual ports: loop devices and plain files send no useful uevents, so they are looked at again and again."""

import os
import stat
from pathlib import Path

from agents.detect.occupants import Occupant
from agents.shell import ioctls


def observe(path: Path) -> Occupant | None:
    """What stands at a virtual port now; None for a missing or empty file and a loop device with nothing attached."""
    try:
        found = path.stat()
        if stat.S_ISBLK(found.st_mode):
            return _observe_loop(path)
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or not found.st_size:
        return None
    return Occupant(path, f"file:{found.st_dev}:{found.st_ino}:{found.st_size}")


def _observe_loop(path: Path) -> Occupant | None:
    """A loop device's fingerprint: the file it stands on and that file's size, which truncation changes. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        backing, size = ioctls.loop_backing(fd), ioctls.size_bytes(fd)
    finally:
        os.close(fd)
    if not size:
        return None
    shown = Path("/sys/block", path.resolve().name, "loop", "backing_file").read_text(encoding="utf-8").rstrip("\n")
    try:
        file_size = Path(shown).stat().st_size
    except OSError:
        return None
    return Occupant(path, f"loop:{backing.device}:{backing.inode}:{size}:{file_size}")
