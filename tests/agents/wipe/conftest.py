"""One virtual drive whose size is no multiple of the buffer, and hooks that remember."""

from pathlib import Path

import pytest

from agents.wipe.lanes import CHUNK_BYTES
from tests.sim.drives import Drive, Memory, make_drive


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    return make_drive(tmp_path, 2 * CHUNK_BYTES + (1 << 20) + 512)
