"""What the sign-in page does beside checking the password."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from fleet.accounts import service
from fleet.accounts.tokens import token_hash
from fleet.app import create_app
from fleet.auth.rules import Role
from fleet.config import Settings
from tests.fleet.accounts.people import admin_of
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db
PASSWORD = "vier groene fietsen"
FORM = {"login": "els", "password": PASSWORD, "next": "/devices"}


@pytest.fixture
def page(workshop: Workshop, settings: Settings) -> Iterator[TestClient]:
    with workshop.unit() as session:
        service.create(session, admin_of(workshop), "els", "Els", PASSWORD, frozenset({Role.WORKSHOP}))
    headers = {"accept-language": "en", "user-agent": "Firefox on Linux"}
    with TestClient(create_app(settings), headers=headers, follow_redirects=False) as client:
        yield client


def test_a_planted_token_opens_nothing_and_the_browser_is_known_afterwards(page: TestClient, workshop: Workshop) -> None:
    page.cookies.set("heropstart", "planted-by-somebody")
    page.cookies.set("heropstart-known", "nonsense")
    answered = page.post("/sign-in", data=FORM)
    assert (answered.status_code, answered.headers["location"]) == (303, "/devices")
    token, known = answered.cookies["heropstart"], answered.cookies["heropstart-known"]
    assert token != "planted-by-somebody"
    assert "els" not in known
    with workshop.unit() as session:
        query = text("SELECT idle_minutes, user_agent, means FROM account_session WHERE token_hash = :hash")
        assert tuple(session.execute(query, {"hash": token_hash(token)}).one()) == (120, "Firefox on Linux", "password")
        planted = session.execute(query, {"hash": token_hash("planted-by-somebody")}).first()
    assert planted is None


def test_who_rests_too_long_is_out(page: TestClient, workshop: Workshop) -> None:
    page.post("/sign-in", data=FORM)
    assert page.get("/account/security").status_code == 200
    with workshop.unit() as session:
        session.execute(text("UPDATE account_session SET last_seen_at = now() - interval '121 minutes'"))
    assert page.get("/account/security").headers["location"].startswith("/sign-in")


def test_a_password_that_an_admin_set_is_changed_first(page: TestClient, workshop: Workshop) -> None:
    page.post("/sign-in", data=FORM)
    with workshop.unit() as session:
        els = session.execute(text("SELECT id FROM account WHERE login = 'els'")).scalar_one()
        service.set_password(session, admin_of(workshop, "bea"), els, "vijf rode bussen")
    assert page.get("/account/security").headers["location"].startswith("/sign-in")
    answered = page.post("/sign-in", data=FORM | {"password": "vijf rode bussen"})
    assert answered.headers["location"] == "/account/password"
