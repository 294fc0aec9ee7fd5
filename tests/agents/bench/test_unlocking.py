"""A drive left locked, behind an hdparm that says what its source makes it say."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.bench import unlocking
from agents.bench.direct import WrongConfirmation
from agents.bench.unlocking import DriveSilent, NoPasswordKept, Opened, SecurityFrozen
from agents.config import BenchConfig, PortConfig
from agents.journal import passwords
from agents.journal.db import Journal
from agents.shell import sgio
from agents.wipe import ata_lock
from agents.wipe.ata_lock import StillLocked
from tests.sim.drives import Drive, make_drive
from tests.sim.firmware import Firmware

ENABLED_AND_LOCKED, FROZEN = 0x0027, 0x0008
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    return make_drive(tmp_path, 1 << 20)


@pytest.fixture
def locked(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> Firmware:
    chip = Firmware(drive.file, security=ENABLED_AND_LOCKED, password="right")
    monkeypatch.setattr(ata_lock, "run", chip.run)
    monkeypatch.setattr(sgio, "identify_device", chip.identify)
    return chip


@pytest.fixture
def bench(drive: Drive, tmp_path: Path) -> BenchConfig:
    port = PortConfig(name="A1", path=drive.file)
    return BenchConfig(station="Bench 1", state_dir=tmp_path / "state", images_dir=tmp_path / "images", ports=(port,))


@pytest.fixture
def memory(bench: BenchConfig) -> Journal:
    return Journal(bench.state_dir)


def keep(journal: Journal, drive: Drive, *words: str) -> None:
    with journal.transaction() as tx:
        for word in words:
            passwords.keep(tx, drive.identity.storage.key, word, NOW)


def kept(journal: Journal, drive: Drive) -> list[str]:
    with journal.transaction() as tx:
        return [entry.password for entry in passwords.standing(tx, drive.identity.storage.key)]


def test_the_kept_password_opens_it_and_is_then_forgotten(
    bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware
) -> None:
    keep(memory, drive, "right")
    done = unlocking.unlock(bench, memory, drive.file, confirm=drive.identity.serial)
    assert (done.how, kept(memory, drive)) == (Opened.UNLOCKED, [])
    assert [argv[3] for argv in locked.told] == ["--security-unlock", "--security-disable"]


def test_an_older_password_is_tried_too(bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware) -> None:
    keep(memory, drive, "right", "newer, never set")
    assert unlocking.unlock(bench, memory, drive.file, confirm=None).how is Opened.UNLOCKED
    assert locked.password is None


def test_without_a_password_nothing_is_tried(bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware) -> None:
    with pytest.raises(NoPasswordKept):
        unlocking.unlock(bench, memory, drive.file, confirm=None)
    assert not locked.told


def test_another_serial_is_refused(bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware) -> None:
    keep(memory, drive, "right")
    with pytest.raises(WrongConfirmation):
        unlocking.unlock(bench, memory, drive.file, confirm="another")
    assert not locked.told


def test_a_frozen_drive_is_left_alone(bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware) -> None:
    locked.security |= FROZEN
    keep(memory, drive, "right")
    with pytest.raises(SecurityFrozen):
        unlocking.unlock(bench, memory, drive.file, confirm=None)
    assert (locked.told, kept(memory, drive)) == ([], ["right"])


def test_a_refused_password_stays_kept_and_is_not_shown(
    bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware
) -> None:
    locked.locked_out = True
    keep(memory, drive, "right")
    with pytest.raises(StillLocked) as caught:
        unlocking.unlock(bench, memory, drive.file, confirm=None)
    assert "right" not in str(caught.value)
    assert kept(memory, drive) == ["right"]


def test_a_drive_that_lies_about_being_open_keeps_its_password_here(
    bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(memory, drive, "right")
    monkeypatch.setattr(ata_lock, "unlock", lambda *_arguments, **_options: None)
    with pytest.raises(StillLocked, match="locked all the same"):
        unlocking.unlock(bench, memory, drive.file, confirm=None)
    assert kept(memory, drive) == ["right"]
    assert locked.password == "right"


def test_a_silent_drive_is_no_open_drive(
    bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_fd: int) -> bytes:
        raise sgio.Unanswered

    monkeypatch.setattr(sgio, "identify_device", silent)
    keep(memory, drive, "right")
    with pytest.raises(DriveSilent):
        unlocking.unlock(bench, memory, drive.file, confirm=None)
    assert (locked.told, kept(memory, drive)) == ([], ["right"])


def test_a_drive_that_is_open_needs_nothing(bench: BenchConfig, memory: Journal, drive: Drive, locked: Firmware) -> None:
    locked.security, locked.password = 0x0021, None
    keep(memory, drive, "right")
    assert unlocking.unlock(bench, memory, drive.file, confirm=None).how is Opened.WAS_OPEN
    assert (locked.told, kept(memory, drive)) == ([], [])
