"""A session that ends in the middle of a form: nothing that was typed is lost, and nobody else gets it."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.responses import Response

from fleet.accounts import kept
from fleet.accounts.cookies import set_session
from fleet.accounts.resolver import PLAIN_COOKIE
from fleet.db.columns import utc_now
from fleet.db.engine import Role
from fleet.web.kept import SECRET
from tests.fleet.desk.test_pages import receive, state_of
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
WHY = "Het slot <b>van</b> de vorige eigenaar"
PAGE = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def end_sessions(app: FastAPI) -> None:
    with app.state.database.engine(Role.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE account_session SET expires_at = now() - interval '1 minute'"))


def refused(browser: Browser, code: str) -> str:
    """Send a form with a session that has ended; where the browser is led."""
    fields = {"choice": "account_lock", "text": WHY, "expected_version": "1", "password": "geheim"}
    answer = browser.post(f"/devices/{code}/steps/quarantine", follow=False, **fields)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_what_was_typed_waits_for_the_same_person(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    code = receive(mo)
    end_sessions(app)
    place = refused(mo, code)
    assert place.startswith("/sign-in?next=%2Fkept%2F")
    again = browser_of(app, workshop.worker)
    shown = again.get(place.split("next=")[1].replace("%2F", "/"))
    assert shown.status_code == 200
    assert html.escape(WHY) in shown.text
    assert "geheim" not in shown.text
    pairs = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
    target = re.search(r'<form class="card" method="post" action="([^"]+)"', shown.text)
    assert target is not None
    version = again.form_version(f"/devices/{code}/steps/quarantine")
    sent = {name: html.unescape(value) for name, value in pairs.items()} | {"expected_version": version}
    assert again.http.post(target[1], data=sent).status_code == 200
    assert state_of(workshop, code).value == "quarantined"


def test_nobody_else_gets_it(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    code = receive(mo)
    end_sessions(app)
    place = refused(mo, code).split("next=")[1].replace("%2F", "/")
    assert browser_of(app, workshop.lead).get(place).status_code == 404
    assert Browser(app, None).get(place, follow_redirects=False).status_code == 303


@pytest.mark.usefixtures("workshop")
def test_a_stranger_stores_nothing(app) -> None:
    assert kept.keep(app.state.database.engine(), "never-a-session", "/receive", {"text": ["x"]}) is None
    assert refused(Browser(app, None), "8YZABCDE").startswith("/sign-in?next=%2Fdevices")


def test_a_closed_account_stores_nothing(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    with app.state.database.engine(Role.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE account SET active = false WHERE id = :id"), {"id": workshop.worker.actor.id})
    assert "kept" not in refused(mo, "8YZABCDE")


def test_only_the_newest_are_kept_and_none_for_long(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    end_sessions(app)
    for _ in range(kept.AT_MOST + 3):
        place = refused(mo, "8YZABCDE")
    with app.state.database.engine(Role.MAINTENANCE).begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM kept_form")) == kept.AT_MOST
        connection.execute(text("UPDATE kept_form SET kept_at = :old"), {"old": utc_now() - kept.KEPT_FOR - timedelta(seconds=1)})
    assert browser_of(app, workshop.worker).get(place.split("next=")[1].replace("%2F", "/")).status_code == 404


def test_a_page_from_before_another_sign_in_is_sent_with_one_click(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    code = receive(mo)
    mo.token = "of-the-session-before"
    path = f"/devices/{code}/steps/quarantine"
    fields = {"choice": "account_lock", "text": WHY, "expected_version": "1", "csrf_token": mo.token}
    shown = mo.http.post(path, data=fields, headers=PAGE)
    assert shown.status_code == 403
    assert html.escape(WHY) in shown.text
    assert state_of(workshop, code).value == "received", "shown, not done"
    assert "of-the-session-before" not in shown.text


def test_a_browser_that_does_not_say_where_it_comes_from_gets_no_button(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    mo.token = "wrong"
    answer = mo.post("/receive", text=WHY)
    assert answer.status_code == 403
    assert html.escape(WHY) not in answer.text


def test_the_cookie_outlives_its_session() -> None:
    """Else the browser would forget who it was, and nothing could be kept for anybody."""
    response = Response()
    set_session(response, "token", timedelta(hours=12), secure=False)
    found = re.search(rf"{PLAIN_COOKIE}=token;.*Max-Age=(\d+)", response.headers["set-cookie"])
    assert found is not None
    assert int(found[1]) >= timedelta(hours=36).total_seconds()


def test_a_session_that_was_ended_on_purpose_keeps_nothing(app, workshop) -> None:
    mo = browser_of(app, workshop.worker)
    with app.state.database.engine(Role.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE account_session SET revoked_at = now()"))
    assert "kept" not in refused(mo, "8YZABCDE")


def test_no_field_for_a_secret_is_kept() -> None:
    fields = r"ui\.field\(form, '(\w+)',[^\n]*type='password'|name=\"(\w+)\" type=\"password\""
    templates = Path(kept.__file__).parent.parent.glob("*/templates/**/*.html")
    found = {first or second for path in templates for first, second in re.findall(fields, path.read_text())}
    assert {"password", "new_password", "again", "pin", "badge"} <= found
    assert found <= SECRET
