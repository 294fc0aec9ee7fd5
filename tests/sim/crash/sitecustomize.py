"""Kills the agent, a job's process, or both, with SIGKILL, exactly at a commit of the journal; the code itself stays as it is.

Python imports this module at its start when this folder stands first on PYTHONPATH, which a job inherits from its agent.
`HEROPSTART_CRASH` is `before:issued` or the like, `HEROPSTART_CRASH_VICTIM` is `agent`, `job` or `both`, and
`HEROPSTART_CRASH_ONCE` the file that tells that it has happened.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from typing import Any

_WHEN, _, _STATE = os.environ.get("HEROPSTART_CRASH", "").partition(":")
_VICTIM = os.environ.get("HEROPSTART_CRASH_VICTIM", "")
_IS_JOB = "agents.supervise.process" in sys.orig_argv


class CrashingConnection(sqlite3.Connection):
    """Kills at the commit that brings a job into the state that is asked for."""

    _due = False

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """As SQLite does, until the moment has come."""
        if sql.startswith(("INSERT INTO jobs", "UPDATE jobs")):
            self._due |= _STATE in parameters or f"state = '{_STATE}'" in sql
        elif sql == "COMMIT" and self._due:
            self._due = False
            if _WHEN == "after":
                done = super().execute(sql)
                _kill()
                return done
            _kill()
        return super().execute(sql, parameters)


def _kill() -> None:
    """Kill the victims, this process last; what is not a victim goes on."""
    try:
        os.close(os.open(os.environ["HEROPSTART_CRASH_ONCE"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    if _IS_JOB and _VICTIM in {"agent", "both"}:
        os.kill(int(os.environ["HEROPSTART_CRASH_AGENT"]), signal.SIGKILL)
    if not _IS_JOB or _VICTIM in {"job", "both"}:
        os.kill(os.getpid(), signal.SIGKILL)


if _STATE:
    if not _IS_JOB:
        os.environ["HEROPSTART_CRASH_AGENT"] = str(os.getpid())
    _connect = sqlite3.connect
    sqlite3.connect = lambda *args, **options: _connect(*args, factory=CrashingConnection, **options)  # type: ignore[assignment]
