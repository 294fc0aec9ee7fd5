"""One agent at a time works on the devices of a bench: a lock file that the kernel lets go when the process ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from agents.errors import Refused
from agents.shell.clock import monotonic

FILE_NAME: Final = "agent.lock"
_PATIENCE_S: Final = 0.5
"""Longer than `is_running` of another command holds its shared lock."""


class AgentRunning(Refused):
    """The bench agent runs already. Use its ports, or stop it first (Ctrl-C where it runs, or `systemctl stop`)."""


@contextmanager
def agent_lock(state_dir: Path) -> Iterator[None]:
    """Be the one agent of this bench. Raises AgentRunning."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(state_dir / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = monotonic() + _PATIENCE_S
    try:
        while not _locked(fd, fcntl.LOCK_EX):
            if monotonic() > deadline:
                raise AgentRunning
            time.sleep(0.05)
        yield
    finally:
        os.close(fd)


def is_running(state_dir: Path) -> bool:
    """Whether an agent works at this bench now."""
    try:
        fd = os.open(state_dir / FILE_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _locked(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


def _locked(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
