"""Passkeys through the API as the browser's script uses it, with an authenticator in memory."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import URL, text
from webauthn.helpers import bytes_to_base64url

from fleet.accounts.known_devices import PLAIN_COOKIE, key_of, recognised
from fleet.accounts.models import Account
from fleet.accounts.passkeys import offer_once
from fleet.accounts.passkeys_rules import relying_party
from fleet.accounts.ways import ways_of
from fleet.app import create_app
from fleet.auth.rules import Principal, Role
from fleet.db.columns import utc_now
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from tests.fleet.accounts.people import member
from tests.fleet.authenticator import PRESENT, Authenticator
from tests.fleet.conftest import Workshop, fresh_settings, make_workshop
from tests.fleet.page_client import Browser, browser_of

pytestmark = pytest.mark.db
ORIGIN = "http://localhost:8000"
PASSWORD_X = """UPDATE account SET password_hash =
    '$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcyEhIQ$piDndn84GHFLrT8yruFSrMEEf9oko2yhqWDD6WqxSdQ' WHERE id = :id"""
"""The password x: argon2id at the lowest cost, so that no test waits for it."""


@dataclass(frozen=True)
class World:
    """One service for the whole module, at an address where browsers allow passkeys; each test brings people of its own."""

    app: FastAPI
    workshop: Workshop


@pytest.fixture(scope="module")
def world(postgres: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with fresh_settings(postgres, template, tmp_path_factory.mktemp("passkeys")) as settings:
        app = create_app(settings.model_copy(update={"public_url": ORIGIN}))
        with Database(settings) as database, TestClient(app):
            yield World(app, make_workshop(database, "Noord"))


@pytest.fixture
def workshop(world: World) -> Workshop:
    return world.workshop


@pytest.fixture
def app(world: World) -> FastAPI:
    return world.app


@pytest.fixture
def lead(workshop: Workshop) -> Principal:
    """A lead whom no other test knows."""
    with workshop.unit() as session:
        return member(session, workshop, f"lead-{uuid4().hex[:8]}", Role.LEAD)


@pytest.fixture
def lies(app: FastAPI, lead: Principal) -> Browser:
    return at(app, lead)


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator(ORIGIN, "localhost")


def at(app: FastAPI, principal: Principal | None) -> Browser:
    browser = browser_of(app, principal) if principal else Browser(app, None)
    browser.http.base_url = ORIGIN
    browser.http.headers["X-CSRF-Token"] = browser.token
    return browser


def options(browser: Browser, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = browser.http.post(f"/api/v1/{path}/options", json=body or {})
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = answer.json()["publicKey"]
    return asked


def register(browser: Browser, phone: Authenticator, name: str = "My phone") -> Any:
    credential = phone.create(options(browser, "me/passkeys"))
    return browser.http.post("/api/v1/me/passkeys", json={"name": name, "credential": credential})


def enter(browser: Browser, phone: Authenticator) -> Any:
    return give(browser, phone.get(options(browser, "session/passkey")))


def give(browser: Browser, credential: dict[str, Any]) -> Any:
    return browser.http.post("/api/v1/session/passkey", json={"credential": credential})


def events(workshop: Workshop, kind: str, about: Principal) -> list[dict[str, Any]]:
    with workshop.database.engine(DatabaseRole.MAINTENANCE).connect() as connection:
        query = text("SELECT body FROM audit_event WHERE type = :kind ORDER BY seq")
        told = [json.loads(row.body)["data"] for row in connection.execute(query, {"kind": kind})]
    return [data for data in told if data["account"] == str(about.actor.id)]


def change(workshop: Workshop, statement: str, about: Principal) -> None:
    """What a clock or an admin would do, for one account."""
    with workshop.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text(statement), {"id": about.actor.id})


OLD_SIGN_IN = "UPDATE account_session SET created_at = created_at - interval '10 minutes' WHERE account_id = :id"


def test_a_passkey_is_made_and_opens_a_session_without_a_login(
    app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator, lead: Principal
) -> None:
    asked = options(lies, "me/passkeys")
    assert asked["rp"] == {"name": "Heropstart", "id": "localhost"}
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    added = register(lies, phone)
    assert added.status_code == 201, added.text
    stranger = at(app, None)
    opened = enter(stranger, phone)
    assert opened.status_code == 201, opened.text
    me = stranger.http.get("/api/v1/me").json()
    assert me["account_id"] == str(lead.actor.id)
    assert [event["passkey"] for event in events(workshop, "passkey.added", lead)] == [added.json()["id"]]
    [told] = events(workshop, "account.signed_in", lead)
    assert (told["account"], told["means"]) == (me["account_id"], "passkey")
    [listed] = lies.http.get("/api/v1/me/passkeys").json()
    assert (listed["name"], listed["last_used_at"] is not None) == ("My phone", True)


def test_the_same_passkey_is_not_made_twice(lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    assert [one["id"] for one in options(lies, "me/passkeys")["excludeCredentials"]] == [bytes_to_base64url(phone.credential_id)]
    again = register(lies, phone)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/passkey-known")


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://herstart.example"},
        {"origin": "http://localhost:8001"},
        {"rp_id": "herstart.example"},
        {"flags": PRESENT},
        {"flags": 0},
    ],
    ids=str,
)
def test_another_origin_and_an_unverified_person_are_refused(
    app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator, wrong: dict[str, Any], lead: Principal
) -> None:
    refused = register(lies, replace(phone, **wrong))
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/passkey-refused")
    register(lies, phone)
    refused = enter(at(app, None), replace(phone, **wrong))
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/passkey-refused")
    assert "set-cookie" not in refused.headers or "heropstart=" not in refused.headers["set-cookie"]
    assert events(workshop, "account.signed_in", lead) == []


def test_an_answer_opens_one_session_only(app: FastAPI, lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    browser = at(app, None)
    credential = phone.get(options(browser, "session/passkey"))
    cookie = dict(browser.http.cookies)
    assert give(browser, credential).status_code == 201
    browser.http.cookies.update(cookie)
    again = give(browser, credential)
    assert (again.status_code, again.json()["type"]) == (401, "/problems/ceremony-over")


def test_an_answer_belongs_to_the_browser_that_asked(app: FastAPI, lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    asker, other = at(app, None), at(app, None)
    credential = phone.get(options(asker, "session/passkey"))
    assert give(other, credential).json()["type"] == "/problems/ceremony-over"
    options(other, "session/passkey")
    assert give(other, credential).json()["type"] == "/problems/passkey-refused"


def test_a_failed_answer_uses_the_challenge_up(app: FastAPI, lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    browser = at(app, None)
    asked = options(browser, "session/passkey")
    assert give(browser, replace(phone, origin="https://x.example").get(asked)).json()["type"] == "/problems/passkey-refused"
    assert give(browser, phone.get(asked)).json()["type"] == "/problems/ceremony-over"


def test_a_challenge_is_valid_for_five_minutes(app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    browser = at(app, None)
    asked = options(browser, "session/passkey")
    with workshop.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE sign_in_ceremony SET expires_at = expires_at - interval '5 minutes'"))
    assert give(browser, phone.get(asked)).json()["type"] == "/problems/ceremony-over"


def test_a_challenge_for_making_does_not_open(lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    credential = phone.get(options(lies, "me/passkeys"))
    lies.http.cookies.set("heropstart-passkey-sign-in", lies.http.cookies["heropstart-passkey-add"])
    assert give(lies, credential).json()["type"] == "/problems/ceremony-over"


def test_a_passkey_does_not_open_another_account(app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    assert workshop.worker.actor.id is not None
    pretending = replace(phone, user_handle=workshop.worker.actor.id.bytes, count=7)
    assert enter(at(app, None), pretending).json()["type"] == "/problems/passkey-refused"
    unknown = replace(phone, credential_id=b"somebody else's")
    assert enter(at(app, None), unknown).json()["type"] == "/problems/passkey-refused"
    forged = Authenticator(ORIGIN, "localhost", credential_id=phone.credential_id, user_handle=phone.user_handle, count=9)
    assert enter(at(app, None), forged).json()["type"] == "/problems/passkey-refused"
    assert enter(at(app, None), phone).status_code == 201


def test_a_half_made_passkey_is_no_other_persons(app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator) -> None:
    credential = phone.create(options(lies, "me/passkeys"))
    mo = at(app, workshop.worker)
    mo.http.cookies.update({name: value for name, value in lies.http.cookies.items() if name != "heropstart"})
    taken = mo.http.post("/api/v1/me/passkeys", json={"name": "x", "credential": credential})
    assert (taken.status_code, taken.json()["type"]) == (401, "/problems/ceremony-over")
    assert mo.http.get("/api/v1/me/passkeys").json() == []


def test_a_copied_passkey_is_blocked_and_told(
    app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator, lead: Principal
) -> None:
    passkey = register(lies, phone).json()["id"]
    copy = replace(phone)
    assert enter(at(app, None), phone).status_code == 201
    assert enter(at(app, None), phone).status_code == 201
    caught = enter(at(app, None), copy)
    assert (caught.status_code, caught.json()["type"]) == (401, "/problems/passkey-copied")
    [told] = events(workshop, "passkey.blocked", lead)
    assert (told["passkey"], told["counter"], told["counter_before"]) == (passkey, 1, 2)
    assert enter(at(app, None), phone).status_code == 401
    assert lies.http.get("/api/v1/me/passkeys").json()[0]["blocked_at"] is not None


def test_a_passkey_that_does_not_count_is_fine(app: FastAPI, lies: Browser, phone: Authenticator) -> None:
    register(lies, phone)
    for _ in range(2):
        phone.count = -1
        assert enter(at(app, None), phone).status_code == 201


def test_a_closed_account_stays_closed(
    app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator, lead: Principal
) -> None:
    register(lies, phone)
    change(workshop, "UPDATE account SET active = false WHERE id = :id", lead)
    assert enter(at(app, None), phone).json()["type"] == "/problems/passkey-refused"


def test_names_and_removal(app: FastAPI, workshop: Workshop, lies: Browser, phone: Authenticator, lead: Principal) -> None:
    passkey = register(lies, phone).json()["id"]
    path = f"/api/v1/me/passkeys/{passkey}"
    assert lies.http.put(path, json={"name": " Old  phone "}).json()["name"] == "Old phone"
    mo = at(app, workshop.worker)
    assert mo.http.put(path, json={"name": "mine"}).status_code == 404
    assert mo.http.delete(path).status_code == 404
    assert lies.http.delete(path).status_code == 204
    assert enter(at(app, None), phone).status_code == 401
    assert [event["passkey"] for event in events(workshop, "passkey.removed", lead)] == [passkey]


def test_an_old_sign_in_is_proven_anew(workshop: Workshop, lies: Browser, phone: Authenticator, lead: Principal) -> None:
    passkey = register(lies, phone).json()["id"]
    change(workshop, PASSWORD_X, lead)
    change(workshop, OLD_SIGN_IN, lead)
    needed = lies.http.post("/api/v1/me/passkeys/options", json={})
    assert (needed.status_code, needed.json()["type"]) == (403, "/problems/password-needed")
    assert lies.http.delete(f"/api/v1/me/passkeys/{passkey}").json()["type"] == "/problems/password-needed"
    wrong = lies.http.post("/api/v1/me/passkeys/options", json={"password": "y"})
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/password-wrong")
    assert options(lies, "me/passkeys", {"password": "x"})


def test_guessing_the_password_anew_is_slow(workshop: Workshop, lies: Browser, lead: Principal) -> None:
    change(workshop, OLD_SIGN_IN, lead)
    change(workshop, PASSWORD_X, lead)
    told = [lies.http.post("/api/v1/me/passkeys/options", json={"password": "y"}).status_code for _ in range(6)]
    assert told == [422] * 5 + [429]


def test_a_badge_is_no_proof(workshop: Workshop, lies: Browser, lead: Principal) -> None:
    change(workshop, "UPDATE account_session SET means = 'badge' WHERE account_id = :id", lead)
    needed = lies.http.post("/api/v1/me/passkeys/options", json={})
    assert (needed.status_code, needed.json()["type"]) == (403, "/problems/password-needed")


def mutated(credential: dict[str, Any], part: str, cut: int) -> dict[str, Any]:
    changed = deepcopy(credential)
    value = changed["response"][part]
    changed["response"][part] = value[:cut] + ("A" if value[cut] != "A" else "B") + value[cut + 1 :]
    return changed


def test_a_damaged_answer_is_refused_in_words(lies: Browser, phone: Authenticator) -> None:
    for cut in range(0, 200, 13):
        credential = phone.create(options(lies, "me/passkeys"))
        sent = mutated(credential, "attestationObject", min(cut, len(credential["response"]["attestationObject"]) - 1))
        answer = lies.http.post("/api/v1/me/passkeys", json={"name": "x", "credential": sent})
        assert answer.status_code in {201, 401, 409}, (cut, answer.text)
    short = deepcopy(phone.create(options(lies, "me/passkeys")))
    short["response"]["attestationObject"] = "A"
    assert lies.http.post("/api/v1/me/passkeys", json={"name": "x", "credential": short}).status_code == 401


def test_a_browser_that_a_passkey_opened_knows_the_login(
    app: FastAPI, lies: Browser, phone: Authenticator, workshop: Workshop, lead: Principal
) -> None:
    register(lies, phone)
    anew = at(app, None)
    assert enter(anew, phone).status_code == 201
    with workshop.unit() as session:
        login = session.get_one(Account, lead.actor.id).login
    key, today = key_of(app.state.settings), int(utc_now().timestamp()) // 86_400
    assert recognised(key, anew.http.cookies.get(PLAIN_COOKIE, ""), login, today) is not None
    assert recognised(key, anew.http.cookies.get(PLAIN_COOKIE, ""), "somebody-else", today) is None


def test_who_only_begins_leaves_nothing_behind(app: FastAPI, workshop: Workshop) -> None:
    too_old, count = "UPDATE sign_in_ceremony SET expires_at = now()", "SELECT count(*) FROM sign_in_ceremony"
    options(at(app, None), "session/passkey")
    with workshop.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text(too_old))
    options(at(app, None), "session/passkey")
    with workshop.database.engine(DatabaseRole.MAINTENANCE).connect() as connection:
        assert connection.execute(text(count)).scalar_one() == 1


def test_where_browsers_allow_none_they_are_not_offered(app: FastAPI, lies: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = app.state.settings.model_copy(update={"public_url": "http://127.0.0.1:8000"})
    monkeypatch.setattr(app.state, "settings", plain)
    monkeypatch.setattr(app.state, "ways", ways_of(plain))
    refused = lies.http.post("/api/v1/session/passkey/options")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/passkeys-unavailable")
    assert "Passkeys do not work at this address" in lies.get("/account/passkeys").text
    assert 'data-passkey="sign-in"' not in Browser(app, None).get("/sign-in").text


def test_admins_and_leads_are_asked_once(workshop: Workshop, lead: Principal) -> None:
    party = relying_party(ORIGIN)
    with workshop.unit() as session:
        assert not offer_once(session, workshop.worker, party)
        assert not offer_once(session, lead, None)
        assert offer_once(session, lead, party)
        assert not offer_once(session, lead, party)
