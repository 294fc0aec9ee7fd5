"""What follows a scan: never a jump, always a choice of what this person may do now."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from fleet.custody import service as custody
from tests.fleet.bench_events import CODE
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
SNIPE = "https://assets.example.org/hardware/123"
BADGE = "HPB" + "CBDEFGHIJKLNRTUV" * 2


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


def scanned(browser: Browser, text: str, path: str = "/scan"):
    return browser.get(path, params={"q": text}, follow_redirects=False)


def send(browser: Browser, path: str, **body: object):
    return browser.http.post(path, json=body, headers={"x-csrf-token": browser.token})


def actions(page: str) -> list[str]:
    """Where the card of a device leads to, the big button first."""
    return re.findall(r'href="(/devices/[^"]+)"', page.split("data-said")[1].split("</section>", maxsplit=1)[0])


def test_a_scan_shows_its_device_whatever_was_scanned_and_never_jumps(mo) -> None:
    code = receive(mo, serial="AB 12")
    shown = f"{code[:4]}-{code[4:]}"
    for typed in [code, code.lower(), shown, f"HTTP://TESTSERVER/A/{code}", "ab12", f"\t{code}\r"]:
        answer = scanned(mo, typed)
        assert (answer.status_code, 'data-outcome="good"' in answer.text) == (200, True), typed
        assert shown in answer.text
        assert "Rek 1" in answer.text
    for path in [f"/A/{code}", f"/a/{code.lower()}"]:
        answer = mo.get(path, follow_redirects=False)
        assert (answer.status_code, 'data-outcome="good"' in answer.text) == (200, True)
    assert mo.get("/A/nonsense").status_code == 404


def test_the_most_likely_action_comes_first_and_serious_ones_last(mo) -> None:
    code = receive(mo)
    assert actions(scanned(mo, code).text)[0] == f"/devices/{code}/inspect"
    mo.post(f"/devices/{code}/steps/quarantine", choice="donor_question", expected_version=1)
    offered = actions(scanned(mo, code).text)
    assert offered[0] == f"/devices/{code}/steps/clear_quarantine"
    assert f"/devices/{code}" in offered
    assert set(offered[-2:]) == {f"/devices/{code}/steps/{step}" for step in ("stage_recycling", "report_lost")}
    for path in offered:
        assert mo.get(path).status_code == 200, path


def test_nobody_is_offered_what_they_may_not_do(mo, an) -> None:
    code = receive(mo)
    assert actions(scanned(an, code).text) == [f"/devices/{code}", f"/devices/{code}/condition"]


def test_an_ambiguous_scan_offers_a_choice_of_devices_and_each_leads_to_its_own_choice(mo) -> None:
    first = receive(mo, serial="TWICE")
    second = receive(mo, serial="TWICE", model="Another")
    page = scanned(mo, "twice")
    assert (page.status_code, 'data-outcome="warn"' in page.text) == (200, True)
    links = re.findall(r'class="choice" href="([^"]+)"', page.text)
    assert links == [f"/scan?q={code[:4]}-{code[4:]}" for code in (first, second)]
    assert 'data-outcome="good"' in mo.get(links[0]).text


UNKNOWN = [
    ("", "warn", "Nothing was scanned"),
    ("VC2R-1YD7", "bad", "misread"),
    (CODE, "bad", "belong to another organisation"),
    ("https://shop.example/p/1", "warn", "Web address"),
    ("unknown-serial", "warn", "/receive?serial=unknown-serial"),
    (SNIPE, "warn", "Number 123 of Snipe-IT assets.example.org"),
    ("490154203237518", "warn", "/receive?also=490154203237518"),
    ("ftp://x.org/1", "bad", "not one of our labels"),
    ("<script>alert(1)</script>", "warn", "&lt;script&gt;"),
]


def test_a_scan_that_finds_nothing_says_what_to_do(mo) -> None:
    for typed, outcome, told in UNKNOWN:
        for path in ("/scan", "/scan/result"):
            answer = scanned(mo, typed, path)
            assert answer.status_code == 404
            assert f'data-outcome="{outcome}"' in answer.text, typed
            assert told in answer.text, typed


def test_a_badge_is_recognised_and_never_shown_again(mo) -> None:
    answer = scanned(mo, BADGE.lower())
    assert answer.status_code == 200
    assert "This is a badge" in answer.text
    assert BADGE[3:].lower() not in answer.text.lower().replace(f"q={BADGE.lower()}", "")


def test_the_code_on_a_certificate_leads_to_its_page_and_is_no_number(mo) -> None:
    page = scanned(mo, "http://testserver/verify/6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11")
    assert page.status_code == 200
    assert 'href="/verify/6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11"' in page.text
    assert "/scan/attach" not in page.text
    assert 'href="//evil' not in scanned(mo, "http://testserver//evil.example/x").text


def test_an_auditor_is_not_asked_to_attach_or_to_receive(an) -> None:
    page = scanned(an, SNIPE).text
    assert "/scan/attach" not in page
    assert an.get("/scan/attach", params={"q": SNIPE}).status_code == 403


def test_a_number_is_attached_by_two_scans_and_finds_the_device_from_then_on(mo) -> None:
    code = receive(mo)
    assert "Now scan the label" in mo.get("/scan/attach", params={"q": SNIPE}).text
    refused = mo.post("/scan/attach", q=SNIPE, device="VC2R-1YD7")
    assert (refused.status_code, "not one device of yours" in refused.text) == (422, True)
    page = mo.post("/scan/attach", q=SNIPE, device=f"HTTP://TESTSERVER/A/{code}")
    assert page.status_code == 200
    assert "From now on this number finds the device" in page.text
    found = scanned(mo, SNIPE)
    assert f"/devices/{code}/inspect" in found.text
    assert "Snipe-IT assets.example.org" in found.text
    assert "Number attached:" in mo.get(f"/devices/{code}").text


def test_a_new_device_is_received_together_with_its_number(mo) -> None:
    assert SNIPE in mo.get("/receive", params={"also": SNIPE}).text
    code = receive(mo, also=SNIPE)
    assert f"/devices/{code}/inspect" in scanned(mo, SNIPE).text


def test_a_device_is_not_received_when_its_number_belongs_to_another(mo) -> None:
    receive(mo, also=SNIPE)
    answer = mo.post("/receive", kind="monitor", model="Second", place="Rek 1", origin="found", also=SNIPE)
    assert answer.status_code == 409
    assert "Second" not in mo.get("/devices").text


def test_a_lead_takes_a_wrong_number_away_with_a_reason(mo, lies) -> None:
    code = receive(mo, also=SNIPE)
    assert "/remove" not in mo.get(f"/devices/{code}/numbers").text
    [path] = re.findall(r'href="(/devices/[^"]+/remove)"', lies.get(f"/devices/{code}/numbers").text)
    assert mo.get(path).status_code == 403
    assert mo.post(path, text="x").status_code == 403
    assert "Write in a few words" in lies.post(path, text="").text
    assert "stays on record" in lies.post(path, text="Van een ander toestel").text
    assert scanned(mo, SNIPE).status_code == 404
    assert lies.get(path).status_code == 404


def test_the_api_finds_attaches_lists_and_removes(mo, lies, stranger, app) -> None:
    code = receive(mo, serial="S-1")
    made = send(mo, f"/api/v1/devices/{code}/identifiers", scanned=SNIPE)
    assert made.status_code == 201, made.text
    found = mo.get("/api/v1/scan", params={"q": SNIPE}).json()
    assert (found["kind"], found["reference"]["system"]) == ("elsewhere", "snipe_it")
    assert [(match["asset_code"], match["by"]["host"]) for match in found["matches"]] == [(code, "assets.example.org")]
    assert [row["kind"] for row in mo.get(f"/api/v1/devices/{code}/identifiers").json()] == ["foreign_id", "serial"]
    removal = f"/api/v1/devices/{code}/identifiers/{made.json()['id']}/removal"
    assert send(mo, removal, reason="x").status_code == 403
    left = send(lies, removal, reason="x").json()
    assert [row["kind"] for row in left] == ["serial"]
    other = browser_of(app, stranger.worker)
    assert other.get(f"/api/v1/devices/{code}/identifiers").status_code == 404
    assert other.get("/api/v1/scan", params={"q": "S-1"}).json()["devices"] == []


def test_a_device_on_a_transfer_leads_to_it_and_one_elsewhere_offers_no_steps(workshop, mo, an, stranger, app) -> None:
    code = receive(mo)
    with workshop.unit() as session:
        site = custody.Destination(stranger.organisation_id)
        transfer = custody.draft(session, workshop.worker, site).id
        custody.pack(session, workshop.worker, transfer, code)
    there = f"/transfers/{transfer}"
    page = scanned(mo, code).text
    assert f'class="button main big wide" href="{there}"' in page
    assert there not in scanned(an, code).text
    with workshop.unit() as session:
        custody.send(session, workshop.worker, transfer, custody.Consignment())
    other = browser_of(app, stranger.worker)
    page = scanned(other, code).text
    assert "Scan it in" in page
    assert "It is with Noord now." in page
    assert actions(page) == [f"/devices/{code}"]


def test_the_number_finds_by_its_index(workshop) -> None:
    with workshop.unit() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        query = "EXPLAIN SELECT id FROM identifier WHERE value = 'PF1' AND removed_at IS NULL"
        plan = "\n".join(session.execute(text(query)).scalars())
    assert "identifier_value" in plan
