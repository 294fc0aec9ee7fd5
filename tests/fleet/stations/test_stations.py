"""What ports show: signed by their bench, seen by their organisation, told when it is old; and who may be a bench."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.testclient import TestClient

from agents.bench.phases import PortPhase as AgentPhase
from agents.report.signing import BenchSignature
from fleet.auth.rules import Actor, ActorKind, Principal, Role
from fleet.contract.ports import PORTS_PATH, SILENT_AFTER_S, PortPhase, PortShown, PortsShown
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.stations import repository, service
from fleet.stations.rules import PHASES, minutes_left, silent
from tests.fleet.conftest import make_account
from tests.fleet.page_client import browser_of, running

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WIPING = PortShown(name="A1", phase=PortPhase.WIPING, asset_code="8YZABCDE", model="SN720", percent=41.2, seconds_left=1500)


def test_every_phase_of_the_agent_has_its_words() -> None:
    assert {phase.value for phase in AgentPhase} == {phase.value for phase in PortPhase} == {str(phase) for phase in PHASES}


@pytest.mark.parametrize(("seconds", "expected"), [(None, None), (0, 1), (20, 1), (95, 2), (3600, 60)])
def test_minutes_left(seconds: int | None, expected: int | None) -> None:
    assert minutes_left(seconds) == expected


def test_a_bench_is_silent_after_five_minutes() -> None:
    assert silent(None, NOW)
    assert not silent(NOW - timedelta(seconds=SILENT_AFTER_S), NOW)
    assert silent(NOW - timedelta(seconds=SILENT_AFTER_S + 1), NOW)


@pytest.mark.db
def test_a_bench_shows_its_ports_and_nobody_elses(settings, workshop, stranger) -> None:
    with running(settings) as app:
        signature = BenchSignature(workshop.bench_key, lambda: datetime.now(UTC))
        client = TestClient(app, raise_server_exceptions=False)

        def put(body: str, auth: httpx.Auth | None) -> int:
            return client.put(PORTS_PATH, content=body, headers={"content-type": "application/json"}, auth=auth).status_code

        body = PortsShown(ports=(WIPING,)).model_dump_json()
        assert put(body, None) == 401
        assert put('{"ports": [{"name": "A1", "phase": "exploding"}]}', signature) == 422
        assert put(body, signature) == 204
        assert put(PortsShown(ports=(WIPING, PortShown(name="A2", phase=PortPhase.EMPTY))).model_dump_json(), signature) == 204
        page = browser_of(app, workshop.worker).get("/benches").text
        assert "Being wiped" in page
        assert "25 minutes left" in page
        assert "8YZA-BCDE" in page
        assert page.count("Nothing in it") == 1
        assert "Make a code" not in page
        assert "Being wiped" not in browser_of(app, stranger.worker).get("/benches").text
        with stranger.unit() as session:
            assert repository.latest(session, workshop.organisation_id) == {}
        with workshop.unit() as session:
            assert len(repository.latest(session, workshop.organisation_id)) == 1


@pytest.mark.db
def test_a_bench_that_fell_silent_is_told(settings, workshop) -> None:
    bench = Principal(workshop.organisation_id, Actor(ActorKind.BENCH, workshop.bench.id), frozenset({Role.BENCH}), "bench")
    with workshop.unit() as session:
        service.tell(session, bench, PortsShown(ports=(WIPING,)))
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        [row] = repository.latest(session, workshop.organisation_id).values()
        row.heard_at -= timedelta(minutes=7)
        session.add(row)
    with running(settings) as app:
        assert "Not heard for 7 minutes" in browser_of(app, workshop.worker).get("/benches").text


@pytest.mark.db
def test_admins_enrol_and_revoke_benches(settings, workshop) -> None:
    with workshop.unit() as session:
        account = make_account(session, workshop.organisation_id, "els.noord", Role.ADMIN)
    admin = Principal(workshop.organisation_id, Actor(ActorKind.ACCOUNT, account), frozenset({Role.ADMIN}), "Els")
    with running(settings) as app:
        mo, lies = browser_of(app, workshop.worker), browser_of(app, admin)
        assert mo.post("/benches/codes", site_id=workshop.site_id).status_code == 403
        assert mo.get(f"/benches/{workshop.bench.id}/revoke").status_code == 403
        assert mo.post(f"/benches/{workshop.bench.id}/revoke").status_code == 403
        made = lies.post("/benches/codes", site_id=workshop.site_id)
        assert "bench-agent enrol --server http://testserver --code " in made.text
        assert made.headers["cache-control"] == "no-store"
        assert "Bank 1" in lies.get(f"/benches/{workshop.bench.id}/revoke").text
        assert "revoked" in lies.post(f"/benches/{workshop.bench.id}/revoke").text
        assert "Revoked benches" in lies.get("/benches").text
