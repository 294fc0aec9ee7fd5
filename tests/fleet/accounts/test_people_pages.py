"""People, rights, own security and resets, on the whole application."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from fleet.accounts import people, service
from fleet.accounts.models import Membership
from fleet.accounts.resolver import PLAIN_COOKIE
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal, Role
from fleet.db.engine import Role as DatabaseRole
from tests.fleet.conftest import Workshop
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
NEW = "zeven groene fietsen"


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def promote(workshop: Workshop, principal: Principal, *roles: Role) -> Principal:
    with workshop.unit() as session:
        member = session.get(Membership, (principal.actor.id, workshop.organisation_id))
        assert member is not None
        member.roles = list(roles)
        session.add(member)
    return principal


@pytest.fixture
def boss(app, workshop) -> Browser:
    return browser_of(app, promote(workshop, workshop.lead, Role.ADMIN, Role.LEAD))


def events(app: FastAPI, kind: str) -> list[str]:
    with app.state.database.engine(DatabaseRole.MAINTENANCE).connect() as connection:
        query = text("SELECT convert_from(body, 'UTF8') FROM audit_event WHERE type = :kind ORDER BY seq")
        return list(connection.execute(query, {"kind": kind}).scalars())


def link_of(page: str) -> str:
    found = re.search(r"http://testserver(/reset/[A-Za-z0-9_-]+)", page)
    assert found is not None, page
    return found[1]


def test_a_new_person_chooses_a_password_with_the_link(app, boss) -> None:
    answer = boss.post("/accounts/new", login="Els", display_name="Els De Smet", roles="workshop")
    assert answer.status_code == 200
    link = link_of(answer.text)
    assert link not in boss.get("/accounts").text
    stranger = Browser(app, None)
    assert "Els De Smet" in stranger.get(link).text
    refused = stranger.post(link, new_password=NEW, again="anders")
    assert refused.status_code == 422
    assert NEW not in refused.text
    assert "Sign in with it" in stranger.post(link, new_password=NEW, again=NEW).text
    assert stranger.get(link).status_code == 404, "once"
    assert stranger.post("/sign-in", follow=False, login="els", password=NEW, next="/").status_code == 303
    assert any('"means":"password"' in body for body in events(app, "account.signed_in"))
    assert len(events(app, "account.reset_used")) == 1


def test_roles_that_are_taken_away_work_no_more_at_the_next_click(app, boss, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    assert mo.get("/receive").status_code == 200
    fields = {"display_name": "Mo", "roles": "auditor"}
    assert boss.post(f"/accounts/{workshop.worker.actor.id}", **fields).status_code == 200
    assert mo.get("/receive").status_code == 403
    assert any('"roles":["auditor"],"roles_before":["workshop"]' in body for body in events(app, "account.changed"))


def test_a_closed_account_with_an_open_page_is_out(app, boss, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    assert mo.get("/devices").status_code == 200
    boss.post(f"/accounts/{workshop.worker.actor.id}/active", active="no")
    assert mo.get("/devices", follow_redirects=False).headers["location"].startswith("/sign-in")
    assert boss.post(f"/accounts/{workshop.lead.actor.id}/active", active="no").status_code == 409, "the last admin stays"


def test_an_auditor_sees_people_and_changes_nobody(app, workshop) -> None:
    an = browser_of(app, workshop.auditor)
    assert "Mo.Noord" in an.get("/accounts").text
    person = f"/accounts/{workshop.worker.actor.id}"
    assert "disabled" in an.get(person).text
    for path in (person, f"{person}/active", f"{person}/reset", f"{person}/sign-out", "/accounts/new", "/accounts/invite"):
        assert an.post(path, display_name="X", login="x1", roles="admin").status_code == 403


def test_somebody_of_another_organisation_works_here_too(app, boss, workshop, stranger) -> None:
    login = "mo.vreemd"
    assert "works here already" in boss.post("/accounts/invite", login="mo.noord", roles="workshop").text
    assert boss.post("/accounts/invite", login="nobody", roles="workshop").status_code == 404
    assert "Invited" in boss.post("/accounts/invite", login=login, roles="workshop").text
    guest = browser_of(app, stranger.worker)
    assert "Noord" in guest.get("/account/security").text
    before = guest.http.cookies.get("heropstart")
    fields = {"organisation": str(workshop.organisation_id), "next": "/devices"}
    answer = guest.post("/account/organisation", follow=False, **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices")
    token = guest.http.cookies.get("heropstart", domain="testserver.local")
    assert token != before
    guest.http.cookies.delete("heropstart", domain="")
    assert guest.get("/api/v1/me").json()["organisation_name"] == "Noord"
    old = Browser(app, before)
    assert old.get("/devices", follow_redirects=False).status_code == 303, "the former session has ended"
    assert len(events(app, "account.switched")) == 1
    assert boss.post(f"/accounts/{stranger.worker.actor.id}/reset").status_code == 404, "the home looks after the account"


@pytest.mark.parametrize("wanted", ["", "not-an-id", "00000000-0000-4000-8000-000000000000", "THEIRS"])
def test_a_forged_organisation_is_refused(app, workshop, stranger, wanted) -> None:
    mo = browser_of(app, workshop.worker)
    wanted = str(stranger.organisation_id) if wanted == "THEIRS" else wanted
    assert mo.post("/account/organisation", organisation=wanted).status_code == 403
    assert mo.get("/api/v1/me").json()["organisation_id"] == str(workshop.organisation_id)


def test_one_ends_other_sign_ins_and_all_of_them(app, workshop) -> None:
    here, there, far = (browser_of(app, workshop.worker) for _ in range(3))
    page = here.get("/account/security").text
    other = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", page)
    assert len(other) == 2
    assert here.post(f"/account/sessions/{other[0]}/end").status_code == 200
    alive = [browser.get("/account/security", follow_redirects=False).status_code for browser in (there, far)]
    assert sorted(alive) == [200, 303]
    stolen = browser_of(app, workshop.lead)
    assert stolen.post(f"/account/sessions/{other[1]}/end").status_code == 404, "another's session is not one's own"
    assert here.post("/account/sign-out-everywhere", follow=False).status_code == 303
    assert here.get("/devices", follow_redirects=False).status_code == 303


def test_sign_ins_for_another_organisation_are_seen_and_ended_too(app, workshop, stranger) -> None:
    theirs = Principal(stranger.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with stranger.unit() as session:
        people.invite(session, theirs, "mo.noord", frozenset({Role.LENDING}))
    here = browser_of(app, workshop.worker)
    there = browser_of(app, Principal(stranger.organisation_id, workshop.worker.actor, frozenset({Role.LENDING}), "mo"))
    page = here.get("/account/security").text
    [other] = re.findall(r"/account/sessions/([0-9a-f-]{36})/end", page)
    assert page.count("Vreemd") >= 2  # among the organisations, and beside that sign-in
    assert there.get("/account/security", follow_redirects=False).status_code == 200
    assert here.post(f"/account/sessions/{other}/end").status_code == 200
    assert there.get("/account/security", follow_redirects=False).status_code == 303
    with stranger.unit() as session:
        query = text("SELECT count(*) FROM audit_event WHERE organisation_id = :them AND type = 'account.signed_out'")
        assert session.execute(query, {"them": stranger.organisation_id}).scalar_one() == 1
    assert here.post(f"/account/sessions/{other}/end").status_code == 404
    assert here.get("/api/v1/me").json()["organisation_id"] == str(workshop.organisation_id)


def test_an_account_that_was_closed_opens_without_its_former_sign_ins(app, boss, workshop, stranger) -> None:
    theirs = Principal(stranger.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with stranger.unit() as session:
        people.invite(session, theirs, "mo.noord", frozenset({Role.LENDING}))
    guest = Principal(stranger.organisation_id, workshop.worker.actor, frozenset({Role.LENDING}), "mo")
    home, away = browser_of(app, workshop.worker), browser_of(app, guest)
    where = f"/accounts/{workshop.worker.actor.id}/active"
    assert (home.get("/api/v1/me").status_code, away.get("/api/v1/me").status_code) == (200, 200)
    boss.post(where, active="no")
    boss.post(where, active="yes")
    assert (home.get("/api/v1/me").status_code, away.get("/api/v1/me").status_code) == (401, 401)


def test_a_new_password_ends_the_other_sign_ins(app, workshop) -> None:
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with workshop.unit() as session:
        made = service.create(session, admin, "ine", "Ine", "een oud wachtwoord", frozenset({Role.WORKSHOP}))
    ine = Principal(workshop.organisation_id, Actor(ActorKind.ACCOUNT, made.id), frozenset(), "Ine")
    here, there = browser_of(app, ine), browser_of(app, ine)
    wrong = here.post("/account/password", password="een ander woord", new_password=NEW, again=NEW)
    assert wrong.status_code == 422
    assert NEW not in wrong.text
    done = here.post("/account/password", password="een oud wachtwoord", new_password=NEW, again=NEW)
    assert "Your password is changed" in done.text
    assert there.get("/devices", follow_redirects=False).status_code == 303
    assert here.get("/devices").status_code == 200


def test_the_address_of_a_link_is_told_to_nobody(app, boss, workshop) -> None:
    link = link_of(boss.post(f"/accounts/{workshop.worker.actor.id}/reset").text)
    assert Browser(app, None).get(link).headers["referrer-policy"] == "no-referrer"
    assert urlsplit(link).query == ""


def test_whose_password_another_person_chose_chooses_a_new_one_first(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    with app.state.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE account SET must_change = true WHERE id = :id"), {"id": workshop.worker.actor.id})
    for path in ("/devices", "/receive", "/"):
        answer = mo.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/password"), path
    assert mo.get("/api/v1/devices").json()["type"] == "/problems/password-first"
    assert mo.post("/receive", follow=False, kind="monitor").status_code == 303
    assert "Somebody else chose your password" in mo.get("/account/password").text
    assert mo.get("/api/v1/me").status_code == 200


def test_to_ones_own_account_no_link_leads_round_the_proof(app, boss, workshop) -> None:
    me = workshop.lead.actor.id
    own, others = f"/api/v1/accounts/{me}/reset-link", f"/api/v1/accounts/{workshop.worker.actor.id}/reset-link"
    headers = {"X-CSRF-Token": boss.token}
    assert boss.http.post(own, headers=headers).status_code == 201
    with app.state.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE account_session SET created_at = created_at - interval '11 minutes'"))
    assert boss.http.post(own, headers=headers).json()["type"] == "/problems/password-needed"
    given = boss.http.put(f"/api/v1/accounts/{me}/password", json={"password": "zes gele kanaries"}, headers=headers)
    assert given.json()["type"] == "/problems/password-needed"
    assert boss.http.post(others, headers=headers).status_code == 201


def test_a_password_that_the_api_gave_is_changed_first(app, boss) -> None:
    new = {"login": "nieuw", "display_name": "Nieuw", "password": "vier woorden op rij", "roles": ["workshop"]}
    assert boss.http.post("/api/v1/accounts", json=new, headers={"X-CSRF-Token": boss.token}).status_code == 201
    with app.state.database.engine(DatabaseRole.MAINTENANCE).connect() as connection:
        assert connection.execute(text("SELECT must_change FROM account WHERE login = 'nieuw'")).scalar_one() is True


def test_with_a_password_that_another_person_knows_no_other_way_in_is_made(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    with app.state.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE account SET must_change = true WHERE id = :id"), {"id": workshop.worker.actor.id})
    for path in ("/account/badge", "/account/passkeys", "/account/identities", "/account/security"):
        assert mo.get(path, follow_redirects=False).headers["location"] == "/account/password", path
    mo.post("/account/badge")
    with workshop.unit() as session:
        assert session.execute(text("SELECT count(*) FROM badge")).scalar_one() == 0
    asked = mo.http.post("/api/v1/me/passkeys/options", json={}, headers={"X-CSRF-Token": mo.token})
    assert asked.json()["type"] == "/problems/password-first"


@pytest.mark.usefixtures("stranger")
def test_two_admins_who_invite_the_same_person_at_once(boss, monkeypatch) -> None:
    assert boss.post("/accounts/invite", login="mo.vreemd", roles="workshop").status_code == 200
    monkeypatch.setattr("fleet.accounts.repository.membership", lambda *_: None)  # as the other one saw it a moment ago
    answer = boss.post("/accounts/invite", login="mo.vreemd", roles="workshop")
    assert answer.status_code == 409
    assert "works here already" in answer.text


def test_who_signs_in_anew_in_a_browser_has_left_the_sign_in_before(app, workshop) -> None:
    with workshop.unit() as session:
        admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
        service.create(session, admin, "ine", "Ine", NEW, frozenset({Role.WORKSHOP}))
    mo = browser_of(app, workshop.worker)
    former = Browser(app, mo.http.cookies[PLAIN_COOKIE])
    assert former.get("/api/v1/me").status_code == 200
    refused = mo.post("/sign-in", login="ine", password="een verkeerd woord")
    assert (refused.status_code, former.get("/api/v1/me").status_code) == (401, 200)
    opened = mo.post("/sign-in", follow=False, login="ine", password=NEW)
    assert opened.status_code == 303
    assert former.get("/api/v1/me").status_code == 401
    assert mo.get("/api/v1/me").json()["name"] == "Ine"
