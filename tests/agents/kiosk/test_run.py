"""`bench-agent run` brings the screen, on a computer whose network is down."""

import re
from pathlib import Path

import httpx
import pytest

from agents.config import load
from agents.journal.db import Journal
from agents.report.client import ServiceClient
from agents.report.enrol import enrol
from tests.sim.agent_process import AgentProcess
from tests.sim.bench_service import CODE, BenchService, until

pytestmark = pytest.mark.process

BENCH = """
server = "{server}"
station = "Bench 1"
[kiosk]
enabled = true
port = 0
[[ports]]
name = "A1"
path = "a.img"
"""


def test_the_agent_serves_its_screen(tmp_path: Path) -> None:
    file, said = tmp_path / "bench.toml", tmp_path / "agent.out"
    with BenchService() as service:
        file.write_text(BENCH.format(server=service.url))
        config = load(file)
        with Journal(config.state_dir) as journal, ServiceClient(service.url) as stranger:
            enrol(journal, config.state_dir, stranger, code=CODE, station="Bench 1")
    with AgentProcess(file) as agent:
        until(lambda: "The screen is at" in said.read_text())
        found = re.search(r"http://127\.0\.0\.1:\d+", said.read_text().split("The screen is at")[1])
        assert found is not None
        page = httpx.get(found[0])
        assert page.status_code == 200
        assert "Steek een toestel in" in page.text
        assert agent.stop() == 0
