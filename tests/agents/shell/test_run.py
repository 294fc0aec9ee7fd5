import os
import time
from pathlib import Path

import pytest

from agents.errors import Failed
from agents.shell.run import ProgramFailed, ProgramMissing, ProgramTimedOut, run

pytestmark = pytest.mark.process


def test_output_and_exit_code_come_back() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout_s=20, accept=(3,))
    assert (done.code, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_an_exit_code_that_is_not_accepted_is_an_error_with_what_was_said() -> None:
    with pytest.raises(ProgramFailed, match=r"exit code 5: disk on fire") as caught:
        run(["sh", "-c", "echo disk on fire >&2; exit 5"], timeout_s=20)
    assert caught.value.completed.code == 5


def test_a_program_that_is_not_installed_is_named() -> None:
    with pytest.raises(ProgramMissing, match="no-such-program-here"):
        run(["no-such-program-here"], timeout_s=1)


def test_the_locale_is_c_and_stdin_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "nl_BE.UTF-8")
    monkeypatch.setenv("LC_TIME", "nl_BE.UTF-8")
    monkeypatch.setenv("LANGUAGE", "nl")
    done = run(["sh", "-c", 'cat; echo "$LC_ALL|$LANG|$LC_TIME|$LANGUAGE"'], timeout_s=20)
    assert done.stdout == "C|||\n"


def test_programs_in_sbin_are_found_without_it_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert "losetup" in run(["losetup", "--version"], timeout_s=20).stdout


def test_a_time_out_kills_the_grandchildren_too(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    started = time.monotonic()
    with pytest.raises(ProgramTimedOut, match=r"within 1 s"):
        run(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; wait"], timeout_s=1)
    assert time.monotonic() - started < 10
    grandchild = int(pid_file.read_text())
    deadline = time.monotonic() + 5
    while _runs(grandchild):
        assert time.monotonic() < deadline, "the grandchild outlived the time-out"
        time.sleep(0.05)


def test_a_child_that_ends_but_leaves_its_pipe_open_is_timed_out_too() -> None:
    with pytest.raises(ProgramTimedOut):
        run(["sh", "-c", "sleep 60 & exit 0"], timeout_s=1)


def test_secrets_are_struck_out_everywhere() -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(["sh", "-c", 'echo "pw $0"; echo "$0" >&2; exit 1', "hunter2"], timeout_s=20, redact=["hunter2"])
    completed = caught.value.completed
    assert "hunter2" not in f"{caught.value}{completed.argv}{completed.stdout}{completed.stderr}"
    assert completed.stdout == "pw [redacted]\n"


def test_its_errors_are_failures() -> None:
    assert issubclass(ProgramFailed, Failed)
    assert ProgramFailed.exit_code == 2


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
