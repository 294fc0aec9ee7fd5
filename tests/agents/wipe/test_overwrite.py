"""How far apart the flushes of an overwrite are."""

import pytest

from agents.wipe.lanes import CHUNK_BYTES
from agents.wipe.overwrite import SYNC_BYTES, next_stretch

MIB = 1 << 20


@pytest.mark.parametrize(
    ("bytes_written", "took_s", "following"),
    [
        pytest.param(64 * MIB, 0.1, 128 * MIB, id="a fast drive is flushed less often"),
        pytest.param(SYNC_BYTES, 0.5, SYNC_BYTES, id="but often enough"),
        pytest.param(64 * MIB, 8.0, 64 * MIB, id="one that takes its time stays as it is"),
        pytest.param(64 * MIB, 20.0, 32 * MIB, id="a slow stick is flushed more often"),
        pytest.param(CHUNK_BYTES, 60.0, CHUNK_BYTES, id="never for less than one write"),
    ],
)
def test_flushes_are_seconds_apart_on_any_drive(bytes_written: int, took_s: float, following: int) -> None:
    assert next_stretch(bytes_written, took_s) == following
