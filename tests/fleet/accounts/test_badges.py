"""Badges and PINs: on enrolled workstations, and nowhere else."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from httpx import Response
from sqlalchemy import URL, text

from fleet.accounts import badges, badges_signin, passwords, signin, workstations
from fleet.accounts.badges import BadgeChanged, BadgeNotFound, BadgePointless, StrongerSignInNeeded
from fleet.accounts.badges_signin import BadgeStopped, BadgeWaits, PinWrong
from fleet.accounts.resolver import PLAIN_COOKIE
from fleet.accounts.tokens import csrf_token
from fleet.accounts.workstations import Station
from fleet.accounts.workstations_cookie import PLAIN_COOKIE as STATION_COOKIE
from fleet.auth.rules import Principal, Role, RoleMissing, SignInMeans
from fleet.config import Settings
from fleet.contract.badge import badge_hash, new_badge_code
from fleet.db.session import unit_of_work
from fleet.errors import TooMany
from fleet.intake import station as bench_station
from tests.fleet.accounts.people import admin_of, another_workshop, member
from tests.fleet.conftest import Workshop, fresh_settings
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
PIN = "274951"
WRONG = "905172"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of argon2id is tried with the passwords; here it would only take time."""
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHash((passwords.Argon2Hasher(1, 8, 1),)))


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


def account_of(principal: Principal) -> UUID:
    assert principal.actor.id is not None
    return principal.actor.id


def badge_of(workshop: Workshop, person: Principal, pin: str | None = PIN) -> str:
    with workshop.unit() as session:
        present = badges.own(session, person).badge
        issued = badges.issue(session, person, account_of(person), present.id if present else None)
        if pin is not None:
            badges.set_pin(session, person, pin, pin)
    return issued.code


def station_of(workshop: Workshop, name: str = "Desk 1") -> tuple[Station, str]:
    with workshop.unit() as session:
        code = workstations.issue_code(session, admin_of(workshop, uuid4().hex[:12]), workshop.site_id, name)
    with unit_of_work(workshop.database.engine()) as session:
        token = workstations.enrol(session, code).token
        found = workstations.recognised(session, token)
    assert found is not None
    return found, token


def at(app: FastAPI, station_token: str, token: str | None = None) -> Browser:
    browser = Browser(app, token)
    browser.http.cookies.set(STATION_COOKIE, station_token)
    return browser


def scan(browser: Browser, code: str, pin: str = "") -> Response:
    """What the page posts, as whoever is signed in there now."""
    token = browser.http.cookies.get(PLAIN_COOKIE)
    return browser.post("/badge", follow=False, badge=code, pin=pin, csrf_token=csrf_token(token) if token else "")


def events(workshop: Workshop, *kinds: str) -> list[dict[str, Any]]:
    with workshop.unit() as session:
        bodies = [json.loads(body) for body in session.execute(text("SELECT body FROM audit_event ORDER BY seq")).scalars()]
    return [body for body in bodies if body["type"] in kinds]


def prove(workshop: Workshop, station: Station, code: str, pin: str) -> object:
    return badges_signin.prove(workshop.database.engine(), station, code, pin)


# --- the quick switch


def test_scan_pin_and_somebody_else_is_signed_in(app: FastAPI, workshop: Workshop) -> None:
    mo, fatma = badge_of(workshop, workshop.worker), badge_of(workshop, workshop.other_worker, "483920")
    _, token = station_of(workshop)
    desk = at(app, token)
    asked = scan(desk, mo.lower())
    assert asked.status_code == 200
    assert "Hello Mo.Noord" in asked.text
    assert desk.http.cookies.get(PLAIN_COOKIE) is None
    done = scan(desk, mo, PIN)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    first = desk.http.cookies[PLAIN_COOKIE]
    assert desk.get("/api/v1/me").json()["name"].startswith("Mo.Noord")
    assert scan(desk, fatma, "483920").status_code == 303
    assert desk.get("/api/v1/me").json()["name"].startswith("Fatma.Noord")
    assert Browser(app, first).get("/api/v1/me").status_code == 401
    [one, two] = events(workshop, "account.signed_in")
    assert [event["data"]["means"] for event in (one, two)] == ["badge", "badge"]
    assert one["data"]["workstation"]


def test_a_switch_ends_a_session_by_password_too(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    _, token = station_of(workshop)
    before = browser_of(app, workshop.lead)
    former = before.http.cookies[PLAIN_COOKIE]
    elsewhere = browser_of(app, workshop.lead)
    desk = at(app, token, former)
    assert scan(desk, code, PIN).status_code == 303
    assert Browser(app, former).get("/api/v1/me").status_code == 401
    assert elsewhere.get("/api/v1/me").status_code == 200


def test_a_switch_ends_what_the_browser_forgot(app: FastAPI, workshop: Workshop) -> None:
    mo, fatma = badge_of(workshop, workshop.worker), badge_of(workshop, workshop.other_worker)
    _, token = station_of(workshop)
    desk = at(app, token)
    scan(desk, mo, PIN)
    forgotten = desk.http.cookies[PLAIN_COOKIE]
    desk.http.cookies.delete(PLAIN_COOKIE)
    assert scan(desk, fatma, PIN).status_code == 303
    assert Browser(app, forgotten).get("/api/v1/me").status_code == 401


def test_a_switch_needs_the_form_of_the_session_that_it_ends(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    _, token = station_of(workshop)
    desk = at(app, token, browser_of(app, workshop.lead).http.cookies[PLAIN_COOKIE])
    assert desk.post("/badge", follow=False, badge=code, pin=PIN, csrf_token="").status_code == 403


def test_where_to_after_is_never_elsewhere(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    _, token = station_of(workshop)
    for wanted, reached in (("/devices", "/devices"), ("//evil.example", "/"), ("https://evil.example/", "/")):
        answer = at(app, token).post("/badge", follow=False, badge=code, pin=PIN, next=wanted)
        assert answer.headers["location"] == reached


def test_rights_are_low_and_the_session_short(app: FastAPI, workshop: Workshop) -> None:
    with workshop.unit() as session:
        ada = member(session, workshop, "ada", Role.ADMIN, Role.LEAD)
    code = badge_of(workshop, ada)
    _, token = station_of(workshop)
    desk = at(app, token)
    scan(desk, code, PIN)
    assert desk.get("/api/v1/me").json()["roles"] == ["workshop"]
    assert desk.get("/workstations").status_code == 403
    assert "Sign in with your password to change" in desk.get("/account/badge").text
    own = desk.http.cookies[PLAIN_COOKIE]
    for path, fields in (("/account/badge", {}), ("/account/badge/pin", {"pin": "483920", "again": "483920"})):
        refused = desk.post(path, csrf_token=csrf_token(own), **fields)
        assert refused.status_code == 403, path
    with workshop.unit() as session:
        session.execute(text("UPDATE account_session SET last_seen_at = now() - interval '21 minutes'"))
    assert desk.get("/api/v1/me").status_code == 401


# --- what a badge does not open


def test_nothing_without_an_enrolled_workstation(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    for browser in (Browser(app, None), at(app, "forged")):
        for pin in ("", PIN):
            answer = scan(browser, code, pin)
            assert answer.status_code == 403
            assert "Badges do not work on this computer" in answer.text
            assert "Mo.Noord" not in answer.text
            assert browser.http.cookies.get(PLAIN_COOKIE) is None


def test_nothing_on_a_revoked_one(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    station, token = station_of(workshop)
    desk = at(app, token)
    scan(desk, code, PIN)
    assert desk.get("/api/v1/me").status_code == 200
    admin = admin_of(workshop)
    with workshop.unit() as session:
        workstations.revoke(session, admin, station.id)
    assert desk.get("/api/v1/me").status_code == 401
    desk.http.cookies.delete(PLAIN_COOKIE)
    assert scan(desk, code, PIN).status_code == 403


def test_nothing_on_one_of_another_organisation(app: FastAPI, workshop: Workshop, stranger: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    _, token = station_of(stranger)
    for pin in ("", PIN):
        answer = scan(at(app, token), code, pin)
        assert answer.status_code == 422
        assert "does not work here" in answer.text
        assert "Mo.Noord" not in answer.text


def test_not_with_a_pin_alone_nor_with_something_else(app: FastAPI, workshop: Workshop) -> None:
    unset = badge_of(workshop, workshop.worker, pin=None)
    _, token = station_of(workshop)
    desk = at(app, token)
    for code, told in (
        ("", "This is not a badge"),
        ("8YZABCDE", "This is not a badge"),
        ("<script>", "This is not a badge"),
        (new_badge_code(), "does not work here"),
        (unset, "You have no PIN yet"),
    ):
        for pin in ("", PIN):
            answer = scan(desk, code, pin)
            assert answer.status_code == 422
            assert told in answer.text


def test_somebody_who_left(workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    station, _ = station_of(workshop)
    prove(workshop, station, code, PIN)
    with workshop.unit() as session:
        session.execute(text("UPDATE membership SET active = false WHERE account_id = :id"), {"id": account_of(workshop.worker)})
    with pytest.raises(badges_signin.BadgeUnknown):
        prove(workshop, station, code, PIN)


# --- wrong PINs


def test_five_wrong_pins_wait_on_this_workstation_only(app: FastAPI, workshop: Workshop) -> None:
    code, other = badge_of(workshop, workshop.worker), badge_of(workshop, workshop.other_worker)
    station, token = station_of(workshop)
    desk = at(app, token)
    left = [re.findall(r"Tries left: (\d)", scan(desk, code, WRONG).text) for _ in range(5)]
    assert left == [["4"], ["3"], ["2"], ["1"], ["0"]]
    waiting = scan(desk, code, PIN)
    assert waiting.status_code == 429
    assert "Wait 15 minutes" in waiting.text
    prove(workshop, station, other, PIN)
    elsewhere, _ = station_of(workshop, "Desk 2")
    prove(workshop, elsewhere, code, PIN)
    assert len(events(workshop, "account.refused")) == 5
    with workshop.unit() as session:
        session.execute(text("UPDATE badge_tries SET at = at - interval '15 minutes'"))
    prove(workshop, station, code, PIN)


def ten_wrong(workshop: Workshop, code: str) -> Station:
    for name in ("Desk 1", "Desk 2"):
        station, _ = station_of(workshop, name)
        for _ in range(5):
            with pytest.raises(PinWrong):
                prove(workshop, station, code, WRONG)
    return station_of(workshop, "Desk 3")[0]


def test_ten_wrong_pins_stop_the_badge_until_an_admin_frees_it(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    fresh = ten_wrong(workshop, code)
    with pytest.raises(BadgeStopped):
        prove(workshop, fresh, code, PIN)
    assert len(events(workshop, "badge.stopped")) == 1
    page = browser_of(app, admin_of(workshop)).get("/badges").text
    assert "Too many wrong PINs" in page
    [badge] = re.findall(r"/badges/([0-9a-f-]{36})/free", page)
    with workshop.unit() as session, pytest.raises(RoleMissing):
        badges.free(session, workshop.lead, UUID(badge))
    boss = browser_of(app, admin_of(workshop, "bea"))
    assert "works again" in boss.post(f"/badges/{badge}/free").text
    prove(workshop, fresh, code, PIN)
    assert len(events(workshop, "badge.freed")) == 1


def test_another_way_of_signing_in_frees_it(workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    fresh = ten_wrong(workshop, code)
    with workshop.unit() as session:
        signin.open_session(
            session,
            account_of(workshop.worker),
            workshop.organisation_id,
            SignInMeans.PASSWORD,
            valid=timedelta(hours=1),
        )
    prove(workshop, fresh, code, PIN)


def test_a_stopped_badge_stops_nobody_elses_nor_the_password(workshop: Workshop) -> None:
    code, other = badge_of(workshop, workshop.worker), badge_of(workshop, workshop.other_worker)
    fresh = ten_wrong(workshop, code)
    prove(workshop, fresh, other, PIN)
    with workshop.unit() as session:
        assert session.execute(text("SELECT count(*) FROM sign_in_failures")).scalar_one() == 0


def test_the_right_pin_forgets_the_wrong_ones(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    _, token = station_of(workshop)
    for _ in range(3):
        desk = at(app, token)
        for _ in range(4):
            assert scan(desk, code, WRONG).status_code == 422
        assert scan(desk, code, PIN).status_code == 303


def test_many_tries_at_once_are_no_way_round(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A try counts before its PIN is looked at: while five are looked at, a sixth must wait."""
    code = badge_of(workshop, workshop.worker)
    station, _ = station_of(workshop)
    depth = []

    def slow(pin: str, _stored: str | None) -> passwords.Checked:
        depth.append(pin)
        prove(workshop, station, code, pin)
        raise AssertionError("the innermost try must be refused")

    monkeypatch.setattr(passwords, "check", slow)
    with pytest.raises(BadgeWaits):
        prove(workshop, station, code, WRONG)
    assert len(depth) == 5


def test_a_pin_that_nobody_had_time_to_check_was_not_wrong(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    code = badge_of(workshop, workshop.worker)
    station, _ = station_of(workshop)

    def busy(_pin: str, _stored: str | None) -> passwords.Checked:
        raise TooMany(seconds=2)

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "check", busy)
        for _ in range(12):
            with pytest.raises(TooMany):
                prove(workshop, station, code, PIN)
    prove(workshop, station, code, PIN)


# --- making, replacing, blocking


def test_ones_own_badge(app: FastAPI, workshop: Workshop) -> None:
    mo = browser_of(app, workshop.worker)
    assert "You have no badge yet" in mo.get("/account/badge").text
    shown = mo.post("/account/badge", replaces="")
    [code] = set(re.findall(r"HPB[A-Z]{32}", shown.text))
    assert "<svg" in shown.text
    card = mo.post("/badges/card", code=code)
    assert card.headers["content-type"] == "application/pdf"
    assert card.content.startswith(b"%PDF-")
    easy = mo.post("/account/badge/pin", pin="123456", again="123456")
    assert easy.status_code == 422
    assert "too easy" in easy.text
    assert "123456" not in easy.text
    assert "Your PIN is set" in mo.post("/account/badge/pin", pin=PIN, again=PIN).text
    page = mo.get("/account/badge").text
    assert code not in page
    stale = mo.post("/account/badge", replaces="")
    assert stale.status_code == 409
    [badge] = set(re.findall(r"/badges/([0-9a-f-]{36})/block", page))
    fresh = mo.post("/account/badge", replaces=badge)
    [new] = set(re.findall(r"HPB[A-Z]{32}", fresh.text))
    station, _ = station_of(workshop)
    prove(workshop, station, new, PIN)
    with workshop.unit() as session, pytest.raises(badges_signin.BadgeUnknown):
        badges_signin.recognise(session, station, code)
    kinds = [event["type"] for event in events(workshop, "badge.issued", "badge.pin_set")]
    assert kinds == ["badge.issued", "badge.pin_set", "badge.issued"]


def test_a_lost_badge_is_blocked_at_once(app: FastAPI, workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    station, token = station_of(workshop)
    desk = at(app, token)
    scan(desk, code, PIN)
    mo = browser_of(app, workshop.worker)
    [badge] = set(re.findall(r"/badges/([0-9a-f-]{36})/block", mo.get("/account/badge").text))
    assert browser_of(app, workshop.other_worker).post(f"/badges/{badge}/block").status_code == 403
    answer = mo.post(f"/badges/{badge}/block", **{"from": "own"})
    assert "The badge is blocked" in answer.text
    assert desk.get("/api/v1/me").status_code == 401
    assert mo.get("/api/v1/me").status_code == 200
    with pytest.raises(badges_signin.BadgeUnknown):
        prove(workshop, station, code, PIN)


@pytest.mark.parametrize("what", ["badge", "workstation"])
def test_what_is_withdrawn_while_the_pin_is_checked_opens_nothing(
    app: FastAPI, workshop: Workshop, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    mo, admin = workshop.worker, admin_of(workshop)
    code, (station, token) = badge_of(workshop, mo), station_of(workshop)
    plain = passwords.check

    def meanwhile(pin: str, stored: str | None) -> passwords.Checked:
        checked = plain(pin, stored)
        with workshop.unit() as session:
            if what == "badge":
                held = badges.own(session, mo).badge
                assert held is not None
                badges.block(session, mo, held.id)
            else:
                workstations.revoke(session, admin, station.id)
        return checked

    monkeypatch.setattr(passwords, "check", meanwhile)
    browser = at(app, token)
    assert scan(browser, code, PIN).status_code == 422
    assert browser.get("/api/v1/me").status_code == 401


def test_an_admin_makes_and_blocks_them(app: FastAPI, workshop: Workshop) -> None:
    ada = browser_of(app, admin_of(workshop))
    listed = ada.get("/badges").text
    assert "Fatma.Noord" in listed
    fatma = account_of(workshop.other_worker)
    shown = ada.post(f"/badges/of/{fatma}", replaces="").text
    assert "New badge for Fatma.Noord" in shown
    [badge] = set(re.findall(r"/badges/([0-9a-f-]{36})/block", ada.get("/badges").text))
    assert "No PIN yet" in ada.get("/badges").text
    assert "The badge is blocked" in ada.post(f"/badges/{badge}/block").text
    assert browser_of(app, workshop.lead).get("/badges").status_code == 403


def test_who_may_not(workshop: Workshop, stranger: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    admin, other = admin_of(workshop), admin_of(stranger, "zoe")
    mo = account_of(workshop.worker)
    with workshop.unit() as session:
        badge = badges.own(session, workshop.worker).badge
        assert badge is not None
        with pytest.raises(RoleMissing):
            badges.issue(session, workshop.other_worker, mo, badge.id)
        with pytest.raises(RoleMissing):
            badges.card_of(session, workshop.other_worker, code)
        with pytest.raises(BadgePointless):
            badges.issue(session, admin, account_of(workshop.auditor), None)
        with pytest.raises(BadgeChanged):
            badges.issue(session, admin, mo, None)
        with pytest.raises(StrongerSignInNeeded):
            badges.issue(session, Principal(**{**vars(workshop.worker), "means": SignInMeans.BADGE}), mo, badge.id)
        # the queries ask for the organisation, too, whatever row-level security shows
        for act in (
            lambda: badges.issue(session, other, mo, badge.id),
            lambda: badges.block(session, other, badge.id),
            lambda: badges.free(session, other, badge.id),
            lambda: badges.card_of(session, other, code),
        ):
            with pytest.raises(BadgeNotFound):
                act()


def test_secrets_are_kept_as_hashes(workshop: Workshop) -> None:
    code = badge_of(workshop, workshop.worker)
    with workshop.unit() as session:
        kept = session.execute(
            text("SELECT badge::text FROM badge UNION SELECT convert_from(body, 'UTF8') FROM audit_event")
        ).scalars()
        assert not any(secret in row for row in kept for secret in (code, PIN))


# --- what a bench learns


def test_a_bench_knows_whose_badges_they_are(workshop: Workshop, settings: Settings) -> None:
    mo = badge_of(workshop, workshop.worker)
    with workshop.unit() as session:
        ine = member(session, workshop, "ine", Role.LENDING)
    badge_of(workshop, ine)
    with workshop.unit() as session:
        profile = bench_station.profile(session, settings, workshop.bench)
    assert profile.badges == ((badge_hash(mo).hex(), profile.badges[0][1]),)
    assert profile.badges[0][1].startswith("mo.noord")
