"""The application as a whole: what it promises in its description, and that nothing is answered before it is committed."""

import re
from typing import Annotated, Any

import pytest
from fastapi import Depends
from fastapi.testclient import TestClient
from sqlalchemy import text

from fleet.app import create_app
from fleet.db import session as db_session
from fleet.db.session import SessionDep, unit_of_work

pytestmark = pytest.mark.db


@pytest.fixture
def client(settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def described():
    return create_app().openapi()


PASSKEY_DOOR = "/api/v1/session/passkey/options"
"""Open to everybody, and gives a random challenge."""


def operations(described: dict[str, Any]):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_says_what_it_does_and_how_it_can_end(described):
    for name, operation in operations(described):
        assert operation.get("description"), name
        codes = set(operation["responses"])
        assert codes & {"200", "201", "204"}, name
        assert "401" in codes or name == f"POST {PASSKEY_DOOR}", name


def test_problems_are_described_as_problems(described):
    for name, operation in operations(described):
        for status, response in operation["responses"].items():
            if status.startswith("4"):
                kinds = set(response.get("content", {}))
                assert "application/problem+json" in kinds, (name, status, kinds)


def test_every_body_has_an_example(described):
    schemas = described["components"]["schemas"]
    for name, operation in operations(described):
        body = operation.get("requestBody")
        if body is None:
            continue
        reference = body["content"]["application/json"]["schema"].get("$ref")
        schema = schemas[reference.rsplit("/", 1)[1]] if reference else body["content"]["application/json"]["schema"]
        fields = schema.get("properties", {}).values()
        assert schema.get("examples") or any(field.get("examples") for field in fields), name


def test_a_commit_that_fails_is_not_answered_with_200(settings):
    app = create_app(settings)

    @app.post("/api/v1/doomed")
    def doomed(session: SessionDep) -> dict[str, bool]:
        session.execute(text("CREATE TEMP TABLE d (x int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"))
        session.execute(text("INSERT INTO d VALUES (1), (1)"))
        return {"stored": True}

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/api/v1/doomed", headers={"Origin": "http://testserver"})
    assert answer.status_code == 500
    assert "stored" not in answer.text


def test_with_fastapis_default_scope_the_same_failure_would_be_answered_with_200(settings):
    """The negative control of the one above: without `scope="function"` the answer is out before the commit."""
    app = create_app(settings)
    late = Annotated[db_session.Session, Depends(db_session.get_session)]

    @app.post("/api/v1/doomed")
    def doomed(session: late) -> dict[str, bool]:
        session.execute(text("CREATE TEMP TABLE d (x int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"))
        session.execute(text("INSERT INTO d VALUES (1), (1)"))
        return {"stored": True}

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/api/v1/doomed", headers={"Origin": "http://testserver"})
    assert answer.status_code == 200


def test_a_session_that_is_used_after_its_end_raises(database):
    with unit_of_work(database.engine()) as session:
        pass
    with pytest.raises(Exception, match="closed"):
        session.execute(text("SELECT 1"))


def test_a_stranger_gets_nothing_from_any_route(client, described):
    """Walks every operation of the description without a session and without a signature."""
    for name, operation in operations(described):
        method, path = name.split(" ")
        address = re.sub(r"\{[^}]+\}", "00000000-0000-0000-0000-000000000000", path)
        body = {"json": {}} if "requestBody" in operation else {}
        answer = client.request(method, address, headers={"Origin": "http://testserver"}, **body)
        allowed = {401, 422} if path in {"/api/v1/session", "/api/v1/bench/enrol"} else {401}
        if path.startswith("/api/v1/session/passkey"):
            allowed = {409}  # no passkeys at this address; where there are, their own tests knock at this door
        assert answer.status_code in allowed, (name, answer.status_code, answer.text[:200])


def test_an_unknown_address_of_the_api_is_a_problem(client):
    answer = client.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_health_and_readiness(client):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").text == "ready\n"
