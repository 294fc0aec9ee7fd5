"""The pages' own promises, on the whole application: who may, what is refused, what a form keeps, what a scan leads to."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from fleet.devices import repository as devices
from fleet.devices.states import State
from fleet.intake.service import take_in
from tests.fleet.bench_events import CODE, Wire, storage
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def mo(app, workshop) -> Browser:
    return browser_of(app, workshop.worker)


@pytest.fixture
def lies(app, workshop) -> Browser:
    return browser_of(app, workshop.lead)


@pytest.fixture
def an(app, workshop) -> Browser:
    return browser_of(app, workshop.auditor)


def receive(browser: Browser, **more: object) -> str:
    """A monitor received by hand; its code."""
    fields = {"kind": "monitor", "model": "P2419H", "place": "Rek 1", "origin": "found"} | more
    answer = browser.post("/receive", **fields)
    assert answer.status_code == 200, answer.text
    return answer.url.path.split("/")[2]


def state_of(workshop, code: str) -> State:
    with workshop.unit() as session:
        device = devices.by_code(session, code)
        assert device is not None
        return device.state


def test_a_stranger_is_led_to_the_sign_in(app) -> None:
    stranger = Browser(app, None)
    for path in ["/devices", "/receive", "/donations", "/tasks", "/scan?q=x", f"/devices/{CODE}", f"/devices/{CODE}/test"]:
        answer = stranger.get(path, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    assert stranger.post("/receive", follow=False, kind="monitor").status_code == 303


def test_no_page_shows_another_organisations_device(app, mo, stranger) -> None:
    code = receive(mo, serial="SER-77")
    other = browser_of(app, stranger.worker)
    assert other.get(f"/devices/{code}").status_code == 404
    assert other.get("/scan?q=SER-77").status_code == 404
    assert code not in other.get("/devices").text
    assert other.post(f"/devices/{code}/label").status_code == 404
    face = other.get(f"/A/{code}")
    assert face.status_code == 200
    assert "Noord" in face.text
    assert "P2419H" not in face.text


def test_an_auditor_sees_everything_and_changes_nothing(workshop, mo, an) -> None:
    code = receive(mo)
    assert an.get(f"/devices/{code}").status_code == 200
    for path in [f"/devices/{code}/inspect", f"/devices/{code}/test", f"/devices/{code}/release", "/receive"]:
        assert an.get(path).status_code == 403
    assert an.post(f"/devices/{code}/steps/quarantine", choice="stolen", expected_version=1).status_code == 403
    assert an.post("/donations/new", donor_name="Stad").status_code == 403
    assert state_of(workshop, code) is State.RECEIVED


@pytest.mark.parametrize(
    "path",
    ["/receive", "/donations/new", "/sign-out", f"/devices/{CODE}/inspect", f"/devices/{CODE}/label", f"/devices/{CODE}/correct"],
)
def test_every_form_asks_for_the_sessions_token(mo, path: str) -> None:
    mo.token = "of somebody else"
    answer = mo.post(path)
    assert answer.status_code == 403
    assert "too old" in answer.text


def test_a_refused_form_keeps_what_was_typed(mo) -> None:
    answer = mo.post("/receive", kind="monitor", model="", place="Rek <3>", origin="found", imei="490154203237519")
    assert answer.status_code == 422
    assert 'value="Rek &lt;3&gt;"' in answer.text
    assert 'value="monitor" required checked' in answer.text
    assert 'href="#model"' in answer.text
    assert "One digit of this IMEI is wrong" in answer.text


def test_a_donated_device_needs_its_batch(mo) -> None:
    answer = mo.post("/receive", kind="monitor", model="X", place="Rek 1", origin="donated")
    assert answer.status_code == 422
    assert 'href="#batch_id"' in answer.text


def test_the_same_serial_is_not_received_twice(mo) -> None:
    code = receive(mo, serial="SN 4711")
    answer = mo.post("/receive", kind="monitor", model="p2419h", place="Rek 2", origin="found", serial="sn4711")
    assert answer.status_code == 409
    assert f"{code[:4]}-{code[4:]}" in answer.text


def test_who_looked_at_an_old_page_is_told(workshop, mo, lies) -> None:
    code = receive(mo)
    version = mo.form_version(f"/devices/{code}/steps/quarantine")
    lies.post(f"/devices/{code}/steps/quarantine", choice="stolen", expected_version=version)
    assert state_of(workshop, code) is State.QUARANTINED
    answer = mo.post(f"/devices/{code}/steps/report_lost", text="Niet in het rek", expected_version=version)
    assert answer.status_code == 409
    assert "Someone else changed" in answer.text
    assert "Niet in het rek" in answer.text
    assert state_of(workshop, code) is State.QUARANTINED


def test_a_refused_form_leaves_nothing_behind(workshop, mo) -> None:
    code = receive(mo)
    mo.post(f"/devices/{code}/label")
    with workshop.unit() as session:
        before = devices.by_code(session, code).version
    # the label is right, so its proof would be kept; the place is missing, so nothing may be
    answer = mo.post(f"/devices/{code}/inspect", visual="good", scanned=code, expected_version=before)
    assert answer.status_code == 422
    with workshop.unit() as session:
        assert devices.by_code(session, code).version == before


def test_what_is_missing_is_said_in_words(mo) -> None:
    code = receive(mo)
    answer = mo.post(f"/devices/{code}/inspect", visual="good", place="Rek 1")
    assert answer.status_code == 409
    assert "The label is not scanned back yet" in answer.text
    assert "label_scanned_back" not in answer.text


def test_a_release_says_what_is_missing(workshop, mo) -> None:
    wire = Wire(workshop.bench.id, workshop.bench_key)
    for document in wire.whole_job(CODE, storage()):
        with workshop.unit() as session:
            take_in(session, workshop.sender, document)
    assert state_of(workshop, CODE) is State.WIPED
    page = mo.get(f"/devices/{CODE}/release").text
    assert "cannot be released now" in page
    fiche = mo.get(f"/devices/{CODE}").text
    assert "Everything is wiped" in fiche
    assert "/certificates/" in fiche


def test_a_correction_takes_the_last_step_back(workshop, mo) -> None:
    code = receive(mo)
    mo.post(f"/devices/{code}/steps/quarantine", choice="donor_question", expected_version=1)
    answer = mo.post(f"/devices/{code}/correct", text="verkeerd toestel")
    assert "taken back" in answer.text
    assert state_of(workshop, code) is State.RECEIVED
    assert mo.post(f"/devices/{code}/correct", text="nog eens").status_code == 409


def test_a_step_with_a_page_of_its_own_has_no_other(mo) -> None:
    code = receive(mo)
    assert mo.get(f"/devices/{code}/steps/release").status_code == 404
    assert mo.post(f"/devices/{code}/steps/release").status_code == 404


def test_the_way_of_a_donation(lies, mo) -> None:
    answer = lies.post("/donations/new", donor_name="Stad <Gent>", donor_kind="authority", declared_serials="A1\nB2")
    reference = answer.url.path.split("/")[-1]
    assert "Stad &lt;Gent&gt;" in answer.text
    page = lies.post(f"/donations/{reference}/batches", received_count="2").text
    batch = page.split("/receive?batch=")[1].split('"')[0]
    receive(mo, origin="donated", batch_id=batch, serial="A1")
    page = lies.get(f"/donations/{reference}").text
    assert "1 counted at arrival, but not registered yet." in page
    assert "1 declared serial numbers were not found: B2" in page
    refused = lies.post(f"/donations/{reference}/close")
    assert refused.status_code == 409
    assert "still open" in refused.text
    lies.post(f"/donations/{reference}/batches/{batch}/close")
    assert "is closed" in lies.post(f"/donations/{reference}/close").text
    answer = mo.post("/receive", kind="monitor", model="Y", place="Rek 1", origin="donated", batch_id=batch)
    assert answer.status_code == 409


def test_a_task_is_closed_with_a_note(workshop, lies, mo) -> None:
    wire = Wire(workshop.bench.id, workshop.bench_key)
    with workshop.unit() as session:
        take_in(session, workshop.sender, wire.received())
    page = lies.get("/tasks").text
    task = page.split('action="/tasks/')[1].split("/")[0]
    assert "A device came in without a batch" in page
    assert lies.post(f"/tasks/{task}/close", note="").status_code == 422
    assert mo.post(f"/tasks/{task}/close", note="ik ook").status_code == 403
    assert "The task is closed." in lies.post(f"/tasks/{task}/close", note="lot B-1").text
    assert f"/tasks/{task}/" not in lies.get("/tasks").text


def test_a_hostile_name_stays_text_everywhere(mo) -> None:
    code = receive(mo, model="<script>x</script>", manufacturer='"><img src=x>', place="{{ 7*7 }}")
    for path in ["/devices", f"/devices/{code}", f"/devices/{code}/inspect"]:
        page = mo.get(path).text
        assert "<script>x" not in page
        assert "<img src=x" not in page
        assert "{{ 7*7 }}" in page
