"""The lock of a medium: held by the process of its job from before it starts until it has ended, however it ends.

The agent takes the lock and hands its descriptor on, so there is no moment in which a job runs unlocked or two could. The kernel
lets go of it when the process ends; a process that hangs in the kernel, and cannot be killed, keeps it.
"""

import fcntl
import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from agents.errors import Refused
from agents.shell.clock import monotonic

_PATIENCE_S: Final = 1.0
"""Longer than anybody holds the shared lock of a look."""
_PID_BYTES: Final = 20
SUFFIX: Final = ".lock"


class MediumHeld(Refused):
    """The process of an earlier wipe still holds this medium and does not end. Unplug it, and restart this computer."""


def lock_path(state_dir: Path, storage_key: str) -> Path:
    """The lock of a medium, whatever its name and wherever it stands."""
    return state_dir / "jobs" / f"{hashlib.sha256(storage_key.encode()).hexdigest()[:32]}{SUFFIX}"


def take(path: Path) -> int:
    """The lock's descriptor, to be handed to a job's process and then closed. Raises MediumHeld, OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = monotonic() + _PATIENCE_S
    while not _locked(fd, fcntl.LOCK_EX):
        if monotonic() > deadline:
            os.close(fd)
            raise MediumHeld
        time.sleep(0.02)
    os.ftruncate(fd, 0)
    return fd


def is_held(path: Path) -> bool:
    """Whether a job's process holds a medium. Raises OSError."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def sign(fd: int) -> None:
    """Write down who holds it, as the job's process; programs that it starts do not inherit the lock. Raises OSError."""
    os.set_inheritable(fd, False)
    os.pwrite(fd, str(os.getpid()).encode(), 0)


def holder(path: Path) -> int | None:
    """The process that holds a medium, if it came as far as to say so. Ask only while the lock is held."""
    with suppress(OSError, ValueError):
        return int(path.read_bytes()[:_PID_BYTES])
    return None


def _locked(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
