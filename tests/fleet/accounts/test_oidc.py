"""The whole way to a certified provider and back, and what is refused on it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import URL, text

from fleet.accounts import repository
from fleet.accounts.oidc_client import ProviderClient
from fleet.accounts.oidc_settings import load
from fleet.app import create_app
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from tests.fleet.accounts.people import member
from tests.fleet.conftest import Workshop, fresh_settings, make_workshop
from tests.fleet.page_client import Browser, browser_of
from tests.sim.oidc_process import SECRET, provider, sign_in_there

pytestmark = [pytest.mark.db, pytest.mark.process]
HERE = "http://testserver"
PEOPLE = {
    "els": {"name": "Els", "vo_orgcode": "OVO1", "vo_doelgroepcode": "LB"},
    "jan": {"name": "Jan", "vo_orgcode": ["OVO1", "OVO2"], "vo_doelgroepcode": ["LB", "BOSS"]},
    "kim": {"name": "Kim", "vo_orgcode": "OVO3", "vo_doelgroepcode": "BOSS"},
    "lies": {"name": "Lies elsewhere"},
    "mo": {"name": "Mo elsewhere"},
    "ann": {"name": "Ann", "vo_orgcode": "OVO1", "vo_doelgroepcode": "LB"},
    "bea": {"name": "Bea", "vo_orgcode": "OVO1", "vo_doelgroepcode": "LB"},
    "lot": {"name": "Lot", "vo_orgcode": "OVO2", "vo_doelgroepcode": "LB"},
}
FILE = """
[providers.idp]
name = "The city"
issuer = "{issuer}"
client_id = "heropstart"
client_secret_file = "idp.secret"
scopes = ["openid", "profile", "vo"]
unknown_people = "create"
[providers.idp.claims]
name = "name"
organisation = "vo_orgcode"
roles = "vo_doelgroepcode"
[providers.idp.organisations]
OVO1 = "Noord"
OVO2 = "Vreemd"
OVO4 = "Nowhere"
[providers.idp.roles]
LB = ["lending"]
BOSS = ["admin", "lead"]

[providers.known]
name = "Only who is known"
issuer = "{issuer}"
client_id = "heropstart"
client_secret = "{secret}"
scopes = ["openid", "profile", "vo"]

[providers.down]
name = "The silent one"
issuer = "http://127.0.0.1:9"
client_id = "heropstart"
"""


@dataclass(frozen=True)
class World:
    """The service with its providers; two organisations, of which the file may give roles in both."""

    app: FastAPI
    noord: Workshop
    other: Workshop

    def sql(self, statement: str, **values: object) -> list[Any]:
        with self.noord.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def roles(self, account: UUID | str) -> dict[UUID, set[str]]:
        rows = self.sql("SELECT organisation_id, roles FROM membership WHERE active AND account_id = :id", id=account)
        return {row.organisation_id: set(row.roles) for row in rows}

    def events(self, kind: str, account: UUID | str) -> list[dict[str, Any]]:
        rows = self.sql("SELECT body FROM audit_event WHERE type = :kind ORDER BY at, seq", kind=kind)
        told = [json.loads(row.body)["data"] for row in rows]
        return [data for data in told if data["account"] == str(account)]

    def account(self, subject: str) -> UUID:
        [row] = self.sql("SELECT account_id FROM external_identity WHERE subject = :subject", subject=subject)
        found: UUID = row.account_id
        return found


@pytest.fixture(scope="module")
def world(postgres: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("oidc")
    backs = [f"{HERE}/sign-in/with/{key}/back" for key in ("idp", "known")]
    with (
        provider(backs, PEOPLE, [f"{HERE}/sign-in"]) as issuer,
        fresh_settings(postgres, template, folder) as settings,
    ):
        (folder / "providers.toml").write_text(FILE.format(issuer=issuer, secret=SECRET))
        (folder / "idp.secret").write_text(f"{SECRET}\n")
        app = create_app(settings.model_copy(update={"oidc_file": folder / "providers.toml"}))
        with Database(settings) as database, TestClient(app):
            yield World(app, make_workshop(database, "Noord"), make_workshop(database, "Vreemd"))


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world.app, None)


@pytest.fixture
def staff(world: World) -> Principal:
    """Somebody of the workshop whom no other test knows."""
    with world.noord.unit() as session:
        return member(session, world.noord, f"worker-{uuid4().hex[:8]}", Role.WORKSHOP)


def start(browser: Browser, key: str = "idp", onward: str = "/tasks") -> str:
    answer = browser.http.get(f"/sign-in/with/{key}", params={"next": onward}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    location: str = answer.headers["location"]
    return location


def come_back(browser: Browser, address: str, **changed: str) -> Response:
    """Open the address that the provider gave, as it is or with other parameters."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
    return browser.http.get(parts.path, params={name: value for name, value in query.items() if value}, follow_redirects=False)


def enter(browser: Browser, login: str, key: str = "idp", onward: str = "/tasks") -> Response:
    return come_back(browser, sign_in_there(start(browser, key, onward), login))


def me(browser: Browser) -> Any:
    return browser.http.get("/api/v1/me")


def test_somebody_new_gets_an_account_with_the_roles_of_the_mapping(world: World, browser: Browser) -> None:
    answer = enter(browser, "els")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks")
    told = me(browser).json()
    assert (told["name"], told["roles"], told["organisation_name"]) == ("Els", ["lending"], "Noord")
    account = told["account_id"]
    assert world.roles(account) == {world.noord.organisation_id: {"lending"}}
    [created] = world.events("account.created", account)
    assert created["provider"] == "idp"
    [signed_in] = world.events("account.signed_in", account)
    assert signed_in["means"] == "oidc"
    assert "Els" not in json.dumps([world.events(kind, account) for kind in ("account.created", "identity.linked")])
    [row] = world.sql("SELECT login, password_hash FROM account WHERE id = :id", id=account)
    assert row.login.startswith("p-")
    assert row.password_hash.startswith("$argon2id$")
    again = Browser(world.app, None)
    enter(again, "els")
    assert me(again).json()["account_id"] == account
    assert len(world.events("account.changed", account)) == 1, "the roles were told once, because they changed once"


def test_roles_are_applied_at_every_sign_in_and_taken_back(world: World, browser: Browser) -> None:
    enter(browser, "jan")
    account = world.account("jan")
    both = {"lending", "admin", "lead"}
    assert world.roles(account) == {world.noord.organisation_id: both, world.other.organisation_id: both}
    world.sql("UPDATE membership SET roles = '{auditor}' WHERE account_id = :id", id=account)
    enter(Browser(world.app, None), "jan")
    assert world.roles(account) == {world.noord.organisation_id: both, world.other.organisation_id: both}
    assert world.events("account.changed", account)[-1]["roles"] == sorted(both)


def test_what_the_provider_gave_before_it_takes_away(world: World, browser: Browser) -> None:
    enter(browser, "ann")
    account = world.account("ann")
    world.sql(
        "INSERT INTO membership (account_id, organisation_id, roles, active, created_at) "
        "VALUES (:id, :org, '{lead}', true, now())",
        id=account,
        org=world.other.organisation_id,
    )
    world.sql(
        "UPDATE external_identity SET granted = granted || :org WHERE account_id = :id",
        id=account,
        org=world.other.organisation_id,
    )
    enter(Browser(world.app, None), "ann")
    assert world.roles(account) == {world.noord.organisation_id: {"lending"}}
    taken = {"account": str(account), "roles": [], "roles_before": ["lead"], "provider": "idp"}
    assert taken in world.events("account.changed", account)


def test_no_role_in_an_organisation_that_has_left(world: World, browser: Browser) -> None:
    world.sql("UPDATE organisation SET left_at = now() WHERE id = :id", id=world.other.organisation_id)
    try:
        answer = enter(browser, "lot")
    finally:
        world.sql("UPDATE organisation SET left_at = NULL WHERE id = :id", id=world.other.organisation_id)
    assert answer.status_code == 403
    assert "The city gives you no role here" in answer.text
    assert world.sql("SELECT 1 FROM external_identity WHERE subject = 'lot'") == []


def test_an_admin_and_a_provider_change_roles_at_once(world: World, browser: Browser) -> None:
    enter(browser, "bea")
    account, noord = world.account("bea"), world.noord
    world.sql("UPDATE membership SET roles = '{auditor}' WHERE account_id = :id", id=account)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as other:
        with noord.unit() as session:
            assert repository.membership(session, account, noord.organisation_id) is not None  # as an admin's change begins
            later = other.submit(enter, Browser(world.app, None), "bea")
            admin = noord.database.engine(DatabaseRole.ADMIN)  # others may not see who waits
            with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
                while not watcher.scalar(text(waiting)) and not later.done():
                    time.sleep(0.01)
            audit.record(
                session,
                organisation_id=noord.organisation_id,
                type=EventType.ACCOUNT_CHANGED,
                actor=SYSTEM,
                data={"account": str(account)},
            )
        assert later.result().status_code == 303
    assert world.roles(account) == {noord.organisation_id: {"lending"}}


def test_roles_that_it_did_not_give_stay(world: World, browser: Browser, staff: Principal) -> None:
    world.sql(
        "INSERT INTO external_identity (id, account_id, issuer, subject, granted, created_at) "
        "SELECT gen_random_uuid(), :id, issuer, 'kim', '{}', now() FROM external_identity LIMIT 1",
        id=staff.actor.id,
    )
    assert enter(browser, "kim").status_code == 303
    assert world.roles(str(staff.actor.id)) == {world.noord.organisation_id: {"workshop"}}
    world.sql("DELETE FROM external_identity WHERE subject = 'kim'")


def test_no_role_in_an_organisation_that_the_file_does_not_name(world: World, browser: Browser) -> None:
    answer = enter(browser, "kim")
    assert answer.status_code == 403
    assert "The city gives you no role here" in answer.text
    assert me(browser).status_code == 401
    assert world.sql("SELECT 1 FROM external_identity WHERE subject = 'kim'") == []


def test_unknown_people_are_sent_away_where_the_file_says_so(browser: Browser) -> None:
    answer = enter(browser, "mo", "known")
    assert answer.status_code == 403
    assert "you have no account here yet" in answer.text
    assert 'name="password"' in answer.text
    assert me(browser).status_code == 401


def link(world: World, who: Principal, login: str, key: str = "known") -> tuple[Browser, Response]:
    signed_in = browser_of(world.app, who)
    page = signed_in.post(f"/account/identities/{key}/link")
    assert page.status_code == 200, page.text
    address = page.text.split('href="http://127.0.0.1')[1].split('"')[0]
    return signed_in, come_back(signed_in, sign_in_there("http://127.0.0.1" + address.replace("&amp;", "&"), login))


def test_an_identity_is_linked_and_opens_the_account_from_then_on(world: World, browser: Browser, staff: Principal) -> None:
    signed_in, answer = link(world, staff, "lies")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/identities")
    assert "Remove the link" in signed_in.get("/account/identities").text
    enter(browser, "lies", "known")
    assert me(browser).json()["account_id"] == str(staff.actor.id)
    assert me(browser).json()["roles"] == ["workshop"]
    assert [event["provider"] for event in world.events("identity.linked", str(staff.actor.id))] == ["known"]

    _, taken = link(world, world.noord.lead, "lies")
    assert taken.status_code == 409
    assert "linked to another account" in taken.text

    [row] = world.sql("SELECT id FROM external_identity WHERE account_id = :id", id=staff.actor.id)
    other = browser_of(world.app, world.noord.worker)
    assert other.post(f"/account/identities/{row.id}/unlink").status_code == 404
    assert signed_in.post(f"/account/identities/{row.id}/unlink").status_code == 200
    assert enter(Browser(world.app, None), "lies", "known").status_code == 403
    assert len(world.events("identity.unlinked", str(staff.actor.id))) == 1


def test_a_link_is_ended_by_who_began_it(world: World, staff: Principal) -> None:
    asker, thief = browser_of(world.app, staff), browser_of(world.app, world.noord.worker)
    page = asker.post("/account/identities/known/link").text
    address = "http://127.0.0.1" + page.split('href="http://127.0.0.1')[1].split('"')[0].replace("&amp;", "&")
    back = sign_in_there(address, "mo")
    thief.http.cookies.set("heropstart-provider", asker.http.cookies["heropstart-provider"])
    assert "Start again" in come_back(thief, back).text
    assert world.sql("SELECT 1 FROM external_identity WHERE subject = 'mo'") == []


def test_a_link_asks_for_a_recent_sign_in(world: World, staff: Principal) -> None:
    signed_in = browser_of(world.app, staff)
    world.sql(
        "UPDATE account_session SET created_at = created_at - interval '10 minutes' WHERE account_id = :id", id=staff.actor.id
    )
    page = signed_in.post("/account/identities/known/link")
    assert page.status_code == 403
    assert "Type your password" in page.text
    assert 'type="password"' in page.text


def test_changing_the_organisation_proves_nobody_anew(world: World, staff: Principal) -> None:
    world.sql(
        "INSERT INTO membership (account_id, organisation_id, roles, active, created_at) "
        "VALUES (:id, :org, '{lead}', true, now())",
        id=staff.actor.id,
        org=world.other.organisation_id,
    )
    signed_in = browser_of(world.app, staff)
    world.sql("UPDATE account_session SET created_at = now() - interval '10 minutes' WHERE account_id = :id", id=staff.actor.id)
    signed_in.post("/account/organisation", organisation=world.other.organisation_id)
    told = me(signed_in).json()
    assert told["organisation_name"] == "Vreemd"
    signed_in.token = told["csrf_token"]
    assert signed_in.post("/account/identities/known/link").status_code == 403


def test_roles_of_a_provider_are_not_kept_by_unlinking(world: World, browser: Browser) -> None:
    enter(browser, "els")
    token = me(browser).json()["csrf_token"]
    [row] = world.sql("SELECT id FROM external_identity WHERE subject = 'els'")
    answer = browser.http.post(f"/account/identities/{row.id}/unlink", data={"csrf_token": token})
    assert answer.status_code == 409
    assert "the link cannot be removed" in answer.text


def test_a_closed_account_stays_closed(world: World, browser: Browser) -> None:
    enter(browser, "els")
    account = world.account("els")
    world.sql("UPDATE account SET active = false WHERE id = :id", id=account)
    answer = enter(Browser(world.app, None), "els")
    assert (answer.status_code, "closed" in answer.text) == (403, True)
    assert world.events("account.refused", account)[-1]["means"] == "oidc"
    world.sql("UPDATE account SET active = true WHERE id = :id", id=account)


def test_an_answer_is_taken_once_in_the_browser_that_asked(world: World, browser: Browser) -> None:
    back = sign_in_there(start(browser), "els")
    stranger = Browser(world.app, None)
    assert come_back(stranger, back).status_code == 401
    cookie = browser.http.cookies["heropstart-provider"]
    assert come_back(browser, back).status_code == 303
    replayed = Browser(world.app, None)
    replayed.http.cookies.set("heropstart-provider", cookie)
    again = come_back(replayed, back)
    assert (again.status_code, "Start again" in again.text) == (401, True)
    start(stranger)  # a ceremony of its own, and somebody else's code
    state = parse_qs(urlsplit(start(stranger)).query)["state"][0]
    assert come_back(stranger, back, state=state).status_code == 401
    assert me(stranger).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [{"state": "another"}, {"state": ""}, {"iss": "https://evil.example"}, {"iss": ""}, {"code": "another"}, {"code": ""}],
    ids=str,
)
def test_a_changed_answer_is_refused(browser: Browser, changed: dict[str, str]) -> None:
    answer = come_back(browser, sign_in_there(start(browser), "els"), **changed)
    assert answer.status_code == 401
    assert 'name="password"' in answer.text, "the password is still a way"
    assert me(browser).status_code == 401


def test_an_answer_for_one_provider_is_none_for_another(browser: Browser) -> None:
    back = sign_in_there(start(browser), "els")
    assert come_back(browser, back.replace("/with/idp/", "/with/known/")).status_code == 401


def test_a_nonce_of_another_sign_in_is_refused(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ProviderClient.authorization_url
    monkeypatch.setattr(
        ProviderClient, "authorization_url", lambda self, state, _nonce, verifier: real(self, state, "old", verifier)
    )
    answer = come_back(browser, sign_in_there(start(browser), "els"))
    assert (answer.status_code, "did not work" in answer.text) == (401, True)


def test_without_the_proof_of_the_code_the_provider_refuses(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    real = ProviderClient.authorization_url
    monkeypatch.setattr(
        ProviderClient, "authorization_url", lambda self, state, nonce, _verifier: real(self, state, nonce, "x" * 43)
    )
    assert come_back(browser, sign_in_there(start(browser), "els")).status_code == 401


def test_who_stops_at_the_provider_is_told(world: World, browser: Browser) -> None:
    state = parse_qs(urlsplit(start(browser)).query)["state"][0]
    issuer = world.app.state.ways.clients["idp"].provider.issuer
    answer = browser.http.get(
        "/sign-in/with/idp/back", params={"error": "access_denied", "error_description": "<b>", "state": state, "iss": issuer}
    )
    assert answer.status_code == 401
    assert "The city did not let you through" in answer.text
    assert "<b>" not in answer.text


def test_a_provider_that_is_down_is_told_and_the_password_works(browser: Browser) -> None:
    answer = browser.http.get("/sign-in/with/down")
    assert answer.status_code == 503
    assert "The silent one does not answer now" in answer.text
    assert 'name="password"' in answer.text


@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_after_it(browser: Browser, onward: str) -> None:
    assert enter(browser, "els", onward=onward).headers["location"] == "/"


def test_who_is_signed_in_goes_on(world: World, staff: Principal) -> None:
    signed_in = browser_of(world.app, staff)
    answer = signed_in.http.get("/sign-in/with/idp", params={"next": "/tasks"}, follow_redirects=False)
    assert answer.headers["location"] == "/tasks"


def test_the_session_there_can_be_ended_too(browser: Browser) -> None:
    enter(browser, "els")
    browser.http.cookies.delete("heropstart")
    assert "You may still be signed in with The city" in browser.get("/sign-in").text
    answer = browser.http.get("/sign-out/with/idp", follow_redirects=False)
    target = urlsplit(answer.headers["location"])
    assert target.path == "/session/end"
    assert parse_qs(target.query) == {"client_id": ["heropstart"], "post_logout_redirect_uri": [f"{HERE}/sign-in"]}
    assert "still be signed in" not in browser.get("/sign-in").text


def test_an_unknown_provider_is_not_there(browser: Browser) -> None:
    assert browser.get("/sign-in/with/nobody").status_code == 404
    assert browser.get("/sign-out/with/nobody").status_code == 404


def test_the_examples_of_the_documentation_are_read(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs/sign-in.md").read_text()
    examples = [block.split("\n", 1)[1].split("```", 1)[0] for block in text.split("```toml")[1:]]
    assert len(examples) == 2
    for secret in ("acm.secret", "city.secret"):
        (tmp_path / secret).write_text("hush\n")
    for example in examples:
        (tmp_path / "providers.toml").write_text(example)
        [found] = load(tmp_path / "providers.toml").values()
        assert found.secret() == "hush"
        assert "rrn" not in example
