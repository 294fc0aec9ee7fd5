"""The pages of transfers on the whole application, as a browser without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from labels.codes import show
from tests.fleet.conftest import make_workshop
from tests.fleet.drives.bench_drives import Bench, device_of
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def test_from_the_search_to_the_last_scan(app, workshop):
    desk = make_workshop(workshop.database, "Balie")
    bench = Bench(workshop)
    here, gone = bench.laptop("S-1", wiped=True), bench.laptop("S-2")
    mo, ann, auditor = browser_of(app, workshop.worker), browser_of(app, desk.worker), browser_of(app, workshop.auditor)

    assert "No transfers here" in mo.get("/transfers").text
    found = mo.get("/transfers/new?name=bal").text
    to = re.search(r'value="([0-9a-f-]{36}/[0-9a-f-]{36})"', found)[1]
    assert to == f"{desk.organisation_id}/{desk.site_id}"
    assert mo.post("/transfers/new", name="bal").status_code == 422  # nothing chosen
    path = mo.post("/transfers/new", to=to, name="bal").url.path

    assert "On the list" in mo.post(f"{path}/scan", scanned=here).text
    assert "It is on the list already" in mo.post(f"{path}/scan", scanned=here).text
    red = mo.post(f"{path}/scan", scanned=bench.code())
    assert (red.status_code, "You do not hold this device" in red.text) == (409, True)
    assert "is not a label of ours" in mo.post(f"{path}/scan", scanned="5400141000000").text
    mo.post(f"{path}/scan", scanned=gone)
    assert ann.get(path).status_code == 404
    assert auditor.post(f"{path}/scan", scanned=here).status_code == 403
    assert "It leaves now" not in auditor.get(path).text
    assert "You hold the devices until" in mo.post(f"{path}/send", driver="Jan", seal="S-4").text

    assert "Noord" in ann.get("/transfers").text
    printed = ann.get(f"{path}/print").text
    assert "Received by" in printed
    assert show(here) in printed
    arrived = ann.post(f"{path}/arrive", scanned=here, place="Kast 2")
    assert "You hold it now" in arrived.text
    assert 'value="Kast 2"' in arrived.text  # for the next one
    assert "It was scanned in before" in ann.post(f"{path}/arrive", scanned=here).text
    assert "Not announced" in ann.post(f"{path}/arrive", scanned=bench.code()).text
    assert "devices are missing" in ann.post(f"{path}/close").text
    assert "Missing" in mo.get(path).text
    assert mo.get("/tasks").status_code == 200
    refused = mo.post(f"{path}/lost/{gone}", statement="weg")
    assert (refused.status_code, "Look for" in refused.text) == (409, True)
    assert mo.get(f"{path}/lost/{gone}").status_code == 200
    assert mo.post(f"{path}/found", code=gone).status_code == 200
    assert device_of(workshop, gone).incoming_id is None
    fiche = ann.get(f"/devices/{here}")
    assert fiche.status_code == 200
    assert ann.get(f"/devices/{gone}").status_code == 404


def test_the_same_by_the_api(app, workshop):
    desk = make_workshop(workshop.database, "Balie")
    code = Bench(workshop).laptop("S-1")
    mo, lies = browser_of(app, workshop.worker).http, browser_of(app, desk.lead).http
    for browser in (mo, lies):
        browser.headers["X-CSRF-Token"] = _token(browser)
    found = mo.get("/api/v1/organisations", params={"name": "BALIE"}).json()
    assert [(row["name"], row["sites"]) for row in found] == [("Balie", {str(desk.site_id): "Noord"})]
    made = mo.post("/api/v1/transfers", json={"to": found[0]["id"], "ownership": True})
    assert made.status_code == 201, made.text
    path = f"/api/v1/transfers/{made.json()['id']}"
    assert mo.post(f"{path}/lines", json={"scanned": code}).json() == {"code": code, "green": True, "why": None, "again": False}
    assert mo.delete(f"{path}/lines/{code}").status_code == 204
    assert mo.post(f"{path}/send", json={}).status_code == 409
    mo.post(f"{path}/lines", json={"scanned": code})
    assert mo.post(f"{path}/send", json={"seal": "S-1"}).json()["status"] == "sent"
    assert lies.post(f"{path}/arrivals", json={"scanned": code}).json()["type"] == "/problems/ownership-unanswered"
    assert lies.post(f"{path}/ownership", json={"accept": True}).json()["ownership"] == "accepted"
    assert lies.post(f"{path}/arrivals", json={"scanned": code}).json()["arrival"] == "received"
    assert lies.post(f"{path}/close").json()["status"] == "closed"
    assert lies.get(path).json()["lines"][0]["status"] == "received"
    assert len(lies.get("/api/v1/transfers").json()["items"]) == 1
    assert lies.get("/api/v1/transfers?open=true").json()["items"] == []
    assert device_of(desk, code).owner_id == desk.organisation_id


def _token(browser) -> str:
    """The session's token, as the pages carry it."""
    return re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/transfers").text)[1]
