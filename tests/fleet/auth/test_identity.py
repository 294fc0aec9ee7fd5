from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from agents.report.signing import BenchSignature
from fleet.accounts import benches
from fleet.accounts import service as accounts
from fleet.accounts.api import router
from fleet.auth.gates import is_below
from fleet.auth.identity import FOR_ONESELF
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.config import Settings
from tests.fleet.auth.small_app import PASSWORD, as_bench, as_staff, make_app
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings: Settings, workshop: Workshop) -> FastAPI:
    return make_app(settings, workshop.database, [router])


def admin(workshop: Workshop) -> Principal:
    return Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")


@pytest.fixture
def els(workshop: Workshop) -> str:
    with workshop.unit() as session:
        accounts.create(session, admin(workshop), "els", "Els", PASSWORD, frozenset({Role.WORKSHOP}))
    return "els"


def test_an_enrolled_bench_acts_for_its_organisation(app: FastAPI, workshop: Workshop, stranger: Workshop) -> None:
    answer = as_bench(app, workshop.bench_key).post("/api/echo/bench/caf%C3%A9%2Fx?a=%20b", json={"x": 1})
    assert answer.json() == {"bench": str(workshop.bench.id), "rest": "café/x", "sees": 1}
    assert as_bench(app, stranger.bench_key).get("/api/echo/bench/").json()["bench"] == str(stranger.bench.id)


def test_the_host_header_says_nothing(app: FastAPI, workshop: Workshop) -> None:
    answer = as_bench(app, workshop.bench_key).get("/api/echo/bench/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 200


def test_an_unknown_key(app: FastAPI) -> None:
    answer = as_bench(app, Ed25519PrivateKey.generate()).get("/api/echo/bench/")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bench-unknown")


def test_a_revoked_bench(app: FastAPI, workshop: Workshop) -> None:
    with workshop.unit() as session:
        benches.revoke(session, admin(workshop), workshop.bench.id)
    answer = as_bench(app, workshop.bench_key).get("/api/echo/bench/")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/bench-revoked")


def test_a_clock_off_by_an_hour(app: FastAPI, workshop: Workshop) -> None:
    client = TestClient(app, base_url="http://testserver")
    client.auth = BenchSignature(workshop.bench_key, lambda: datetime.now(UTC) - timedelta(hours=1))
    problem = client.get("/api/echo/bench/").json()
    assert problem["type"] == "/problems/clock-skew"
    assert abs(problem["skew_s"] + 3600) < 5
    assert abs((datetime.fromisoformat(problem["service_time"]) - datetime.now(UTC)).total_seconds()) < 10


def test_an_unsigned_request(app: FastAPI) -> None:
    answer = TestClient(app, base_url="http://testserver").get("/api/echo/bench/")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/signature-missing")


def test_a_body_that_was_swapped(app: FastAPI, workshop: Workshop) -> None:
    client = as_bench(app, workshop.bench_key)
    request = client.build_request("POST", "/api/echo/bench/", content=b'{"x":1}', headers={"content-type": "application/json"})
    signed = next(BenchSignature(workshop.bench_key, lambda: datetime.now(UTC)).auth_flow(request))
    forged = client.build_request("POST", "/api/echo/bench/", content=b'{"x":2}', headers=signed.headers)
    client.auth = None
    answer = client.send(forged, auth=None)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/signature-invalid")


def test_when_a_bench_was_last_seen(app: FastAPI, workshop: Workshop) -> None:
    as_bench(app, workshop.bench_key).get("/api/echo/bench/")
    with workshop.unit() as session:
        seen = benches.get_bench(session, workshop.bench.id).last_seen_at
    assert seen is not None
    as_bench(app, workshop.bench_key).get("/api/echo/bench/")
    with workshop.unit() as session:
        assert benches.get_bench(session, workshop.bench.id).last_seen_at == seen


def test_staff_see_their_own_organisation_only(app: FastAPI, els: str, stranger: Workshop) -> None:
    told = as_staff(app, els).get("/api/echo/staff").json()
    assert told["name"] == "Els"
    assert "els" in told["sees"]
    with stranger.unit() as session:
        others = session.execute(text("SELECT login FROM account")).scalars().all()
    assert others
    assert not set(others) & set(told["sees"])


def test_a_handler_that_forgets_the_caller_sees_nothing(app: FastAPI, els: str) -> None:
    assert as_staff(app, els).get("/api/echo/forgetful").json() == 0


def test_one_session_for_one_request(app: FastAPI, els: str) -> None:
    client = as_staff(app, els)
    assert client.get("/api/echo/anybody").json() == {"name": "Els", "one_session": True}
    assert TestClient(app).get("/api/echo/anybody").json() == {"name": None, "one_session": True}


def test_a_stranger_must_sign_in(app: FastAPI) -> None:
    client = TestClient(app, cookies={"heropstart": "made-up"})
    answer = client.get("/api/echo/staff")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")


def test_the_role_counts(app: FastAPI, els: str, workshop: Workshop) -> None:
    with workshop.unit() as session:
        accounts.create(session, admin(workshop), "ine", "Ine", PASSWORD, frozenset({Role.AUDITOR}))
        accounts.create(session, admin(workshop), "lou", "Lou", PASSWORD, frozenset({Role.LEAD}))
    assert as_staff(app, els).get("/api/echo/workshop").status_code == 200
    assert as_staff(app, "lou").get("/api/echo/workshop").status_code == 200
    answer = as_staff(app, "ine").get("/api/echo/workshop")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/role-missing")


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_change_needs_the_token_of_its_session(app: FastAPI, els: str, token: str | None) -> None:
    client = as_staff(app, els)
    assert client.post("/api/echo/staff", json={}).status_code == 200
    del client.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    answer = client.post("/api/echo/staff", json={}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/token-wrong")


def test_signed_out_is_signed_out(app: FastAPI, els: str) -> None:
    here, there, elsewhere = as_staff(app, els), as_staff(app, els), as_staff(app, els)
    kept = dict(here.cookies)
    assert here.delete("/api/v1/session").status_code == 204
    assert set(here.cookies) == {"heropstart-known"}, "the browser stays known, and nothing else of the sign-in"
    again = TestClient(app, cookies=kept)
    assert again.get("/api/echo/staff").status_code == 401
    assert there.delete("/api/v1/session?everywhere=true").status_code == 204
    assert elsewhere.get("/api/echo/staff").status_code == 401


def test_an_account_that_is_closed_is_out_at_once(app: FastAPI, els: str, workshop: Workshop) -> None:
    client = as_staff(app, els)
    with workshop.unit() as session:
        account = accounts.page(session, admin(workshop)).items
        me = next(row for row in account if row.login == els)
        accounts.set_active(session, admin(workshop), me.id, active=False)
    assert client.get("/api/echo/staff").status_code == 401


def test_a_closed_account_is_out_whatever_its_sessions_say(app: FastAPI, els: str, workshop: Workshop) -> None:
    client = as_staff(app, els)
    with workshop.unit() as session:
        session.execute(text("UPDATE account SET active = false WHERE login = 'els'"))
    assert client.get("/api/echo/staff").status_code == 401


def test_a_session_ends(app: FastAPI, els: str, workshop: Workshop) -> None:
    client = as_staff(app, els)
    with workshop.unit() as session:
        session.execute(text("UPDATE account_session SET expires_at = now()"))
    assert client.get("/api/echo/staff").status_code == 401


@pytest.mark.parametrize(
    ("path", "below"),
    [("/account", True), ("/account/badge", True), ("/accounts", False), ("/accounts/new", False), ("/api/v1/measures", False)],
)
def test_what_is_for_oneself_ends_at_a_slash(path, *, below):
    assert is_below(path, FOR_ONESELF) is below
