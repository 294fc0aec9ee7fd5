"""One virtual drive whose size is no multiple of the buffer, the firmware behind it, and hooks that remember."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from agents.shell import sgio
from agents.wipe import drive_logs, telling
from agents.wipe.completion import pollers, waiting
from agents.wipe.lanes import CHUNK_BYTES
from tests.sim.drives import Drive, Memory, make_drive
from tests.sim.firmware import Firmware, to_zeros


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    return make_drive(tmp_path, 2 * CHUNK_BYTES + (1 << 20) + 512)


class Clock:
    """Time that passes only while a job rests."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def chip(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> Firmware:
    """A firmware that erases, in the place of the tools."""
    chip, time = Firmware(drive.file, erase=to_zeros), Clock()
    for module in (telling, pollers, drive_logs):
        monkeypatch.setattr(module, "run", chip.run)
    monkeypatch.setattr(telling.shutil, "which", lambda program, **_: program)
    monkeypatch.setattr(sgio, "identify_device", chip.identify)
    monkeypatch.setattr(waiting, "clock", SimpleNamespace(monotonic=time.monotonic))
    monkeypatch.setattr(waiting, "_rest", lambda _signals, seconds: setattr(time, "at", time.at + seconds))
    return chip
