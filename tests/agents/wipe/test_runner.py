"""Runs over a plain file at a virtual port: the engine that drives get, with faults put in at the device's own calls."""

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.errors import Failed
from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Phase, Progress
from agents.wipe import overwrite, overwrite_job, signals
from agents.wipe.lanes import CHUNK_BYTES
from agents.wipe.patterns import Keystream
from agents.wipe.plan import plan
from agents.wipe.result import Resume, WipeResult
from agents.wipe.runner import NotResumable, PlanMismatch, run
from fleet.contract.kinds import MediaType, Method, Verdict
from tests.sim.drives import Drive, Memory, make_drive

WriteAt = Callable[[BlockDevice, memoryview, int], None]
ReadInto = Callable[[BlockDevice, memoryview, int], int]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overwrite, "SYNC_BYTES", CHUNK_BYTES)
    monkeypatch.setattr(signals, "_LEAVING_S", 0.05)


def wipe(drive: Drive, memory: Memory, method: Method = Method.OVERWRITE_RANDOM, **options: object) -> WipeResult:
    return run(plan(drive.identity, method=method), drive.clear(), hooks=memory, **options)


def keystream(key: bytes, size: int) -> bytes:
    expected = bytearray(size)
    for offset in range(0, size, CHUNK_BYTES):
        with memoryview(expected) as view:
            Keystream(key).fill(view[offset : offset + CHUNK_BYTES], offset)
    return bytes(expected)


@pytest.mark.parametrize("extra", [0, 512, 513, CHUNK_BYTES - 1])
def test_every_byte_is_overwritten_the_odd_tail_too(tmp_path: Path, memory: Memory, extra: int) -> None:
    size = 2 * CHUNK_BYTES + extra
    drive = make_drive(tmp_path, size)
    result = wipe(drive, memory)
    assert (result.verdict, result.bytes_written, result.bytes_verified) == (Verdict.ERASED, size, size)
    assert memory.key is not None
    assert drive.file.read_bytes() == keystream(memory.key, size)


def test_zeros_leave_zeros(drive: Drive, memory: Memory) -> None:
    result = wipe(drive, memory, Method.OVERWRITE_ZEROS)
    assert result.verdict is Verdict.ERASED
    assert memory.key is None
    assert drive.file.read_bytes() == bytes(result.bytes_written)


def test_the_journal_knows_before_the_first_write(drive: Drive) -> None:
    before = drive.file.read_bytes()

    class Checking(Memory):
        def issued(self, secret: bytes | None) -> None:
            assert drive.file.read_bytes() == before
            super().issued(secret)

    wipe(drive, checking := Checking())
    size = len(before)
    assert checking.said == ["issued", CHUNK_BYTES, 2 * CHUNK_BYTES, size, "verifying"]


def test_a_journal_that_cannot_write_stops_the_job_before_anything_is_lost(drive: Drive) -> None:
    class Full(Memory):
        def issued(self, secret: bytes | None) -> None:
            raise Failed(f"disk full, key of {len(secret or b'')} bytes not kept")

    before = drive.file.read_bytes()
    with pytest.raises(Failed, match="disk full"):
        wipe(drive, Full())
    assert drive.file.read_bytes() == before


@pytest.mark.parametrize("hook", ["synced", "verifying"])
def test_a_journal_that_fails_later_leaves_the_verdict_unknown(drive: Drive, monkeypatch: pytest.MonkeyPatch, hook: str) -> None:
    def fails(*_arguments: object) -> None:
        raise Failed("disk full")

    monkeypatch.setattr(Memory, hook, fails)
    result = wipe(drive, Memory())
    assert result.verdict is Verdict.UNKNOWN
    assert "disk full" in str(result.reason)


def test_dropped_writes_are_found(drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    real: WriteAt = BlockDevice.write_at

    def drops(self: BlockDevice, buffer: memoryview, offset: int) -> None:
        if offset != CHUNK_BYTES:
            real(self, buffer, offset)

    monkeypatch.setattr(BlockDevice, "write_at", drops)
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, True)
    assert result.mismatched_bytes > CHUNK_BYTES * 0.99


def test_one_wrong_bit_in_the_tail_is_found(drive: Drive) -> None:
    class Meddler(Memory):
        def verifying(self) -> None:
            with drive.file.open("r+b") as file:
                file.seek(-1, os.SEEK_END)
                last = file.read(1)
                file.seek(-1, os.SEEK_END)
                file.write(bytes([last[0] ^ 1]))

    result = wipe(drive, Meddler())
    assert (result.verdict, result.mismatched_bytes) == (Verdict.FAILED, 1)


def test_a_device_that_forgets_everything_is_not_read_to_its_end(tmp_path: Path) -> None:
    drive = make_drive(tmp_path, 40 * CHUNK_BYTES)

    class Forgetful(Memory):
        def verifying(self) -> None:
            drive.file.write_bytes(b"")
            os.truncate(drive.file, 40 * CHUNK_BYTES)

    result = wipe(drive, Forgetful())
    assert result.verdict is Verdict.FAILED
    assert result.bytes_verified <= 8 * CHUNK_BYTES


def faulty(real: ReadInto | WriteAt, at: int, number: int) -> Callable[..., object]:
    def call(self: BlockDevice, buffer: memoryview, offset: int) -> object:
        if offset == at:
            raise IoFault(OSError(number, os.strerror(number)), self.path, offset)
        return real(self, buffer, offset)

    return call


@pytest.mark.parametrize("call", ["write_at", "read_into"])
def test_an_unreadable_or_unwritable_sector_is_a_failed_medium_and_its_place_is_kept(
    drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr(BlockDevice, call, faulty(getattr(BlockDevice, call), CHUNK_BYTES, errno.EIO))
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, True)
    assert result.errors == (f"Input/output error (errno 5) at byte {CHUNK_BYTES}",)


def test_a_flush_that_fails_is_a_failed_medium(drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_self: BlockDevice) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(BlockDevice, "flush", fails)
    result = wipe(drive, memory)
    assert (result.verdict, result.bytes_written) == (Verdict.FAILED, 0)


def test_an_io_error_of_a_device_that_left_is_no_fault_of_the_medium(
    drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulled(self: BlockDevice, _buffer: memoryview, offset: int) -> None:
        drive.file.unlink(missing_ok=True)
        raise IoFault(OSError(errno.EIO, "gone"), self.path, offset)

    monkeypatch.setattr(BlockDevice, "write_at", pulled)
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, False)
    assert "unplugged" in str(result.reason)


def test_a_drive_that_vanishes_without_an_error_is_noticed(drive: Drive) -> None:
    class Puller(Memory):
        def synced(self, offset: int) -> None:
            super().synced(offset)
            drive.file.unlink(missing_ok=True)

    result = wipe(drive, puller := Puller())
    assert result.verdict is Verdict.FAILED
    assert "verifying" not in puller.said


def test_the_ports_own_word_that_it_left_ends_the_job(drive: Drive) -> None:
    gone = threading.Event()

    class Puller(Memory):
        def synced(self, offset: int) -> None:
            super().synced(offset)
            gone.set()

    result = wipe(drive, Puller(), gone=gone)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, False)
    assert result.bytes_written == CHUNK_BYTES


def test_stopped_before_the_first_write_is_cancelled(drive: Drive, memory: Memory) -> None:
    stop = threading.Event()
    stop.set()
    before = drive.file.read_bytes()
    result = wipe(drive, memory, stop=stop)
    assert result.cancelled
    assert memory.said == []
    assert drive.file.read_bytes() == before


@pytest.mark.parametrize("when", ["synced", "verifying"])
def test_stopped_after_the_first_write_is_failed(drive: Drive, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    monkeypatch.setattr(Memory, when, lambda *_arguments: stop.set())
    result = wipe(drive, Memory(), stop=stop)
    assert result.verdict is Verdict.FAILED
    assert "operator" in str(result.reason)


def test_a_pass_resumes_with_its_key_and_is_verified_from_the_first_byte(drive: Drive) -> None:
    stop = threading.Event()

    class Stopping(Memory):
        def synced(self, offset: int) -> None:
            super().synced(offset)
            stop.set()

    wipe(drive, first := Stopping(), stop=stop)
    result = wipe(drive, second := Memory(), resume=Resume(first.key, CHUNK_BYTES))
    size = drive.file.stat().st_size
    assert (result.verdict, result.bytes_written, result.bytes_verified) == (Verdict.ERASED, size, size)
    assert second.said[:2] == ["issued", 2 * CHUNK_BYTES]
    assert second.key == first.key is not None
    assert drive.file.read_bytes() == keystream(first.key, size)


def test_resuming_with_another_key_is_found_out(drive: Drive, memory: Memory) -> None:
    wipe(drive, memory)
    result = wipe(drive, Memory(), resume=Resume(os.urandom(32), CHUNK_BYTES))
    assert result.verdict is Verdict.FAILED


def test_a_resumed_job_that_is_stopped_at_once_is_not_cancelled(drive: Drive, memory: Memory) -> None:
    stop = threading.Event()
    stop.set()
    result = wipe(drive, memory, stop=stop, resume=Resume(os.urandom(32), 0))
    assert result.verdict is Verdict.FAILED


@pytest.mark.parametrize("resume", [Resume(None, 0), Resume(bytes(32), -1), Resume(bytes(32), 1 << 40)])
def test_a_resume_point_that_does_not_fit_is_refused(drive: Drive, memory: Memory, resume: Resume) -> None:
    with pytest.raises(NotResumable):
        wipe(drive, memory, resume=resume)


def test_a_plan_for_another_drive_is_refused(drive: Drive, memory: Memory, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_drive(tmp_path / "other", 8192)
    with pytest.raises(PlanMismatch):
        run(plan(other.identity), drive.clear(), hooks=memory)


def test_progress_goes_through_both_phases_to_the_end(drive: Drive, memory: Memory) -> None:
    seen: list[Progress] = []
    wipe(drive, memory, on_progress=seen.append)
    ends = {progress.phase: progress.done_bytes for progress in seen}
    assert ends == dict.fromkeys((Phase.WRITE, Phase.VERIFY), drive.file.stat().st_size)


def test_the_log_tells_the_story(drive: Drive, memory: Memory) -> None:
    log = wipe(drive, memory).log
    assert [line.split(" ", 1)[1].split(" ")[0] for line in log] == [
        "overwrite",
        "overwrite",
        "read-back",
        "read-back",
        "verdict",
    ]


@pytest.fixture
def stick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stands for a USB stick, which is probed."""
    monkeypatch.setattr(overwrite_job, "_PROBED", frozenset({MediaType.FILE}))


@pytest.mark.usefixtures("stick")
def test_a_genuine_stick_is_probed_and_then_overwritten(drive: Drive, memory: Memory) -> None:
    result = wipe(drive, memory)
    assert result.verdict is Verdict.ERASED
    assert any("capacity probed: genuine" in line for line in result.log)


@pytest.mark.usefixtures("stick")
@pytest.mark.parametrize("small", [1 << 20, 3 << 20])
def test_a_forgery_is_found_before_it_is_overwritten(
    drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    """It wraps around: what is written behind its real end lands at its start."""
    write: WriteAt = BlockDevice.write_at
    read: ReadInto = BlockDevice.read_into
    monkeypatch.setattr(BlockDevice, "write_at", lambda self, buffer, offset: write(self, buffer, offset % small))
    monkeypatch.setattr(BlockDevice, "read_into", lambda self, buffer, offset: read(self, buffer, offset % small))
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure, result.bytes_written) == (Verdict.FAILED, True, 0)
    assert "forgery" in str(result.reason)
    assert memory.said == ["issued"]


@pytest.mark.usefixtures("stick")
def test_a_pass_that_goes_on_is_not_probed_again(drive: Drive, memory: Memory) -> None:
    wipe(drive, first := Memory())
    result = wipe(drive, memory, resume=Resume(first.key, CHUNK_BYTES))
    assert result.verdict is Verdict.ERASED
    assert not any("probed" in line for line in result.log)


def test_an_interruption_is_counted(drive: Drive, memory: Memory) -> None:
    wipe(drive, first := Memory())
    assert wipe(drive, memory, resume=Resume(first.key, CHUNK_BYTES, interruptions=3)).interruptions == 3


@pytest.mark.parametrize("answers", ["zeros", "nothing"])
def test_a_drive_that_drops_writes_and_answers_like_an_erased_one_is_not_erased(
    tmp_path: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    """Zeros read back prove nothing by themselves: a drive may hold them already, or leave the reader's memory as it is."""
    drive = make_drive(tmp_path, 3 * CHUNK_BYTES)

    def reads(_self: BlockDevice, buffer: memoryview, _offset: int) -> int:
        if answers == "zeros":
            buffer[:] = bytes(len(buffer))
        return len(buffer)

    monkeypatch.setattr(BlockDevice, "write_at", lambda *_arguments: None)
    monkeypatch.setattr(BlockDevice, "read_into", reads)
    result = wipe(drive, memory, Method.OVERWRITE_ZEROS)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, True)
    assert "lost" in str(result.reason)


def test_a_medium_with_no_two_blocks_is_not_probed(tmp_path: Path, memory: Memory) -> None:
    drive = make_drive(tmp_path, 4096)
    assert wipe(drive, memory, Method.OVERWRITE_ZEROS).verdict is Verdict.ERASED
