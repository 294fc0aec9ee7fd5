"""The agent of an enrolled bench inside the virtual machine: started, watched at its ports, asked as at a terminal."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.sim.fleet_service import LOGIN, ORGANISATION, FleetService
from tests.sim.machine import HOST, Machine, Ran
from tests.sim.scanner import read_label

WITHIN_S: Final = 240
"""Emulated, on a busy machine, everything takes longer than one would think."""
AGENT: Final = "import sys; from agents.cli import main; sys.argv[0] = 'bench-agent'; main()"
FOLDER: Final = "/run/bench"
CONFIG: Final = f"{FOLDER}/bench.toml"
SCANNER: Final = "/run/scanner"
"""What a scanner types into the terminal of the agent comes through this pipe."""
ENDS: Final = frozenset({"done", "failed", "unknown", "refused"})


@dataclass(frozen=True)
class VirtualBench:
    """The bench inside; its agent runs between `run` and `stop`. `log` is what the agent says of its ports."""

    machine: Machine
    service: FleetService
    log: Path

    # --- the agent

    def set_up(self, positions: Mapping[str, str], method: str) -> None:
        """Write the configuration of these ports (by their ID_PATH), and enrol."""
        address = f"http://{HOST}:{self.service.port}"
        ports = "\n".join(f'[[ports]]\nname = "{name}"\nid_path = "{place}"' for name, place in positions.items())
        settings = f'server = "{address}"\nstation = "Bench 1"\noperator = "{LOGIN}"\nmethod = "{method}"\n{ports}\n'
        (self.machine.share / "bench.toml").write_text(settings)
        self.machine.run("sh", "-c", f"mkdir -p {FOLDER} && cp /run/share/bench.toml {CONFIG}").ok()
        self.agent("enrol", "--server", address, "--code", self.service.fleet("bench", "code", "-o", ORGANISATION))

    def run(self, port: str) -> int:
        """Start the agent and wait until it shows this port; returns its process id."""
        # A sleeper holds the pipe open, so that the agent's input does not end with the first scan.
        script = f'mkfifo {SCANNER}; sleep infinity > {SCANNER} & exec "$@" < {SCANNER}'
        command = (*self.machine.interpreter, "-c", AGENT, "--config", CONFIG, "run", "--json")
        agent = self.machine.start("sh", "-c", script, "sh", *command, log=self.log.name)
        self.until(port, lambda _shown: True)
        return agent

    def agent(self, *arguments: str) -> Any:
        """One `bench-agent … --json` beside the running agent."""
        return json.loads(self.try_agent(*arguments).ok())

    def try_agent(self, *arguments: str) -> Ran:
        """The same, however it ends."""
        return self.machine.run(*self.machine.interpreter, "-c", AGENT, "--config", CONFIG, *arguments, "--json")

    def fetch(self, path: str) -> bytes:
        """A file of the bench."""
        return base64.b64decode(self.machine.run("base64", path).ok())

    # --- a port

    def seen(self, port: str) -> list[dict[str, Any]]:
        """What a port has shown so far, oldest first."""
        return [line for line in self._said() if line.get("port") == port]

    def _said(self) -> list[dict[str, Any]]:
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]

    def until(self, port: str, true: Callable[[dict[str, Any]], bool], *, after: int = 0) -> dict[str, Any]:
        """The first thing that a port shows of which something is true, from the `after`th on."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            found = next(filter(true, self.seen(port)[after:]), None)
            if found is not None:
                return found
            assert time.monotonic() < deadline, f"port {port} shows {self.seen(port)[-3:]}\n{self.log.read_text()[-2000:]}"
            time.sleep(0.2)

    def until_phase(self, port: str, phase: str, *, after: int = 0) -> dict[str, Any]:
        """The first thing that a port shows in a phase."""
        return self.until(port, lambda shown: shown["phase"] == phase, after=after)

    def until_end(self, port: str, *, after: int = 0) -> dict[str, Any]:
        """How it ended at a port."""
        return self.until(port, lambda shown: shown["phase"] in ENDS, after=after)

    def until_waiting(self, port: str, *, after: int = 0) -> dict[str, Any]:
        """The port asks for the scan of a label. Raises AssertionError with what it says when it comes to another end."""
        waiting = self.until(port, lambda shown: shown["phase"] in ENDS | {"waiting_scan"}, after=after)
        assert waiting["phase"] == "waiting_scan", waiting
        return waiting

    def scan_label(self, port: str, label: str) -> None:
        """Read the label that came out with an independent decoder, and scan it."""
        assert self.agent("scan", read_label(self.fetch(label)), "--port", port, "--visual", "good")["accepted"]

    def type_label(self, label: str) -> None:
        """The same by a scanner that types into the agent's own terminal; it starts no program, which takes seconds here."""
        before = len(self._answers())
        self.machine.run("sh", "-c", f"echo {read_label(self.fetch(label))} good > {SCANNER}").ok()
        deadline = time.monotonic() + WITHIN_S
        while len(answers := self._answers()) == before:
            assert time.monotonic() < deadline, "the agent does not answer the scan"
            time.sleep(0.1)
        assert answers[-1]["accepted"], answers[-1]

    def _answers(self) -> list[dict[str, Any]]:
        return [line for line in self._said() if "accepted" in line]

    def wipe(self, port: str, *, after: int = 0) -> dict[str, Any]:
        """Scan the label that a port asks for, and wait for the end."""
        after = max(after, len(self.seen(port)) - 1)
        self.type_label(self.until_waiting(port, after=after)["label"])
        return self.until_end(port, after=after)

    # --- the service

    def device(self, code: str, state: str) -> dict[str, Any]:
        """The device as the service knows it, once it stands in a state."""
        deadline = time.monotonic() + WITHIN_S
        while True:
            fiche = self.service.get(f"/devices/{code}")
            if fiche["device"]["state"] == state:
                return dict(fiche)
            assert time.monotonic() < deadline, (
                f"{code} stands in {fiche['device']['state']}, not {state}: {self.agent('outbox')}"
            )
            time.sleep(0.5)
