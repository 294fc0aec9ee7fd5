"""Killed with SIGKILL at any moment: no event is lost or doubled, and nothing is certified that was not read back in full."""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from agents.bench import Bench
from agents.journal import outbox
from agents.journal.db import Journal
from agents.supervise import medium
from fleet.contract.certificate_file import to_file, verify_file
from fleet.contract.events import BenchEvent, WipeFinished, WipeStarted
from fleet.contract.kinds import Verdict
from tests.sim.agent_process import AgentProcess, forget_shown, post_scan, shown
from tests.sim.bench_service import BenchService, until
from tests.sim.job_process import end_jobs

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("enrolled")]

KILLED = [
    *((f"{when}:{state}", "agent") for state in ("intent", "done") for when in ("before", "after")),
    *(
        (f"{when}:{state}", victim)
        for state in ("issued", "writing", "verifying")
        for when in ("before", "after")
        for victim in ("job", "both")
    ),
    *((f"after:{state}", "agent") for state in ("issued", "writing", "verifying")),
]
"""Intent and done are the agent's commits, the others those of the job's process."""
ANEW = {("before:intent", "agent"), ("after:intent", "agent"), ("before:issued", "both"), ("after:done", "agent")}
"""Nothing had begun, or all of it had ended: the device needs a new confirmation. In all other cases the wipe goes on."""


@pytest.fixture
def toml(tmp_path: Path, service: BenchService) -> Iterator[Path]:
    file = tmp_path / "bench.toml"
    ports = "".join(f'[[ports]]\nname = "{name}"\npath = "drives/{name}.img"\n' for name in ("A1", "A2", "A3"))
    file.write_text(
        f'server = "{service.url}"\nstation = "Bench 1"\noperator = "an"\npoll_seconds = 0.05\nmethod = "zeros"\n{ports}'
    )
    yield file
    end_jobs(tmp_path / "bench-state")


def confirm_when_asked(journal: Journal, port: str = "A1") -> None:
    until(lambda: shown(journal, port)["phase"] == "waiting_scan")
    post_scan(journal, port, shown(journal, port)["asset_code"])


def settled(journal: Journal, agent: AgentProcess) -> None:
    """The device is done, everything is delivered, and the agent ends in order."""
    until(lambda: shown(journal, "A1")["phase"] == "done")
    until(lambda: delivered(journal))
    assert agent.stop() == 0


def delivered(journal: Journal) -> bool:
    with journal.transaction(durable=False) as tx:
        return outbox.count(tx) == (0, 0)


def of_type(service: BenchService, kind: str) -> list[BenchEvent]:
    return [event for event in service.books.arrivals if event.data.type == kind]


def check_books(service: BenchService) -> None:
    """Gapless, in order, each once; every start has one end; every certificate covers every byte."""
    assert service.books.sequence() == list(range(1, len(service.books.arrivals) + 1))
    started = [event.data.job_id for event in of_type(service, "wipe.started")]
    ended = [event.data.job_id for event in service.books.arrivals if event.data.type in {"wipe.finished", "wipe.cancelled"}]
    assert sorted(started) == sorted(ended)
    assert len(set(started)) == len(started)
    (public,) = service.books.keys.values()
    for event in of_type(service, "wipe.finished"):
        assert isinstance(event.data, WipeFinished)
        if event.data.verdict is Verdict.ERASED:
            assert event.data.certificate is not None
            certificate = verify_file(to_file(event.data.certificate, public), public)
            assert certificate.verification.bytes_read == certificate.storage.capacity_bytes


@pytest.mark.parametrize(("point", "victim"), KILLED)
def test_killed_at_each_state_of_the_journal(
    toml: Path, journal: Journal, plug: Callable[..., Path], service: BenchService, point: str, victim: str
) -> None:
    drive = plug("A1")
    with AgentProcess(toml, point, victim) as first:
        confirm_when_asked(journal)
        until(first.crashed.exists)
        if victim == "job":
            settled(journal, first)
        else:
            until(lambda: first.code is not None)
            assert first.code == -9
    if victim != "job":
        forget_shown(journal)
        with AgentProcess(toml) as second:
            if (point, victim) in ANEW:
                confirm_when_asked(journal)
            settled(journal, second)
    assert drive.read_bytes().count(0) == drive.stat().st_size
    check_books(service)
    finished = of_type(service, "wipe.finished")
    assert len(finished) == (2 if point == "after:done" else 1)
    assert len(of_type(service, "device.received")) == 1
    assert not [path for path in (toml.parent / "bench-state/jobs").iterdir() if path.suffix != medium.SUFFIX]


@pytest.mark.parametrize("point", ["after:writing", "after:verifying"])
def test_what_changed_while_the_agent_was_dead_is_found(
    toml: Path, journal: Journal, plug: Callable[..., Path], service: BenchService, point: str
) -> None:
    """The journal says that everything was written. Only reading it back may say `erased`."""
    drive = plug("A1")
    with AgentProcess(toml, point, "both") as first:
        confirm_when_asked(journal)
        until(lambda: first.code is not None)
    forget_shown(journal)
    with drive.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"old data")
    with AgentProcess(toml) as second:
        until(lambda: shown(journal, "A1")["phase"] == "failed")
        until(lambda: delivered(journal))
        assert second.stop() == 0
    (finished,) = of_type(service, "wipe.finished")
    assert isinstance(finished.data, WipeFinished)
    assert (finished.data.verdict, finished.data.certificate) == (Verdict.FAILED, None)
    assert not list(toml.parent.glob("bench-state/certificates/*.json")), "a certificate speaks for a wipe that failed"
    check_books(service)


def test_a_device_that_did_not_come_back_has_failed(
    toml: Path, journal: Journal, plug: Callable[..., Path], start: Callable[..., Bench], service: BenchService
) -> None:
    drive = plug("A1")
    with AgentProcess(toml, "after:verifying", "both") as first:
        confirm_when_asked(journal)
        until(lambda: first.code is not None)
    drive.unlink()
    start(grace_s=0.5)
    until(lambda: len(of_type(service, "wipe.finished")) == 1)
    finished = of_type(service, "wipe.finished")[0].data
    assert isinstance(finished, WipeFinished)
    assert finished.verdict is Verdict.FAILED
    assert "was not there" in str(finished.reason)
    check_books(service)


def test_killed_again_and_again(toml: Path, journal: Journal, plug: Callable[..., Path], service: BenchService) -> None:
    drives = [plug(port, 24 << 20) for port in ("A1", "A2", "A3")]
    state = toml.parent / "bench-state"
    rng = random.Random(20260301)  # noqa: S311 - moments to kill at
    for turn in range(12):
        with AgentProcess(toml) as agent:
            if turn % 4 != 0:
                until(lambda: shown(journal, "A1")["phase"] in {"waiting_scan", "wiping", "verifying", "done"})
                _confirm_what_waits(journal)
            time.sleep(rng.uniform(0, 0.3 if turn % 4 else 2.0))
            victims = rng.choice(("agent", "jobs", "both"))
            if victims != "jobs":
                agent.kill()
            if victims != "agent":
                end_jobs(state)
        forget_shown(journal)
    with AgentProcess(toml) as agent:
        until(lambda: _proven_for_good(journal, service), timeout_s=90)
        assert agent.stop() == 0
    check_books(service)
    assert all(drive.read_bytes().count(0) == drive.stat().st_size for drive in drives)
    received = Counter(event.data.serial for event in of_type(service, "device.received"))
    assert set(received.values()) == {1}
    assert len({event.data.asset_code for event in of_type(service, "device.received")}) == 3


def _proven_for_good(journal: Journal, service: BenchService) -> bool:
    """Whether all three are proven and no scan is on its way that would begin another wipe; else what waits is scanned."""
    if len(_proven(service)) < 3:
        _confirm_what_waits(journal, _proven(service))
        return False
    time.sleep(1.0)  # a scan of a moment ago has begun its wipe by now, and shows it
    resting = all(shown(journal, port)["phase"] in {"waiting_scan", "done"} for port in ("A1", "A2", "A3"))
    return resting and delivered(journal) and len(_proven(service)) == 3


def _confirm_what_waits(journal: Journal, proven: Collection[str] = ()) -> None:
    """Scan the labels that ports wait for, except of drives that are proven: their next wipe would still run at the end."""
    for port in ("A1", "A2", "A3"):
        snapshot = shown(journal, port)
        if snapshot["phase"] == "waiting_scan" and snapshot["serial"] not in proven:
            post_scan(journal, port, snapshot["asset_code"])
    time.sleep(0.02)


def _proven(service: BenchService) -> frozenset[str]:
    """The serials of drives whose last wipe is proven: one that began after a certificate and was cut off proves nothing."""
    last: dict[str, bool] = {}
    for event in service.books.arrivals:
        match event.data:
            case WipeStarted(storages=storages):
                last |= {storage.serial: False for storage in storages}
            case WipeFinished(storage=storage, verdict=verdict):
                last[storage.serial] = verdict is Verdict.ERASED
            case _:
                pass
    return frozenset(serial for serial, proven in last.items() if proven)


def test_stopped_in_order_the_wipe_goes_on_later(
    toml: Path, journal: Journal, plug: Callable[..., Path], service: BenchService
) -> None:
    plug("A1", 1 << 30, sparse=True)
    with AgentProcess(toml) as first:
        confirm_when_asked(journal)
        until(lambda: shown(journal, "A1").get("progress"))
        assert first.stop() == 0
    forget_shown(journal)
    assert not of_type(service, "wipe.finished")
    with AgentProcess(toml) as second:
        until(lambda: shown(journal, "A1")["phase"] == "done", timeout_s=60)
        until(lambda: delivered(journal))
        assert second.stop() == 0
    check_books(service)
    assert len(of_type(service, "wipe.started")) == 1
