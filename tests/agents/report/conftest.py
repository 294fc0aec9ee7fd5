"""A journal, the service on loopback, and a bench enrolled there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.journal.db import Journal
from agents.report.client import ServiceClient
from agents.report.enrol import enrol, signing_key
from tests.sim.bench_service import CODE, BenchService


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def service() -> Iterator[BenchService]:
    with BenchService() as running:
        yield running


@pytest.fixture
def key(journal: Journal, service: BenchService) -> Ed25519PrivateKey:
    with ServiceClient(service.url) as stranger:
        enrol(journal, journal.path.parent, stranger, code=CODE, station="Bench 1")
    return signing_key(journal, journal.path.parent)


@pytest.fixture
def client(service: BenchService, key: Ed25519PrivateKey) -> Iterator[ServiceClient]:
    with ServiceClient(service.url, key=key) as opened:
        yield opened
