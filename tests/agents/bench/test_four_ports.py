"""A tray of drives: four loop devices at four ports, each wiped by a process of its own at the same time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.bench import Bench, PortPhase
from agents.bench.phases import ENDS
from agents.config import BenchConfig, from_tree
from agents.journal.db import Journal
from tests.sim.bench_service import BenchService, until
from tests.sim.job_process import end_jobs, running

pytestmark = [pytest.mark.loop, pytest.mark.process]
PORTS = ("T1", "T2", "T3", "T4")
SIZE = 64 << 20


@pytest.fixture
def config(tmp_path: Path, service: BenchService, loop_device: Callable[..., Path]) -> Iterator[BenchConfig]:
    ports = []
    for name in PORTS:
        file = tmp_path / f"{name}.img"
        file.write_bytes(b"old data" * (SIZE // 8))
        ports.append({"name": name, "path": str(loop_device(file))})
    tree = {"server": service.url, "station": "Tray", "operator": "an", "poll_seconds": 0.05, "method": "zeros", "ports": ports}
    made = from_tree(tree, tmp_path / "bench.toml")
    yield made
    end_jobs(made.state_dir)


@pytest.mark.usefixtures("enrolled")
def test_four_drives_at_once(config: BenchConfig, journal: Journal, service: BenchService, tmp_path: Path) -> None:
    most = 0
    with Bench(config, journal, settle_s=0.1) as bench:
        codes = {port: bench.wait(port, PortPhase.WAITING_SCAN, 60).asset_code for port in PORTS}
        assert len(set(codes.values())) == len(PORTS)
        for port, code in codes.items():
            assert bench.scan(port, str(code)).accepted
        while {shown.phase for shown in bench.ports()} - ENDS:
            most = max(most, len(running(config.state_dir)))
        assert {shown.phase for shown in bench.ports()} == {PortPhase.DONE}, [shown.message for shown in bench.ports()]
        until(lambda: len(service.books.arrivals) == 6 * len(PORTS))
    assert most == len(PORTS), "all four worked at the same time"
    assert service.books.sequence() == list(range(1, 6 * len(PORTS) + 1))
    assert all((tmp_path / f"{port}.img").read_bytes().count(0) == SIZE for port in PORTS)
