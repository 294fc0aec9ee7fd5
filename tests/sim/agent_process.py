"""The bench agent as a process of its own, to be killed: at any moment from outside, or exactly at a commit of its journal."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from agents.journal import ports, scans
from agents.journal.db import Journal
from agents.journal.scans import NewScan
from agents.shell.clock import now

_CRASH = Path(__file__).parent / "crash"


class AgentProcess:
    """`bench-agent run` over a configuration file. Its output lies beside the file.

    `crash` is a commit, such as `before:issued`, at which the `victim` is killed once: `agent`, `job` or `both`.
    """

    def __init__(self, config: Path, crash: str | None = None, victim: str = "agent") -> None:
        self.crashed = config.parent / "crashed"
        with (config.parent / "agent.out").open("ab") as output:
            self._child = subprocess.Popen(
                [str(Path(sys.executable).with_name("bench-agent")), "--config", str(config), "run", "--json"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=Path(__file__).parents[2],
                env=None if crash is None else self._crashing(crash, victim),
            )

    def _crashing(self, crash: str, victim: str) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(_CRASH), os.environ.get("PYTHONPATH"))))
        told = {"": crash, "_VICTIM": victim, "_ONCE": str(self.crashed)}
        return os.environ | {"PYTHONPATH": path} | {f"HEROPSTART_CRASH{name}": value for name, value in told.items()}

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
