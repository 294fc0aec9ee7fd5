"""A bench over plain-file virtual ports, enrolled at a service on loopback."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agents.bench import Bench
from agents.config import BenchConfig, from_tree
from agents.journal.db import Journal
from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.enrol import enrol, signing_key
from agents.report.lease import keep_stock
from tests.sim.bench_service import CODE, BenchService
from tests.sim.job_process import end_jobs

DRIVE_BYTES = (3 << 20) + 512
MakeBench = Callable[..., Bench]


@pytest.fixture
def service() -> Iterator[BenchService]:
    with BenchService() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, service: BenchService) -> BenchConfig:
    ports = [{"name": name, "path": f"drives/{name}.img"} for name in ("A1", "A2", "A3")]
    (tmp_path / "drives").mkdir()
    tree = {"server": service.url, "station": "Bench 1", "operator": "an", "poll_seconds": 0.05, "ports": ports}
    return from_tree(tree, tmp_path / "bench.toml")


@pytest.fixture
def journal(config: BenchConfig) -> Iterator[Journal]:
    with Journal(config.state_dir) as opened:
        yield opened


@pytest.fixture
def enrolled(config: BenchConfig, journal: Journal, service: BenchService) -> None:
    with ServiceClient(service.url) as stranger:
        enrol(journal, config.state_dir, stranger, code=CODE, station="Bench 1")
    with ServiceClient(service.url, key=signing_key(journal, config.state_dir)) as client:
        keep_stock(journal, client, 10)


@pytest.fixture
def start(config: BenchConfig, journal: Journal, enrolled: None) -> Iterator[MakeBench]:  # noqa: ARG001 - a bench that starts is enrolled
    """Starts benches that end with the test."""
    with ExitStack() as held:

        def make(*, image: str | None = None, **options: object) -> Bench:
            ports = tuple(port.model_copy(update={"image": image}) for port in config.ports)
            given: dict[str, object] = {"settle_s": 0.1, "grace_s": 1.0, "backoff": Backoff(first_s=0.05, cap_s=0.2)} | options
            return held.enter_context(Bench(config.model_copy(update={"ports": ports}), journal, **given))  # type: ignore[arg-type]

        yield make
    end_jobs(config.state_dir)


@pytest.fixture
def plug(config: BenchConfig) -> Callable[..., Path]:
    """Puts a drive full of old data into a port; a sparse one where only its size matters."""

    def put(port: str, size: int = DRIVE_BYTES, *, sparse: bool = False) -> Path:
        path = config.port(port).path
        assert path is not None
        with path.open("wb") as file:
            if sparse:
                file.truncate(size)
            else:
                file.write(os.urandom(size))
        return path

    return put
