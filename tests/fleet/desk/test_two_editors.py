"""Two people at one device: the second is told what the first did, loses nothing that was typed, and decides anew."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from fleet.devices.states import State
from tests.fleet.desk.test_pages import receive, state_of
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
WHY = "Het slot van de vorige eigenaar zit er nog op"


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def quarantine(browser: Browser, code: str, version: str, **fields: str):
    return browser.post(f"/devices/{code}/steps/quarantine", expected_version=version, **fields)


def test_the_second_is_told_and_keeps_what_was_typed(app, workshop) -> None:
    mo, lies = browser_of(app, workshop.worker), browser_of(app, workshop.lead)
    code = receive(mo)
    version = lies.form_version(f"/devices/{code}/steps/quarantine")
    scrapped = {"visual": "scrap", "place": "Rek 9", "expected_version": mo.form_version(f"/devices/{code}/inspect")}
    assert mo.post(f"/devices/{code}/inspect", **scrapped).status_code == 200
    assert state_of(workshop, code) is State.RECYCLE_STAGED
    answer = quarantine(lies, code, version, choice="account_lock", text=WHY)
    assert answer.status_code == 409
    assert WHY in answer.text
    assert re.search(r"<li>[^<]*Mo[^<]*: [^<]*\(now: [^<]+\)</li>", answer.text), "who did what, and what it is now"


def test_sent_again_in_full_knowledge_it_is_done(app, workshop) -> None:
    mo, lies = browser_of(app, workshop.worker), browser_of(app, workshop.lead)
    code = receive(mo)
    version = lies.form_version(f"/devices/{code}/steps/quarantine")
    quarantine(mo, code, version, choice="account_lock", text="eerst")
    path = f"/devices/{code}/steps/report_lost"
    told = lies.post(path, expected_version=version, text="Niet meer in het rek")
    assert told.status_code == 409
    fresh = re.search(r'name="expected_version" value="(\d+)"', told.text)
    assert fresh is not None
    assert fresh[1] != version
    assert lies.post(path, expected_version=fresh[1], text="Niet meer in het rek").status_code == 200
    assert state_of(workshop, code) is State.LOST


def test_a_step_of_somebody_else_is_not_taken_back_unseen(app, workshop) -> None:
    mo, lies = browser_of(app, workshop.worker), browser_of(app, workshop.lead)
    code = receive(mo)
    quarantine(mo, code, mo.form_version(f"/devices/{code}/steps/quarantine"), choice="account_lock", text="slot")
    version = lies.form_version(f"/devices/{code}/correct")
    cleared = mo.form_version(f"/devices/{code}/correct")
    assert mo.post(f"/devices/{code}/correct", expected_version=cleared, text="vergist").status_code == 200
    answer = lies.post(f"/devices/{code}/correct", expected_version=version, text="terug")
    assert answer.status_code == 409
    assert state_of(workshop, code) is State.RECEIVED


def test_a_program_reads_what_changed(app, workshop) -> None:
    mo, lies = browser_of(app, workshop.worker), browser_of(app, workshop.lead)
    code = receive(mo)
    version = int(mo.form_version(f"/devices/{code}/steps/quarantine"))
    quarantine(mo, code, str(version), choice="account_lock", text="slot")
    body = {"step": "report_lost", "expected_version": version, "evidence": [{"type": "loss_statement", "text": "weg"}]}
    answer = lies.http.post(f"/api/v1/devices/{code}/steps", json=body, headers={"X-CSRF-Token": lies.token})
    assert answer.status_code == 409, answer.text
    [change] = answer.json()["changes"]
    assert (change["who"], change["step"], change["to"]) == ("Mo.Noord", "quarantine", "quarantined")
