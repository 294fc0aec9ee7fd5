"""Firmware jobs over a plain file that answers as the tools' sources say: every doubt must end as failed or unknown."""

import threading
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.errors import Failed
from agents.shell import sgio
from agents.shell.blockdev import BlockDevice
from agents.shell.progress import Progress
from agents.shell.run import REDACTED, ProgramMissing
from agents.wipe import firmware, telling
from agents.wipe.certificate import Circumstances, certify
from agents.wipe.methods.draft import Command
from agents.wipe.result import Reached
from agents.wipe.runner import PlanMismatch, run
from fleet.contract.certificate_file import verify_file
from fleet.contract.kinds import Completion, Method, Verdict
from tests.sim.drives import Drive, Memory
from tests.sim.firmware import Firmware, all_but_one_mebibyte, to_noise, to_zeros
from tests.sim.firmware_jobs import ERASE, Effect, planned, resumed, wipe


@pytest.mark.parametrize("shape", ["2.3", "2.8", "2.16", "flat"])
@pytest.mark.parametrize("effect", [to_zeros, to_noise])
def test_a_sanitize_is_told_polled_verified_and_certified(
    drive: Drive, chip: Firmware, memory: Memory, shape: str, effect: Effect
) -> None:
    chip.shape, chip.erase = shape, effect
    result = wipe(drive, memory)
    assert (result.verdict, result.reason) == (Verdict.ERASED, None)
    assert memory.said == ["issued", "prepared", "polling", "verifying"]
    assert [command.exit_code for command in result.commands] == [0]
    where = Circumstances("8YZABCDE", "De Kringwinkel", "an", "bench worker", "Bench 1, port A1")
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    read = verify_file(certify(result, drive.identity, where, key).file, key.public_key())
    assert read.sanitization.commands == result.commands
    assert (read.sanitization.completion, read.sanitization.bytes_written) == (Completion.NVME_SANITIZE_LOG, 0)
    assert read.verification.sampling == result.sampling
    assert read.verification.coverage_ppm >= 100_000
    assert {"sanitize log, before", "sanitize log, after"} <= read.logs.keys()


def test_nothing_is_told_before_the_canaries_are_kept(drive: Drive, chip: Firmware) -> None:
    untouched = drive.file.read_bytes()

    class Checking(Memory):
        def issued(self, secret: bytes | None) -> None:
            assert drive.file.read_bytes() == untouched
            super().issued(secret)

        def prepared(self, samples: bytes) -> None:
            assert drive.file.read_bytes() != untouched
            assert not chip.told
            super().prepared(samples)

    assert wipe(drive, Checking()).verdict is Verdict.ERASED


@pytest.mark.parametrize("method", [Method.NVME_SANITIZE_BLOCK, Method.NVME_FORMAT_USER_DATA, ERASE])
@pytest.mark.parametrize("effect", [None, all_but_one_mebibyte])
def test_success_without_erasing_is_found_out(
    drive: Drive, chip: Firmware, memory: Memory, method: Method, effect: Effect | None
) -> None:
    chip.erase = effect
    result = wipe(drive, memory, method)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, True)
    assert "the medium was not erased" in str(result.reason)


def test_a_stuck_sanitize_is_unknown_and_its_progress_is_told(drive: Drive, chip: Firmware, memory: Memory) -> None:
    chip.answers = [(2, 655)]
    result = wipe(drive, memory)
    assert (result.verdict, result.sampling) == (Verdict.UNKNOWN, None)
    assert "120 min" in str(result.reason)
    assert "stood at 1.00%" in str(result.reason)


@pytest.mark.parametrize(
    ("answers", "verdict"), [([(3, 65535)], Verdict.FAILED), ([(6, 0)], Verdict.UNKNOWN), ([(0, 0)], Verdict.UNKNOWN)]
)
def test_what_the_log_says_else_is_never_taken_for_done(
    drive: Drive, chip: Firmware, memory: Memory, answers: list[tuple[int, int]], verdict: Verdict
) -> None:
    chip.answers = answers
    assert wipe(drive, memory).verdict is verdict


def test_an_earlier_sanitize_is_not_taken_for_this_one(drive: Drive, chip: Firmware, memory: Memory) -> None:
    """The log still speaks of the last one for a while; taken at its word, the samples would be read too early."""
    chip.before, chip.answers = (1, 65535, 2), [(1, 65535), (2, 655), (1, 65535)]
    chip.erase, calls = None, []
    chip.on_question = lambda: calls.append(1)
    wipe(drive, memory)
    assert len(calls) >= 5  # before (log and state), the stale answer, at work, done


def test_a_refused_command_fails_and_is_recorded(drive: Drive, chip: Firmware, memory: Memory) -> None:
    chip.code = 1
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, False)
    assert "Invalid Command Opcode" in str(result.reason)
    assert [command.exit_code for command in result.commands] == [1]
    assert "polling" not in memory.said


def test_a_command_that_never_ends_is_unknown(drive: Drive, chip: Firmware, memory: Memory) -> None:
    chip.hangs = True
    result = wipe(drive, memory, Method.NVME_FORMAT_USER_DATA)
    assert (result.verdict, memory.said) == (Verdict.UNKNOWN, ["issued", "prepared"])


@pytest.mark.usefixtures("chip")
def test_a_missing_tool_is_noticed_before_anything_is_touched(
    drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling.shutil, "which", lambda _program, **_: None)
    before = drive.file.read_bytes()
    with pytest.raises(ProgramMissing, match="`nvme` is not installed"):
        wipe(drive, memory)
    assert (memory.said, drive.file.read_bytes()) == ([], before)


def test_a_plan_of_another_scope_is_refused(drive: Drive, chip: Firmware, memory: Memory) -> None:
    with pytest.raises(PlanMismatch):
        run(replace(planned(drive), scope=("/dev/nvme0n1", "/dev/nvme0n2")), drive.clear(), hooks=memory)
    assert not chip.told


@pytest.mark.parametrize(
    "argv",
    [
        ("nvme", "sanitize", "/dev/nvme0", "--sanact=2"),
        ("dd", "if=/sys/block/mmcblk0/ro", "of=/sys/block/mmcblk0boot0/force_ro"),
        ("blkdiscard", "--zeroout", "/sys/../dev/sdb"),
    ],
)
def test_a_command_that_names_another_device_is_never_run(
    drive: Drive, chip: Firmware, memory: Memory, argv: tuple[str, ...]
) -> None:
    """After a restart the same name may be another drive's."""
    strayed = replace(planned(drive), commands=(Command(argv, 60.0),))
    for resume in (None, resumed(memory, Reached.ISSUED)):
        with pytest.raises(PlanMismatch, match="is not this device"):
            run(strayed, drive.clear(), hooks=memory, resume=resume)
    assert (chip.told, memory.said) == ([], [])


def test_a_device_that_drops_writes_is_found_before_the_firmware_is_told(
    drive: Drive, chip: Firmware, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BlockDevice, "write_at", lambda _device, _buffer, _offset: None)
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure, chip.told) == (Verdict.FAILED, True, [])


@pytest.mark.parametrize(("hook", "told"), [("prepared", 0), ("polling", 1), ("verifying", 1)])
def test_a_journal_that_fails_leaves_the_verdict_unknown(
    drive: Drive, chip: Firmware, monkeypatch: pytest.MonkeyPatch, hook: str, told: int
) -> None:
    def fails(*_arguments: object) -> None:
        raise Failed("disk full")

    monkeypatch.setattr(Memory, hook, fails)
    result = wipe(drive, Memory())
    assert (result.verdict, len(chip.told)) == (Verdict.UNKNOWN, told)
    assert "disk full" in str(result.reason)


@pytest.mark.usefixtures("chip")
def test_a_stop_before_the_start_cancels(drive: Drive, memory: Memory) -> None:
    stop = threading.Event()
    stop.set()
    assert (wipe(drive, memory, stop=stop).verdict, memory.said) == (None, [])


def test_a_stop_while_canaries_are_planted_fails(drive: Drive, chip: Firmware) -> None:
    stop = threading.Event()

    class Stopping(Memory):
        def issued(self, secret: bytes | None) -> None:
            super().issued(secret)
            stop.set()

    result = wipe(drive, Stopping(), stop=stop)
    assert (result.verdict, chip.told) == (Verdict.FAILED, [])


def test_firmware_that_was_told_is_not_stopped(drive: Drive, chip: Firmware, memory: Memory) -> None:
    stop = threading.Event()
    chip.on_question = lambda: stop.set() if chip.told else None
    assert wipe(drive, memory, stop=stop).verdict is Verdict.ERASED


def test_a_stop_does_not_turn_a_stuck_sanitize_into_a_failed_one(drive: Drive, chip: Firmware, memory: Memory) -> None:
    """Nobody knows how it ended; the operator's wish says nothing of the medium."""
    stop = threading.Event()
    chip.answers, chip.on_question = [(2, 655)], lambda: stop.set() if chip.told else None
    assert wipe(drive, memory, stop=stop).verdict is Verdict.UNKNOWN


def test_a_device_that_leaves_while_it_works_has_failed(drive: Drive, chip: Firmware, memory: Memory) -> None:
    gone = threading.Event()
    chip.on_question = lambda: gone.set() if chip.told else None
    result = wipe(drive, memory, gone=gone)
    assert (result.verdict, "unplugged" in str(result.reason)) == (Verdict.FAILED, True)


def test_a_security_erase_makes_a_password_and_proves_that_it_is_gone(drive: Drive, chip: Firmware, memory: Memory) -> None:
    result = wipe(drive, memory, ERASE)
    assert result.verdict is Verdict.ERASED
    assert memory.said == ["issued", "prepared", "polling", "unlocked", "verifying"]
    password = (memory.key or b"").decode()
    assert len(password) == 32
    assert chip.told[0][4] == password
    assert [command.argv[4] for command in result.commands] == [REDACTED, REDACTED]
    assert password not in repr(result)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [({"keeps_password": True}, Verdict.FAILED), ({"code": 5}, Verdict.FAILED), ({"hangs": True}, Verdict.UNKNOWN)],
)
def test_a_password_that_may_stand_is_told_and_kept(
    drive: Drive, chip: Firmware, memory: Memory, change: dict[str, object], verdict: Verdict
) -> None:
    for name, value in change.items():
        setattr(chip, name, value)
    result = wipe(drive, memory, ERASE)
    assert (result.verdict, "unlocked" in memory.said) == (verdict, False)
    assert "bench-agent unlock" in str(result.reason)


def test_a_refused_password_ends_the_job_before_the_erase(drive: Drive, chip: Firmware, memory: Memory) -> None:
    chip.locked_out = True
    result = wipe(drive, memory, ERASE)
    assert (result.verdict, [argv[3] for argv in chip.told]) == (Verdict.FAILED, ["--security-set-pass"])
    assert memory.said == ["issued", "prepared", "unlocked"]


@pytest.mark.usefixtures("chip")
def test_a_drive_that_does_not_tell_whether_it_is_locked_is_never_erased(
    drive: Drive, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_fd: int) -> bytes:
        raise sgio.Unanswered

    monkeypatch.setattr(sgio, "identify_device", silent)
    assert wipe(drive, memory, ERASE).verdict is Verdict.FAILED


@pytest.mark.usefixtures("chip")
def test_expected_times_set_the_pace(drive: Drive, memory: Memory) -> None:
    shown: list[Progress] = []
    result = wipe(drive, memory, on_progress=shown.append)
    assert result.verdict is Verdict.ERASED
    assert any(progress.total_bytes == drive.file.stat().st_size and progress.percent > 50 for progress in shown)
    assert firmware.interval_s(60.0) == 2.0
