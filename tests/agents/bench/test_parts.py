"""Parts of the bench on their own: the mailbox's start, the lock, a port whose thread dies, progress for other processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.bench import Bench, PortPhase
from agents.bench.bench import PortDied
from agents.bench.board import Board
from agents.bench.lock import AgentRunning, agent_lock, is_running
from agents.bench.mailbox import Mailbox
from agents.bench.station import open_station
from agents.bench.worker import PortWorker
from agents.config import BenchConfig
from agents.journal import ports, scans
from agents.journal.db import Journal
from agents.journal.scans import NewScan
from agents.shell.clock import now
from agents.shell.progress import Phase, Progress
from fleet.contract.events import WipeFinished
from fleet.contract.kinds import Verdict
from tests.sim.bench_service import BenchService, until

pytestmark = pytest.mark.process


@pytest.mark.usefixtures("enrolled")
def test_scans_from_before_the_start_are_refused(config: BenchConfig, journal: Journal) -> None:
    with journal.transaction() as tx:
        number = scans.post(tx, NewScan("A1", "8YZABCD7"), now())
    with open_station(config, journal) as station:
        Mailbox(station, {})
    with journal.transaction() as tx:
        answer = scans.answer_of(tx, number)
    assert answer is not None
    assert not answer.accepted
    assert "Scan again" in answer.text


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with agent_lock(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(AgentRunning, match="stop it first"), agent_lock(tmp_path):
            pass
    assert not is_running(tmp_path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_port_that_dies_is_told(
    start: Callable[..., Bench], plug: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the program must not leave a port that silently takes nothing any more."""
    monkeypatch.setattr(PortWorker, "_visit", lambda *_: 1 / 0)
    bench = start()
    bench.check()
    plug("A1")
    until(lambda: not bench._workers["A1"].alive)
    with pytest.raises(PortDied, match="A1"):
        bench.check()


def test_the_board_is_read_by_other_processes(journal: Journal) -> None:
    board = Board(journal, ["A1"])
    board.progress("A1", PortPhase.WIPING, Progress(Phase.WRITE, 25, 100, 10.0, 7.5))
    with journal.transaction() as tx:
        shown = ports.shown(tx)["A1"]
    assert (shown["phase"], shown["progress"]) == (
        "wiping",
        {"phase": "write", "done_bytes": 25, "total_bytes": 100, "rate_bytes_s": 10.0, "seconds_left": 7.5, "percent": 25.0},
    )
    assert board.wait("A1", {PortPhase.WIPING}, 0).progress is not None
    with pytest.raises(TimeoutError, match="A1 is wiping"):
        board.wait("A1", {PortPhase.DONE}, 0.05)


def test_a_rate_and_the_time_left_are_shown_while_a_wipe_runs(
    start: Callable[..., Bench], plug: Callable[..., Path], journal: Journal
) -> None:
    drive = plug("A1", 3 << 30, sparse=True)
    bench = start()
    code = bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code
    seen: list[dict[str, object]] = []

    def look() -> bool:
        with journal.transaction(durable=False) as tx:
            progress = ports.shown(tx)["A1"]["progress"]
        if isinstance(progress, dict):
            seen.append(progress)
        return any(shown["rate_bytes_s"] and shown["seconds_left"] for shown in seen)

    bench.scan("A1", str(code))
    until(look, timeout_s=60)
    drive.unlink()
    assert bench.wait("A1", PortPhase.EMPTY, 60)


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_direct_wipe_that_is_stopped_has_failed_and_says_so(
    tmp_path: Path, service: BenchService, number: signal.Signals
) -> None:
    toml, drive = tmp_path / "bench.toml", tmp_path / "drives" / "A1.img"
    toml.write_text(f'server = "{service.url}"\nstation = "Bench 1"\n[[ports]]\nname = "A1"\npath = "{drive}"\n')
    with drive.open("wb") as file:
        file.truncate(3 << 30)
    agent = [str(Path(sys.executable).with_name("bench-agent")), "--config", str(toml)]
    planned = subprocess.run([*agent, "plan", str(drive), "--json"], check=True, capture_output=True, timeout=30)
    confirm = json.loads(planned.stdout)["confirm"]
    wipe = subprocess.Popen([*agent, "wipe", str(drive), "--confirm", confirm, "--json"], stdout=subprocess.PIPE)
    until(lambda: drive.stat().st_blocks * 512 > 64 << 20)
    os.kill(wipe.pid, number)
    output, _ = wipe.communicate(timeout=60)
    told = json.loads(output)
    assert (wipe.returncode, told["verdict"], told["certificate"]) == (2, "failed", None)
    finished = service.books.arrivals[-1].data
    assert isinstance(finished, WipeFinished)
    assert finished.verdict is Verdict.FAILED
