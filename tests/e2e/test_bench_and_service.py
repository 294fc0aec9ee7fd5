"""The real bench engine and the real service, over HTTP on loopback: what happens when one of the two is not there."""

import hashlib
import random
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlmodel import select

from agents.bench import Bench, PortPhase, direct
from agents.config import BenchConfig, PortConfig
from agents.journal import outbox, scans
from agents.journal.db import Journal
from agents.journal.scans import NewScan
from agents.label.scanback import WrongLabel
from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.enrol import enrol, signing_key
from agents.report.lease import keep_stock
from agents.shell.clock import now as now_utc
from fleet.accounts import benches
from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.contract.kinds import DeviceKind, Method, Verdict
from fleet.db.session import unit_of_work
from fleet.demo.people import Team, settle
from fleet.demo.server import serving
from fleet.desk.receiving import NewArrival, receive
from fleet.devices import repository as devices
from fleet.devices.models import Device
from fleet.devices.states import Origin, State
from fleet.intake.models import StoredEvent
from fleet.tasks import service as tasks
from fleet.wipes import service as wipes
from tests.sim.agent_process import AgentProcess, forget_shown, shown

pytestmark = [pytest.mark.db, pytest.mark.process]
MIB = 1 << 20
SOON = Backoff(first_s=0.1, cap_s=0.5)
WITHIN_S = 60


def until(condition, what="it"):
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {WITHIN_S} s"
        time.sleep(0.05)


@dataclass
class Place:
    """A workshop: where its service keeps its data, and its bench."""

    folder: Path
    team: Team
    port: int
    config: BenchConfig
    journal: Journal

    @contextmanager
    def service(self) -> Iterator[None]:
        """The service is up for the time of the block."""
        with serving(self.folder / "service", self.port) as (app, _):
            self.engine = app.state.database.engine()
            yield

    def unit(self):
        return unit_of_work(self.engine, self.team.organisation_id)

    def plug(self, port="A1", size=4 * MIB + 512):
        path = self.config.port(port).path
        assert path is not None
        fresh = path.with_suffix(".new")
        block = random.Random(size).randbytes(MIB)  # noqa: S311 - old data, not a secret
        with fresh.open("wb") as file:
            for _ in range(size // MIB):
                file.write(block)
            file.write(block[: size % MIB])
        fresh.rename(path)
        return path

    def delivered(self):
        with self.journal.transaction(durable=False) as tx:
            return outbox.count(tx) == (0, 0)

    def device(self):
        """Code and state of the only device."""
        with self.unit() as session:
            [found] = session.exec(select(Device).limit(5)).all()
            return found.asset_code, found.state

    def events(self):
        with self.unit() as session:
            rows = session.exec(select(StoredEvent).order_by(StoredEvent.received_at)).all()
            return [(row.sequence, row.type, row.outcome.value) for row in rows]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An enrolled bench with codes in stock; the service is down again."""
    folder = tmp_path / "bench"
    with serving(tmp_path / "service", 0) as (app, address), closing(Journal(folder)) as journal:
        team = settle(app)
        admin = Principal(team.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
        with unit_of_work(app.state.database.engine(), team.organisation_id) as session:
            code = accounts.issue_enrolment_code(session, admin, team.site_id)
        ports = tuple(PortConfig(name=name, path=tmp_path / f"{name}.img") for name in ("A1", "A2"))
        config = BenchConfig(
            server=address,
            station="Bank 1",
            state_dir=folder,
            images_dir=folder / "images",
            operator="mo",
            method=Method.OVERWRITE_ZEROS,
            poll_seconds=0.05,
            codes_in_stock=3,
            ports=ports,
        )
        with ServiceClient(address) as client:
            enrol(journal, folder, client, code=code, station="Bank 1")
        with ServiceClient(address, key=signing_key(journal, folder)) as client:
            keep_stock(journal, client, 3)
        made = Place(tmp_path, team, int(address.rsplit(":", 1)[1]), config, journal)
    reopened = replace(made, journal=Journal(folder))
    with closing(reopened.journal):
        yield reopened


def whole_job(place: Place, port: str = "A1") -> None:
    place.plug(port)
    with Bench(place.config, place.journal, settle_s=0.1, backoff=SOON) as bench:
        shown_now = bench.wait(port, PortPhase.WAITING_SCAN, WITHIN_S)
        assert bench.scan(port, shown_now.asset_code or "").accepted
        bench.wait(port, PortPhase.DONE, WITHIN_S)


def test_a_service_that_is_down_for_the_whole_job_gets_everything_in_order_when_it_returns(place):
    whole_job(place)
    assert not place.delivered()
    with place.service(), Bench(place.config, place.journal, settle_s=0.1, backoff=SOON):
        until(place.delivered, "delivery")
        told = place.events()
        assert [sequence for sequence, _, _ in told] == list(range(1, 7))
        assert [kind for _, kind, _ in told] == [
            "device.received",
            "label.printed",
            "label.scanned",
            "device.inspected",
            "wipe.started",
            "wipe.finished",
        ]
        assert "refused" not in {outcome for _, _, outcome in told}
        assert place.device()[1] is State.WIPED


def test_an_agent_killed_at_any_moment_neither_loses_nor_doubles_an_event_at_the_real_service(place):
    toml = place.folder / "bench.toml"
    toml.write_text(
        f'server = "{place.config.server}"\nstation = "Bank 1"\noperator = "mo"\nmethod = "zeros"\npoll_seconds = 0.05\n'
        f'state_dir = "bench"\n[[ports]]\nname = "A1"\npath = "A1.img"\n[[ports]]\nname = "A2"\npath = "A2.img"\n'
    )
    pick = random.Random(20261122)  # noqa: S311 - moments to kill at
    place.plug(size=48 * MIB + 512)
    with place.service():
        for _ in range(5):
            forget_shown(place.journal)
            with AgentProcess(toml) as agent:
                asked = time.monotonic() + pick.uniform(2.0, 4.5)
                while time.monotonic() < asked:
                    now = shown(place.journal, "A1")
                    if now["phase"] == "waiting_scan":
                        _scan(place, now["asset_code"])
                    time.sleep(0.05)
                agent.kill()
        forget_shown(place.journal)
        with AgentProcess(toml) as agent:
            until(lambda: _ended(place), "the end of the wipe")
            until(place.delivered, "delivery")
            agent.stop()
        told = place.events()
        assert [sequence for sequence, _, _ in told] == list(range(1, len(told) + 1))
        code, state = place.device()
        with place.unit() as session:
            proofs = wipes.of_device(session, devices.by_code(session, code).id)
            assert (state is State.WIPED) == bool(proofs)
            assert state is State.WIPED
        assert place.config.port("A1").path.read_bytes() == bytes(48 * MIB + 512)


def _ended(place):
    now = shown(place.journal, "A1")
    if now["phase"] == "waiting_scan":
        _scan(place, now["asset_code"])
    return now["phase"] == "done"


def _scan(place, code):
    """What `bench-agent scan` does."""
    with place.journal.transaction() as tx:
        scans.post(tx, NewScan("A1", code, operator="mo"), now_utc())


def test_pulled_out_in_the_middle_is_a_failed_wipe_and_the_port_takes_the_next(place):
    with place.service(), Bench(place.config, place.journal, settle_s=0.1, backoff=SOON) as bench:
        path = place.plug(size=512 * MIB)
        bench.scan("A1", bench.wait("A1", PortPhase.WAITING_SCAN, WITHIN_S).asset_code or "")
        until(lambda: _written(bench) > 0, "the first write")
        path.unlink()
        until(lambda: bench.ports()[0].phase in {PortPhase.FAILED, PortPhase.EMPTY}, "the failure")
        until(place.delivered, "delivery")
        assert place.device()[1] is State.WIPE_FAILED
        place.plug()
        bench.wait("A1", PortPhase.WAITING_SCAN, WITHIN_S)


def _written(bench):
    """Bytes that the first port says are written; before the first one, pulling out is a cancelled job."""
    progress = bench.ports()[0].progress
    return progress.done_bytes if progress else 0


def test_a_revoked_bench_keeps_what_it_has_to_tell(place):
    with place.service():
        admin = Principal(place.team.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
        with place.unit() as session:
            [bench] = benches.page(session).items
            benches.revoke(session, admin, bench.id)
        whole_job(place)
        assert not place.delivered()
        assert place.events() == []


def test_a_drive_that_was_received_by_hand_keeps_its_code_at_the_bench(place):
    with place.service(), Bench(place.config, place.journal, settle_s=0.1, backoff=SOON) as bench:
        serial = _serial_of(place.config.port("A1").path)
        with place.unit() as session:
            worker = Principal(place.team.organisation_id, SYSTEM, frozenset({Role.WORKSHOP}), "mo")
            new = NewArrival(DeviceKind.DRIVE, "Disk", "Rek 1", origin=Origin.FOUND, serial=serial)
            code = receive(session, worker, new).asset_code
        place.plug()
        now = bench.wait("A1", PortPhase.WAITING_SCAN, WITHIN_S)
        assert now.asset_code == code
        assert bench.scan("A1", code).accepted
        bench.wait("A1", PortPhase.DONE, WITHIN_S)
        until(place.delivered, "delivery")
        assert place.device() == (code, State.WIPED)
        with place.unit() as session:
            assert not [task for task in tasks.open_tasks(session).items if task.kind.value == "possible_duplicate"]


def _serial_of(path: Path) -> str:
    """A virtual port's serial: V and ten hex digits of the SHA-256 of the backing file's real path."""
    return "V" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]


@pytest.mark.parametrize(("scanned", "state"), [(True, State.WIPED), (False, State.RECEIVED)])
def test_a_wipe_from_the_command_line_counts_when_its_label_was_scanned_and_is_kept_as_a_fact_otherwise(place, scanned, state):
    path = place.plug()

    def ask(code, drawn):
        assert drawn.exists()
        return NewScan("A1", code, operator="mo") if scanned else None

    with place.service():
        done = direct.wipe(
            place.config,
            place.journal,
            path,
            confirm=_serial_of(path),
            method=None,
            watch=lambda *_: None,
            stop=threading.Event(),
            ask_scan=ask,
        )
        assert done.end.verdict is Verdict.ERASED
        assert place.device() == (done.asset_code, state)
        refused = [kind for _, kind, outcome in place.events() if outcome == "refused"]
        assert bool(refused) is not scanned


def test_another_label_at_the_command_line_touches_nothing(place):
    path = place.plug()
    before = path.read_bytes()
    with place.service(), pytest.raises(WrongLabel):
        direct.wipe(
            place.config,
            place.journal,
            path,
            confirm=_serial_of(path),
            method=None,
            watch=lambda *_: None,
            stop=threading.Event(),
            ask_scan=lambda _code, _drawn: NewScan("A1", "VC2R1YD6", operator="mo"),
        )
    assert path.read_bytes() == before
