"""The lock of a medium goes from the agent to the job's process without a gap, and ends with the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agents.shell.run import ProgramMissing, start_detached
from agents.supervise import medium
from tests.sim.bench_service import until

HEAVY = ("httpx", "rich", "typer", "PIL", "reportlab", "http_message_signatures", "zstandard", "asyncio")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return medium.lock_path(tmp_path, "serial:WX1")


def test_one_at_a_time(lock: Path) -> None:
    assert not medium.is_held(lock)
    fd = medium.take(lock)
    assert medium.is_held(lock)
    with pytest.raises(medium.MediumHeld):
        medium.take(lock)
    os.close(fd)
    assert not medium.is_held(lock)


def test_each_medium_has_its_own(tmp_path: Path) -> None:
    assert medium.lock_path(tmp_path, "serial:WX1") != medium.lock_path(tmp_path, "serial:WX2")


def test_who_holds_it_is_written_down(lock: Path) -> None:
    fd = medium.take(lock)
    assert medium.holder(lock) is None
    medium.sign(fd)
    assert medium.holder(lock) == os.getpid()
    os.close(fd)


@pytest.mark.process
def test_a_detached_process_keeps_it_until_it_ends(lock: Path, tmp_path: Path) -> None:
    fd = medium.take(lock)
    released = tmp_path / "released"
    code = f"import pathlib, time\nwhile not pathlib.Path({str(released)!r}).exists(): time.sleep(0.01)\nprint('said')"
    start_detached([sys.executable, "-c", code], output=tmp_path / "log", keep=(fd,))
    os.close(fd)
    assert medium.is_held(lock)
    released.touch()
    until(lambda: not medium.is_held(lock))
    assert (tmp_path / "log").read_text() == "said\n"


@pytest.mark.process
def test_a_program_that_is_not_there_lets_go_at_once(lock: Path, tmp_path: Path) -> None:
    fd = medium.take(lock)
    start_detached(["/nonexistent/program"], output=tmp_path / "log", keep=(fd,))
    os.close(fd)
    until(lambda: not medium.is_held(lock))
    assert "nonexistent" in (tmp_path / "log").read_text()
    with pytest.raises(ProgramMissing, match="cannot be started"):
        start_detached(["true"], output=tmp_path / "no" / "log")


@pytest.mark.process
def test_a_jobs_process_loads_no_more_than_it_needs() -> None:
    """Four of them run beside the agent: a network client or a page renderer would be paid four times."""
    code = "import sys, agents.supervise.process; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not set(HEAVY) & set(loaded)
