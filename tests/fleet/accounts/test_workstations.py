"""Workstations: a computer is enrolled with a code, renamed, and revoked."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import URL, text

from fleet.accounts import workstations
from fleet.accounts.workstations import WorkstationCodeInvalid, WorkstationNotFound
from fleet.accounts.workstations_cookie import PLAIN_COOKIE
from fleet.auth.rules import Role, RoleMissing
from fleet.config import Settings
from fleet.db.session import unit_of_work
from fleet.organisations.service import SiteNotFound
from tests.fleet.accounts.people import admin_of, another_workshop
from tests.fleet.conftest import Workshop, fresh_settings
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db


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


def events(workshop: Workshop) -> list[str]:
    with workshop.unit() as session:
        bodies = session.execute(text("SELECT body FROM audit_event ORDER BY seq")).scalars().all()
    return [found["type"] for body in bodies if (found := json.loads(body))["type"].startswith("workstation.")]


def test_from_the_code_to_the_badge_page_and_out_again(app: FastAPI, workshop: Workshop) -> None:
    ada, desk = browser_of(app, admin_of(workshop)), Browser(app, None)
    assert "No computer is enrolled yet" in ada.get("/workstations").text
    shown = ada.post("/workstations", name=" Desk   1 ", site_id=workshop.site_id).text
    [code] = re.findall(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", shown)
    assert "<svg" in shown
    assert "not enrolled" in desk.get("/badge").text
    wrong = desk.post("/workstation", code="AAAA-AAAA-AAAA")
    assert wrong.status_code == 422
    assert 'value="AAAA-AAAA-AAAA"' in wrong.text
    answer = desk.post("/workstation", code=code.lower().replace("-", " "), follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/badge")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("heropstart-station=", "httponly", "samesite=lax", "path=/", "max-age=34560000"))
    assert "Scan your badge" in desk.get("/badge").text
    assert "Sign in with your badge" in desk.get("/sign-in").text
    assert "Desk 1" in desk.get("/badge").text
    listed = ada.get("/workstations").text
    assert "Desk 1" in listed
    [found] = set(re.findall(r"/workstations/([0-9a-f-]{36})/revoke", listed))
    assert "changed" in ada.post(f"/workstations/{found}", name="Desk 2", site_id=workshop.site_id).text
    assert "Desk 2" in desk.get("/badge").text
    refused = ada.post(f"/workstations/{found}", name=" ", site_id=workshop.site_id)
    assert refused.status_code == 422
    assert "removed" in ada.post(f"/workstations/{found}/revoke").text
    assert "not enrolled" in desk.get("/badge").text
    kinds = ["code_issued", "enrolled", "changed", "revoked"]
    assert events(workshop) == [f"workstation.{kind}" for kind in kinds]


def test_the_cookie_on_https(settings: Settings, workshop: Workshop) -> None:
    with workshop.unit() as session:
        code = workstations.issue_code(session, admin_of(workshop), workshop.site_id, "Desk 1")
    with running(settings.model_copy(update={"public_url": "https://fleet.example.org"})) as app:
        client = TestClient(app, base_url="https://fleet.example.org", follow_redirects=False)
        cookie = client.post("/workstation", data={"code": code}).headers.get_list("set-cookie")[-1].lower()
        assert cookie.startswith("__host-heropstart-station=")
        assert "secure" in cookie
        assert "domain" not in cookie
        assert client.get("/badge").text.count("Desk 1")


def test_a_code_works_once_and_for_an_hour(workshop: Workshop) -> None:
    admin = admin_of(workshop)
    with workshop.unit() as session:
        used = workstations.issue_code(session, admin, workshop.site_id, "Desk 1")
        old = workstations.issue_code(session, admin, workshop.site_id, "Desk 2")
        session.execute(text("UPDATE workstation_code SET expires_at = now() WHERE name = 'Desk 2'"))
    with unit_of_work(workshop.database.engine()) as session:
        made = workstations.enrol(session, used)
        assert workstations.recognised(session, made.token) is not None
        assert workstations.recognised(session, made.token + "x") is None
    for code in (used, old, "nothing"):
        with unit_of_work(workshop.database.engine()) as session, pytest.raises(WorkstationCodeInvalid):
            workstations.enrol(session, code)


def test_secrets_are_kept_as_hashes(workshop: Workshop) -> None:
    with workshop.unit() as session:
        code = workstations.issue_code(session, admin_of(workshop), workshop.site_id, "Desk 1")
    with unit_of_work(workshop.database.engine()) as session:
        token = workstations.enrol(session, code).token
    with workshop.unit() as session:
        kept = [*session.execute(text("SELECT w::text || c::text FROM workstation w, workstation_code c")).scalars()]
        kept += session.execute(text("SELECT convert_from(body, 'UTF8') FROM audit_event")).scalars()
        assert not any(secret in row for row in kept for secret in (token, code, code.replace("-", "")))


def test_other_roles_and_other_organisations(app: FastAPI, workshop: Workshop, stranger: Workshop) -> None:
    mo = browser_of(app, workshop.worker)
    assert mo.get("/workstations").status_code == 403
    assert mo.post("/workstations", name="Desk", site_id=workshop.site_id).status_code == 403
    auditor = browser_of(app, workshop.auditor).get("/workstations")
    assert auditor.status_code == 200
    assert "Enrol a computer" not in auditor.text
    admin = admin_of(workshop)
    with workshop.unit() as session:
        with pytest.raises(RoleMissing):
            workstations.issue_code(session, workshop.lead, workshop.site_id, "Desk")
        with pytest.raises(SiteNotFound):
            workstations.issue_code(session, admin, stranger.site_id, "Desk")
        code = workstations.issue_code(session, admin, workshop.site_id, "Desk")
    with unit_of_work(workshop.database.engine()) as session:
        row = workstations.enrol(session, code).row
        session.expunge(row)
    other = replace(stranger.lead, roles=frozenset({Role.ADMIN}))
    for act in (
        lambda session: workstations.revoke(session, other, row.id),
        lambda session: workstations.change(session, other, row.id, stranger.site_id, "Mine"),
    ):
        with stranger.unit() as session, pytest.raises(WorkstationNotFound):
            act(session)
        # the query itself asks for the organisation, too
        with workshop.unit() as session, pytest.raises(WorkstationNotFound):
            act(session)


def test_a_forged_cookie_is_nobody(app: FastAPI) -> None:
    client = TestClient(app, cookies={PLAIN_COOKIE: "' OR 1=1 --"}, headers={"accept-language": "en"})
    assert "not enrolled" in client.get("/badge").text
