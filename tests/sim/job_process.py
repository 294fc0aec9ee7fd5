"""The processes of wipes, which outlive their agents: found by the locks that they hold, and ended by their own ids."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from agents.supervise import medium

_WAIT_S = 20.0


def running(state_dir: Path) -> dict[Path, int]:
    """The process that holds each lock; one that has not come to say who it is counts as 0."""
    held = [path for path in (state_dir / "jobs").glob(f"*{medium.SUFFIX}") if medium.is_held(path)]
    return {path: medium.holder(path) or 0 for path in held}


def the_one(state_dir: Path) -> int:
    """The id of the only job process, once it runs."""
    deadline = time.monotonic() + _WAIT_S
    while True:
        pids = [pid for pid in running(state_dir).values() if pid]
        if len(pids) == 1:
            return pids[0]
        assert time.monotonic() < deadline, f"{len(pids)} job processes run, not one"
        time.sleep(0.01)


def end_jobs(state_dir: Path) -> None:
    """Kill what still runs, and wait until it has ended."""
    deadline = time.monotonic() + _WAIT_S
    while left := running(state_dir):
        for pid in filter(None, left.values()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert time.monotonic() < deadline, f"{left} do not end"
        time.sleep(0.05)
