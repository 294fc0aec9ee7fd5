"""Every operation of the API, called with what its own description allows and with what it forbids (schemathesis makes both).

Whatever comes: no 500, and every answer has a status that the description names; an error is a problem (RFC 9457).
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from fleet.accounts import service as accounts
from fleet.accounts import signin
from fleet.app import create_app
from fleet.auth.rules import Role

pytestmark = pytest.mark.db
PASSWORD = "vier woorden op een rij"
ONCE_ONLY = {"POST /api/v1/session", "DELETE /api/v1/session", "POST /api/v1/bench/enrol"}
"""Signing in hashes a password each time, and signing out ends the session that the others need."""
SLOW = {"POST /api/v1/accounts", "PUT /api/v1/accounts/{account_id}/password"}
"""Each of these hashes a password too."""
BENCH = "/api/v1/bench/"
FEW = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # a failure is told as it was found: making it smaller would take minutes
)
described = schemathesis.openapi.from_dict(create_app().openapi())
OPERATIONS = {operation.ok().label: operation.ok() for operation in described.get_all_operations()}


@pytest.fixture(scope="module")
def labels():
    return sorted(set(OPERATIONS) - ONCE_ONLY - SLOW)


@pytest.fixture
def client(workshop, settings):
    """A signed-in admin who is lead and works at the desk, on the real application."""
    admin = replace(workshop.lead, roles=frozenset({Role.ADMIN}))
    with workshop.unit() as session:
        accounts.create(session, admin, "boss", "Boss", PASSWORD, frozenset({Role.ADMIN, Role.LEAD, Role.LENDING}))
    opened = signin.sign_in(workshop.database.engine(), "boss", PASSWORD, "127.0.0.1", timedelta(hours=1))
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        client.cookies.set("heropstart", opened.token)
        client.headers.update({"X-CSRF-Token": opened.csrf_token, "Origin": "http://testserver"})
        yield client


def call(client, case):
    if isinstance(case.body, NotSet):
        body = {}
    elif isinstance(case.body, bytes):
        body = {"content": case.body, "headers": {"Content-Type": "application/json"}}
    else:
        body = {"json": case.body}
    return client.request(case.method, case.formatted_path, params=case.query or {}, **body)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_input_breaks_the_service(client, labels, mode):
    for label in labels:
        operation = OPERATIONS[label]
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
            continue

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def every_case(case):
            answer = call(client, case)
            named = set(case.operation.definition.raw["responses"])
            assert answer.status_code < 500, (case.operation.label, case.body, answer.text[:300])
            assert str(answer.status_code) in named | {"404", "405"}, (
                case.operation.label,
                answer.status_code,
                answer.text[:300],
            )
            if answer.is_error:
                assert answer.headers["content-type"] == "application/problem+json"

        with suppress(Unsatisfiable):  # there is no wrong input to some operations
            every_case()
