"""Wipes and their processes: attended by a later agent, stuck, killed again and again, held, and four at once."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from agents.bench import Bench, PortPhase, direct
from agents.bench.phases import ENDS
from agents.config import BenchConfig
from agents.identify.virtual import virtual_serial
from agents.journal import jobs
from agents.journal.db import FILE_NAME, Journal
from agents.journal.jobs import Job, JobState
from agents.supervise import medium
from fleet.contract.certificate_file import verify_file
from fleet.contract.events import WipeFinished
from fleet.contract.kinds import Verdict
from tests.sim.bench_service import BenchService, until
from tests.sim.job_process import end_jobs, running, the_one

pytestmark = pytest.mark.process
SIZE = 128 << 20
"""Sparse, and large enough to be met while it is wiped."""


def confirmed(bench: Bench, port: str = "A1") -> str:
    code = bench.wait(port, PortPhase.WAITING_SCAN, 20).asset_code
    assert code is not None
    assert bench.scan(port, code).accepted
    return code


def held(bench: Bench, config: BenchConfig) -> int:
    """Confirm what stands at A1, and stop its process in the middle, as if its device took long; its id."""
    confirmed(bench)
    process = the_one(config.state_dir)
    os.kill(process, signal.SIGSTOP)
    while not free(config):  # stopped amidst a commit, it would hold the journal for all
        os.kill(process, signal.SIGCONT)
        time.sleep(0.01)
        os.kill(process, signal.SIGSTOP)
    return process


def free(config: BenchConfig) -> bool:
    """Whether nobody holds the journal for writing."""
    with closing(sqlite3.connect(config.state_dir / FILE_NAME, timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def finished(service: BenchService) -> list[WipeFinished]:
    return [event.data for event in service.books.arrivals if isinstance(event.data, WipeFinished)]


def the_job(journal: Journal) -> Job:
    with journal.transaction(durable=False) as tx:
        (found,) = jobs.unfinished(tx)
    return found


def test_a_later_agent_attends_a_wipe_that_still_runs(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, journal: Journal
) -> None:
    first = start()
    plug("A1", SIZE, sparse=True)
    process = held(first, config)
    first.stop()
    assert the_one(config.state_dir) == process, "the wipe's process outlives the agent"
    second = start()
    attended = second.wait("A1", PortPhase.WIPING, 20)
    assert (attended.asset_code, attended.serial) == (the_job(journal).asset_code, the_job(journal).storage.serial)
    assert the_one(config.state_dir) == process, "and is not started a second time"
    os.kill(process, signal.SIGCONT)
    ended = second.wait("A1", ENDS, 60)
    assert (ended.phase, ended.verdict) == (PortPhase.DONE, Verdict.ERASED), ended.message
    assert ended.certificate is not None
    assert verify_file(Path(ended.certificate).read_bytes()).sanitization.interruptions == 0
    until(lambda: len(finished(service)) == 1)
    until(lambda: second.ports()[0].path is not None)
    assert second.wait("A1", PortPhase.DONE, 20).certificate, "the device that stands here is not led through its label again"


def test_a_wipe_that_ended_while_no_agent_ran_is_certified_though_its_drive_is_gone(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig
) -> None:
    first, drive = start(), plug("A1", SIZE, sparse=True)
    process = held(first, config)
    first.stop()
    os.kill(process, signal.SIGCONT)
    until(lambda: not running(config.state_dir), timeout_s=60)
    drive.unlink()
    second = start()
    until(lambda: len(finished(service)) == 1)
    assert finished(service)[0].verdict is Verdict.ERASED
    drive.write_bytes(b"another drive" * 4096)
    assert second.wait("A1", PortPhase.WAITING_SCAN, 20).capacity_bytes == drive.stat().st_size


def test_a_wipe_that_hangs_is_unknown_and_told_once(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, journal: Journal
) -> None:
    bench = start(patience_s=6.0)
    plug("A1", SIZE, sparse=True)
    confirmed(bench)
    process = the_one(config.state_dir)
    until(lambda: the_job(journal).state is not JobState.INTENT)
    os.kill(process, signal.SIGSTOP)
    stuck = bench.wait("A1", ENDS, 30)
    assert stuck.phase is PortPhase.UNKNOWN
    assert "nothing has moved" in stuck.message
    assert "quarantine" in stuck.message
    until(lambda: not running(config.state_dir))
    until(lambda: len(finished(service)) == 1)
    assert (finished(service)[0].verdict, finished(service)[0].certificate) == (Verdict.UNKNOWN, None)


def test_a_process_that_cannot_be_killed_keeps_its_medium(
    start: Callable[..., Bench], plug: Callable[..., Path], config: BenchConfig
) -> None:
    """As one that hangs in the kernel: its lock is all that is left of it."""
    drive = plug("A1")
    bench = start()
    waiting = bench.wait("A1", PortPhase.WAITING_SCAN, 20)
    away = drive.rename(drive.with_suffix(".aside"))
    bench.wait("A1", PortPhase.EMPTY, 20)
    away.rename(drive)
    key = f"serial:virtual drive|{waiting.serial}|{waiting.capacity_bytes}"
    lock = medium.take(medium.lock_path(config.state_dir, key))
    try:
        refused = bench.wait("A1", frozenset({PortPhase.REFUSED, PortPhase.WAITING_SCAN}), 20)
    finally:
        os.close(lock)
    assert refused.phase is PortPhase.REFUSED
    assert "still holds this medium" in refused.message


def test_a_process_that_dies_at_one_point_again_and_again_is_given_up(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, journal: Journal
) -> None:
    bench = start()
    plug("A1", SIZE, sparse=True)
    confirmed(bench)
    until(lambda: the_job(journal).state is not JobState.INTENT)
    while bench.ports()[0].phase not in ENDS:
        end_jobs(config.state_dir)
        time.sleep(0.01)
    assert bench.ports()[0].phase is PortPhase.UNKNOWN, bench.ports()[0].message
    until(lambda: len(finished(service)) == 1)
    told = finished(service)[0]
    assert (told.verdict, told.reason) == (Verdict.UNKNOWN, "the wipe's process ended 3 times at the same point, without a word")


def test_a_killed_process_is_replaced_and_the_interruption_is_told(
    start: Callable[..., Bench], plug: Callable[..., Path], config: BenchConfig, journal: Journal
) -> None:
    bench = start()
    plug("A1", SIZE, sparse=True)
    confirmed(bench)
    process = the_one(config.state_dir)
    until(lambda: the_job(journal).state is not JobState.INTENT)
    os.kill(process, signal.SIGKILL)
    ended = bench.wait("A1", ENDS, 60)
    assert ended.phase is PortPhase.DONE, ended.message
    assert ended.certificate is not None
    certificate = verify_file(Path(ended.certificate).read_bytes())
    assert certificate.sanitization.interruptions == 1
    assert certificate.verification.bytes_read == SIZE


def test_a_computer_that_shuts_down_only_interrupts(
    start: Callable[..., Bench], plug: Callable[..., Path], config: BenchConfig, service: BenchService
) -> None:
    """SIGTERM to every process: nobody asked for the wipe to be given up."""
    first = start()
    plug("A1", SIZE, sparse=True)
    process = held(first, config)
    first.stop()
    os.kill(process, signal.SIGTERM)
    os.kill(process, signal.SIGCONT)
    until(lambda: not running(config.state_dir))
    assert not finished(service)
    again = start().wait("A1", ENDS | {PortPhase.WAITING_SCAN}, 60)
    assert again.phase in {PortPhase.DONE, PortPhase.WAITING_SCAN}
    assert not [told for told in finished(service) if told.verdict is not Verdict.ERASED]


def test_while_its_wipe_runs_a_device_is_not_begun_anew_from_the_command_line(
    start: Callable[..., Bench], plug: Callable[..., Path], config: BenchConfig, journal: Journal
) -> None:
    bench, drive = start(), plug("A1", SIZE, sparse=True)
    process = held(bench, config)
    bench.stop()
    with pytest.raises(direct.StillWiped):
        direct.wipe(
            config,
            journal,
            drive,
            confirm=virtual_serial(drive),
            method=None,
            watch=lambda *_: None,
            stop=bench._station.stopping,
        )
    assert the_one(config.state_dir) == process
