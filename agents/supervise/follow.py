"""Following a job's process from the agent, be it the one that started it or a later one."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from agents.journal.jobs import Job
from agents.shell.clock import monotonic
from agents.shell.progress import Progress
from agents.supervise import medium
from agents.supervise.documents import Ended
from agents.supervise.files import JobFileBroken, JobFiles, Wish

_LOOK_S: Final = 0.1
_log = logging.getLogger(__name__)


class Fate(StrEnum):
    """What became of a job's process, when it has left no last word."""

    DIED = "died"
    STUCK = "stuck"
    LEFT = "left"
    """It still runs: it was the agent that stopped to follow."""


@dataclass(frozen=True)
class Watch:
    """Who looks on.

    Attributes:
        on_progress: gets each new snapshot.
        gone: set by whoever sees the device leave.
        stop: the operator ends the job.
        leave: the agent ends; the job goes on.
        patience_s: seconds without any progress after which the process is stuck.
    """

    on_progress: Callable[[Progress], None]
    patience_s: float
    gone: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    leave: threading.Event = field(default_factory=threading.Event)


def follow(state_dir: Path, job: Job, watch: Watch) -> Ended | Fate:
    """Return when the process has ended, is stuck, or need not be followed any more. Raises JobFileBroken."""
    lock, files = medium.lock_path(state_dir, job.storage.key), JobFiles(state_dir, job.id)
    shown, moved_at = None, monotonic()
    while medium.is_held(lock):
        progress = files.progress()
        if progress is not None and progress != shown:
            if shown is None or (progress.phase, progress.done_bytes) != (shown.phase, shown.done_bytes):
                moved_at = monotonic()
            shown = progress
            watch.on_progress(progress)
        _pass_on(watch, files)
        if monotonic() - moved_at > watch.patience_s:
            return Fate.STUCK
        if watch.leave.wait(_LOOK_S):
            return Fate.LEFT
    return _last_word(files) or Fate.DIED


def is_running(state_dir: Path, job: Job) -> bool:
    """Whether a job's process runs."""
    return medium.is_held(medium.lock_path(state_dir, job.storage.key))


def kill(state_dir: Path, job: Job) -> None:
    """Kill a process that is stuck. One that hangs in the kernel stays, and keeps its medium's lock."""
    lock = medium.lock_path(state_dir, job.storage.key)
    pid = medium.holder(lock)
    if pid is not None and medium.is_held(lock):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _last_word(files: JobFiles) -> Ended | None:
    """One that cannot be read, as after a change of the agent's version, is none: the job is then taken up and verified again."""
    try:
        return files.end()
    except JobFileBroken as error:
        _log.warning("%s", error)
        return None


def _pass_on(watch: Watch, files: JobFiles) -> None:
    for wish, event in ((Wish.STOP, watch.stop), (Wish.GONE, watch.gone)):
        if event.is_set() and not files.told(wish):
            files.tell(wish)
