"""The bench agent as a process of its own, to be killed: at any moment from outside, or exactly at a commit of its journal.

Run as a program (`python agent_process.py before:issued --config …`) it is the agent, but kills itself with SIGKILL just before
or just after the commit that brings a job into that state. The agent's code stays as it is; its SQLite connection does not.
"""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from agents.journal import db, ports, scans
from agents.journal.db import Journal
from agents.journal.scans import NewScan
from agents.shell.clock import now


class AgentProcess:
    """`bench-agent run` over a configuration file. Its output lies beside the file."""

    def __init__(self, config: Path, crash: str | None = None) -> None:
        program = [sys.executable, str(Path(__file__)), crash] if crash else [str(Path(sys.executable).with_name("bench-agent"))]
        with (config.parent / "agent.out").open("ab") as output:
            self._child = subprocess.Popen(
                [*program, "--config", str(config), "run", "--json"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).parents[2],
            )

    @property
    def code(self) -> int | None:
        """Its exit code, once it has ended."""
        return self._child.poll()

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        self._child.kill()
        self._child.wait(10)

    def stop(self) -> int:
        """SIGTERM, as `systemctl stop` sends."""
        self._child.terminate()
        return self._child.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.code is None:
            self.kill()


def shown(journal: Journal, port: str) -> dict[str, Any]:
    """What a port of the agent shows, as `bench-agent ports` would tell."""
    with journal.transaction(durable=False) as tx:
        return dict(ports.shown(tx).get(port, {"phase": "nothing"}))


def forget_shown(journal: Journal) -> None:
    """Clear the board that a killed agent left, so that what it shows next is the new agent's."""
    with journal.transaction() as tx:
        ports.clear(tx)


def post_scan(journal: Journal, port: str, text: str) -> int:
    """What `bench-agent scan` does."""
    with journal.transaction() as tx:
        return scans.post(tx, NewScan(port, text, operator="an"), now())


class CrashingConnection(sqlite3.Connection):
    """Kills the process at the commit that brings a job into `state`."""

    when, state = "", ""
    _due = False

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> sqlite3.Cursor:
        """As SQLite does, until the moment has come."""
        if sql.startswith(("INSERT INTO jobs", "UPDATE jobs")):
            self._due |= self.state in parameters or f"state = '{self.state}'" in sql
        elif sql == "COMMIT" and self._due:
            if self.when == "after":
                super().execute(sql)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(sql, parameters)


def _crash_at(point: str) -> None:
    CrashingConnection.when, CrashingConnection.state = point.split(":")
    connect = sqlite3.connect
    db.sqlite3.connect = lambda *args, **options: connect(*args, factory=CrashingConnection, **options)  # type: ignore[assignment]


if __name__ == "__main__":
    from agents.cli.app import run

    _crash_at(sys.argv[1])
    sys.exit(run(sys.argv[2:]))
