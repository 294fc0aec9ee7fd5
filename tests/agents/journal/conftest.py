"""A journal in a folder of its own, and one device in it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.journal.db import Journal
from fleet.contract.kinds import MediaType
from fleet.contract.storage import StorageIdentity

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def storage() -> StorageIdentity:
    return StorageIdentity(media=MediaType.HDD, model="WDC WD5000", serial="WX1", capacity_bytes=1 << 20)
