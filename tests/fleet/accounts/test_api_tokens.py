"""API tokens: on every route of the API, and nowhere else."""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import URL, text

from fleet.accounts import api_tokens
from fleet.accounts import service as accounts
from fleet.accounts.api_tokens import ApiTokenNotFound
from fleet.accounts.api_tokens_models import ApiToken
from fleet.accounts.passwords import hash_password
from fleet.accounts.tokens import token_hash
from fleet.app import create_app
from fleet.audit import service as audit
from fleet.audit.keys import service_key
from fleet.auth import described
from fleet.auth.pace import BURST
from fleet.auth.rules import Principal, Role, RoleMissing, Scope
from fleet.auth.scopes import AREAS, PREFIX
from fleet.config import Settings
from fleet.db.columns import utc_now
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from tests.fleet.accounts.people import admin_of, another_workshop, member
from tests.fleet.conftest import Workshop, fresh_settings
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
EVERYTHING = frozenset(Scope)
READ = frozenset({Scope.DEVICES_READ})
NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def app(postgres: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with fresh_settings(postgres, template, tmp_path_factory.mktemp("app")) as settings, running(settings) as app:
        yield app


@pytest.fixture
def settings(app: FastAPI) -> Settings:
    found: Settings = app.state.settings
    return found


@pytest.fixture
def workshop(app: FastAPI) -> Workshop:
    return another_workshop(app)


@pytest.fixture
def stranger(app: FastAPI) -> Workshop:
    return another_workshop(app)


@pytest.fixture
def ada(workshop: Workshop) -> Principal:
    return admin_of(workshop)


@pytest.fixture
def browser(app: FastAPI, ada: Principal) -> Browser:
    return browser_of(app, ada)


def account_of(principal: Principal) -> UUID:
    assert principal.actor.id is not None
    return principal.actor.id


def token_of(workshop: Workshop, maker: Principal, scopes: frozenset[Scope] = EVERYTHING, days: int = 90) -> str:
    with workshop.unit() as session:
        return api_tokens.create(session, maker, "stock list", scopes, days=days).token


def call(app: FastAPI, token: str, method: str = "GET", path: str = "/api/v1/devices", **more: Any) -> Response:
    client = TestClient(app, raise_server_exceptions=False)
    return client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)


def stored(workshop: Workshop, token: str) -> ApiToken:
    with workshop.unit() as session:
        row = session.execute(text("SELECT * FROM api_token WHERE token_hash = :hash"), {"hash": token_hash(token)}).one()
        return ApiToken(**row._mapping)


def newest_event(workshop: Workshop) -> dict[str, Any]:
    with workshop.unit() as session:
        body = session.execute(text("SELECT body FROM audit_event ORDER BY seq DESC LIMIT 1")).scalar_one()
    return dict(json.loads(body))


# --- what a token opens


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    schema = create_app().openapi()
    return [
        (method.upper(), path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def test_every_route_is_declared():
    """A new part of the API must be named in fleet/auth/scopes.py, or no token can use it."""
    for method, path, operation in operations():
        if operation["security"] in ([], [{"benchSignature": []}]):
            assert described.is_open(method.lower(), path) or path.startswith(described.SIGNED) or "/self/" in path, path
        else:
            assert path.removeprefix(PREFIX).split("/")[0] in AREAS, f"{method} {path}: declare it in fleet/auth/scopes.py"


def test_a_token_without_scopes_opens_no_route(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        session.execute(text("UPDATE api_token SET scopes = '{}'"))
    tried = 0
    for method, path, operation in operations():
        body = {"json": {}} if "requestBody" in operation else {}
        answer = call(app, token, method, re.sub(r"\{[^}]+\}", NOWHERE, path), **body)
        if operation["security"] == [{"benchSignature": []}]:
            assert answer.status_code == 401, (method, path, answer.text)
        elif described.is_open(method.lower(), path):
            assert answer.status_code in {401, 409, 422}, (method, path)
        else:
            assert answer.status_code == 403, (method, path, answer.text)
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
            scopes = next(way["apiToken"] for way in [*operation["security"], {"apiToken": []}] if "apiToken" in way)
            assert answer.json().get("scope", "") == " ".join(scopes), (method, path)
            tried += 1
    assert tried > 70


def test_a_refusal_names_the_scope(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    answer = call(app, token_of(workshop, ada, READ), "POST", "/api/v1/donors", json={"name": "Stad"})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="heropstart", error="insufficient_scope", scope="donations:write"'
    assert answer.json()["type"] == "/problems/scope-missing"
    assert answer.json()["scope"] == "donations:write"


def test_a_token_acts_without_a_form_token_and_stands_in_the_history(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada, frozenset({Scope.DONATIONS_WRITE, Scope.DONATIONS_READ}))
    made = call(app, token, "POST", "/api/v1/donors", json={"name": "Stad Voorbeeld"})
    assert made.status_code == 201, made.text
    actor = newest_event(workshop)["actor"]
    assert actor == {"kind": "token", "id": str(stored(workshop, token).id), "operator": str(ada.actor.id)}
    assert call(app, token, path="/api/v1/donors").json()["items"][0]["name"] == "Stad Voorbeeld"
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        reports = audit.verify_all(session, service_key(app.state.settings).public_key())
    assert all(report.intact for report in reports)


def test_who_is_told_about_the_caller(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    told = call(app, token_of(workshop, ada, READ), path="/api/v1/me").json()
    assert (told["account_id"], told["name"], told["roles"]) == (str(ada.actor.id), "stock list", ["admin", "workshop"])
    assert told["csrf_token"] is None


def test_never_more_than_its_maker_now(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    path = "/api/v1/wipe-policy"
    assert call(app, token, "PUT", path, json={"media": {}}).status_code in {200, 422}
    assert call(app, token, "POST", "/api/v1/codes").status_code == 201
    with workshop.unit() as session:
        member(session, workshop, "bea", Role.ADMIN)
        accounts.change(session, ada, account_of(ada), "Ada", frozenset({Role.LENDING}), "en")
    refused = call(app, token, "GET", "/api/v1/accounts")
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/role-missing")
    assert call(app, token, "POST", "/api/v1/codes").status_code == 201


def test_admin_scope_alone_takes_no_step(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada, frozenset({Scope.ADMIN}))
    assert call(app, token, "GET", "/api/v1/accounts").status_code == 200
    assert call(app, token, "POST", "/api/v1/codes").json()["scope"] == "devices:write"


# --- what it does not open


def test_it_makes_nobody_admin_and_opens_no_admins_account(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    with workshop.unit() as session:
        mo = account_of(member(session, workshop, "mo", Role.WORKSHOP))
    new = {"login": f"new{secrets.token_hex(4)}", "display_name": "New", "password": "vier woorden op rij", "roles": ["admin"]}
    refused = [
        call(app, token, "POST", "/api/v1/accounts", json=new),
        call(app, token, "PUT", f"/api/v1/accounts/{mo}", json={"display_name": "Mo", "roles": ["admin"]}),
        call(app, token, "PUT", f"/api/v1/accounts/{account_of(ada)}/password", json={"password": "een ander wachtwoord"}),
        call(app, token, "POST", f"/api/v1/accounts/{account_of(ada)}/reset-link"),
        call(app, token, "POST", "/api/v1/accounts/invitations", json={"login": ada.name, "roles": ["admin"]}),
    ]
    told = [(answer.request.url.path, answer.status_code, answer.json().get("type")) for answer in refused]
    assert [row[1:] for row in told] == [(403, "/problems/not-for-tokens")] * len(refused), told
    assert call(app, token, "POST", f"/api/v1/accounts/{mo}/reset-link").status_code == 201
    assert call(app, token, "POST", "/api/v1/accounts", json=new | {"roles": ["workshop"]}).status_code == 201


def test_never_on_pages(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    client = TestClient(app, headers={"Authorization": f"Bearer {token}"}, follow_redirects=False)
    for path in ("/devices", "/api-tokens", "/account/badge", "/"):
        answer = client.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in")
    assert client.post("/api-tokens", data={"name": "more", "scopes": "admin"}).status_code == 303


@pytest.mark.parametrize("given", ["", "hpt_", "hpt_" + "0" * 38, "x" * 42, "é", "hpt_" + "0" * 32 + "0wIxEK"])
def test_what_is_no_token(app: FastAPI, given: str) -> None:
    client = TestClient(app, raise_server_exceptions=False)
    answer = client.get("/api/v1/devices", headers={"Authorization": f"Bearer {given}".encode()})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="heropstart", error="invalid_token"'
    assert answer.json()["type"] == "/problems/token-refused"


def test_a_cookie_beside_a_bad_token_does_not_help(browser: Browser) -> None:
    assert browser.get("/api/v1/devices").status_code == 200
    assert browser.http.get("/api/v1/devices", headers={"Authorization": "bearer nonsense"}).status_code == 401
    assert browser.http.get("/api/v1/devices", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_another_organisation_sees_nothing(app: FastAPI, workshop: Workshop, stranger: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    benches = call(app, token, path="/api/v1/benches").json()["items"]
    assert [bench["key_id"] for bench in benches] == [workshop.bench.key_id]
    other, token_id = replace(stranger.lead, roles=frozenset({Role.ADMIN})), stored(workshop, token).id
    # the query itself asks for the organisation, too, whatever row-level security shows
    for place in (stranger, workshop):
        with place.unit() as session, pytest.raises(ApiTokenNotFound):
            api_tokens.revoke(session, other, token_id)


# --- how it ends


def test_revoked(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    with workshop.unit() as session:
        for _ in range(2):
            api_tokens.revoke(session, ada, stored(workshop, token).id)
    assert call(app, token).status_code == 401
    assert newest_event(workshop)["type"] == "token.revoked"


def test_too_old(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    with workshop.unit() as session:
        session.execute(text("UPDATE api_token SET expires_at = now()"))
    assert call(app, token).status_code == 401


def test_its_maker_is_kept_out_and_let_in_again(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    assert call(app, token).status_code == 200
    with workshop.unit() as session:
        bea = member(session, workshop, "bea", Role.ADMIN)
        accounts.set_active(session, bea, account_of(ada), active=False)
    assert call(app, token).status_code == 401
    with workshop.unit() as session:
        accounts.set_active(session, bea, account_of(ada), active=True)
    assert call(app, token).status_code == 401


def test_its_maker_leaves_at_the_database(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    """The look-up itself asks whether the maker still works there, whoever changed that."""
    token = token_of(workshop, ada)
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        session.execute(text("UPDATE membership SET active = false WHERE account_id = :id"), {"id": ada.actor.id})
    assert call(app, token).status_code == 401


def test_use_is_noted_once_a_minute(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    assert stored(workshop, token).last_used_at is None
    call(app, token)
    first = stored(workshop, token).last_used_at
    call(app, token)
    assert first is not None
    assert stored(workshop, token).last_used_at == first
    with workshop.unit() as session:
        session.execute(text("UPDATE api_token SET last_used_at = :then"), {"then": utc_now() - timedelta(seconds=61)})
    call(app, token)
    assert (stored(workshop, token).last_used_at or first) > first


def test_too_fast(app: FastAPI, workshop: Workshop, ada: Principal) -> None:
    token = token_of(workshop, ada)
    row = stored(workshop, token)
    for _ in range(BURST):
        api_tokens._pace.count(row.id)
    answers = [call(app, token, path="/api/v1/me") for _ in range(40)]
    slow = [answer for answer in answers if answer.status_code == 429]
    assert slow
    assert slow[0].headers["retry-after"] == "1"
    assert slow[0].json()["type"] == "/problems/too-many"
    assert call(app, token_of(workshop, ada), path="/api/v1/me").status_code == 200


# --- the page


def test_an_admin_makes_and_revokes_one(app: FastAPI, workshop: Workshop, browser: Browser) -> None:
    empty = browser.get("/api-tokens").text
    assert "No tokens yet" in empty
    page = browser.http.post(
        "/api-tokens",
        data={"csrf_token": browser.token, "name": "<b>Town</b>", "scopes": ["devices:read", "donations:read"], "days": "30"},
    )
    assert page.status_code == 200, page.text
    [token] = re.findall(r"hpt_[0-9A-Za-z]{38}", page.text)
    assert "&lt;b&gt;Town&lt;/b&gt;" in page.text
    assert call(app, token).status_code == 200
    row = stored(workshop, token)
    assert row.expires_at - row.created_at == timedelta(days=30)
    event = newest_event(workshop)
    assert event["type"] == "token.created"
    assert event["data"] == {"token": str(row.id), "scopes": ["devices:read", "donations:read"], "days": 30}
    listed = browser.get("/api-tokens").text
    assert token not in listed
    assert "Valid" in listed
    assert "revoked" in browser.post(f"/api-tokens/{row.id}/revoke").text
    assert call(app, token).status_code == 401


def test_a_sign_in_of_long_ago_makes_none_without_the_password(browser: Browser, workshop: Workshop, ada: Principal) -> None:
    def post(**more: str) -> Response:
        data = {"csrf_token": browser.token, "name": "Town", "scopes": ["devices:read"], "days": "30", **more}
        return browser.http.post("/api-tokens", data=data)

    with workshop.unit() as session:
        session.execute(text("UPDATE account_session SET created_at = created_at - interval '11 minutes'"))
        known = {"hash": hash_password("vijf rode lantaarns"), "id": account_of(ada)}
        session.execute(text("UPDATE account SET password_hash = :hash WHERE id = :id"), known)
    assert 'name="password"' in browser.get("/api-tokens").text
    refused, wrong = post(), post(password="een verkeerd wachtwoord")
    assert (refused.status_code, wrong.status_code) == (403, 422)
    assert 'value="Town"' in refused.text
    assert "hpt_" not in refused.text + wrong.text
    assert "No tokens yet" in browser.get("/api-tokens").text
    assert "hpt_" in post(password="vijf rode lantaarns").text


def test_a_refused_form_keeps_what_was_typed(browser: Browser) -> None:
    page = browser.post("/api-tokens", name="Town", days="400")
    assert page.status_code == 422
    assert 'value="Town"' in page.text
    page = browser.post("/api-tokens", name="Town", scopes="devices:read", days="400")
    assert page.status_code == 422
    assert "1 to 365 days" in page.text
    assert browser.post("/api-tokens", name="Town", scopes="everything", days="4").status_code == 422


def test_only_admins(app: FastAPI, workshop: Workshop) -> None:
    mo = browser_of(app, workshop.worker)
    assert mo.get("/api-tokens").status_code == 403
    assert mo.post("/api-tokens", name="x", scopes="devices:read").status_code == 403
    with workshop.unit() as session, pytest.raises(RoleMissing):
        api_tokens.create(session, workshop.lead, "x", READ)
