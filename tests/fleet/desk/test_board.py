"""The list of devices as people use it: filters, pages, views, export, and actions on several devices at once."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from fleet.auth.rules import SYSTEM
from fleet.desk import bulk
from fleet.devices import repository as devices
from fleet.devices.states import State
from fleet.tasks.rules import TaskKind
from fleet.tasks.service import open_task
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def mo(app, workshop) -> Browser:
    return browser_of(app, workshop.worker)


def receive(browser: Browser, **more: object) -> str:
    fields = {"kind": "monitor", "model": "P2419H", "place": "Rek 1", "origin": "found"} | more
    answer = browser.post("/receive", **fields)
    assert answer.status_code == 200, answer.text
    return answer.url.path.split("/")[2]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def row(workshop, code: str):
    with workshop.unit() as session:
        device = devices.by_code(session, code)
        assert device is not None
        session.expunge(device)
        return device


def link(page: str, text: str) -> str:
    """The address of a link of the pager; empty without one."""
    found = re.search(rf'<a class="button [^"]*" href="([^"]*)">(?:(?!</a>).)*<span>{text}</span></a>', page, re.DOTALL)
    return found[1].replace("&amp;", "&") if found else ""


def test_a_long_board_goes_on_page_by_page_and_back(mo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.desk.board.PAGE_SIZE", 2)
    codes = [receive(mo, serial=f"S{number}") for number in range(5)]
    pages, path = [], "/devices?state=received"
    while path:
        page = mo.get(path).text
        pages.append([code for code in codes if f'href="/devices/{code}"' in page])
        back, path = link(page, "Previous page"), link(page, "Next page")
    assert pages == [codes[:2], codes[2:4], codes[4:]]
    page = mo.get(back).text
    assert [code for code in codes if f'href="/devices/{code}"' in page] == codes[2:4]
    assert mo.get("/devices?cursor=nonsense").status_code == 422
    refused = mo.get(back.replace("?", "?sort=code&"))
    assert (refused.status_code, "another order" in refused.text) == (422, True)


def test_filters_stand_in_the_address_and_go_one_by_one(mo) -> None:
    monitor, phone = receive(mo), receive(mo, kind="phone", model="Galaxy A34", place="Rek 2")
    page = mo.get("/devices?kind=phone&q=galaxy").text
    assert phone in page
    assert f'href="/devices/{monitor}"' not in page
    assert 'href="/devices?kind=phone"' in page  # without the words
    assert 'href="/devices?q=galaxy"' in page
    assert "No device matches all of these filters" in mo.get("/devices?kind=phone&place=Rek+1").text
    assert mo.get("/devices?kind=spaceship").status_code == 422
    assert "No device matches" in mo.get("/devices?donation=D-2026-9999").text
    assert "No device matches" in mo.get("/devices?batch=no-id").text


def test_an_export_is_what_is_seen(app, workshop, mo) -> None:
    receive(mo, model='=HYPERLINK("http://evil")', serial="@SUM(A1)")
    receive(mo, kind="phone", model="Galaxy")
    mo.post("/views/devices/columns", columns="serial")
    answer = mo.get("/devices.csv?kind=monitor")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heading, *rows = answer.text.strip("\ufeff\r\n").split("\r\n")
    assert heading == "Code;Serial number"
    assert len(rows) == 1
    assert rows[0].endswith(";'@SUM(A1)")
    mo.post("/views/devices/columns", usual="yes")
    text = mo.get("/devices.csv?kind=monitor&sort=-code").text
    assert ';"\'=HYPERLINK(""http://evil"")";' in text
    dutch = browser_of(app, workshop.worker, "nl").get("/devices.csv").text
    assert dutch.startswith("\ufeffCode;Toestel;")


def test_an_export_reads_window_by_window(mo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.desk.board.EXPORT_PAGE", 2)
    codes = [receive(mo, serial=f"S{number}") for number in range(5)]
    lines = mo.get("/devices.csv").text.splitlines()[1:]
    assert [line.split(";")[0].replace("-", "") for line in lines] == codes


def test_views_are_ones_own_or_for_all(app, workshop, stranger, mo) -> None:
    receive(mo)
    mo.post("/views/devices", name="Mijn telefoons", query="kind=phone&cursor=x", next="/devices")
    mo.post("/views/devices", name="Voor allen", query="state=lost", shared="yes", next="/devices")
    page = mo.get("/devices").text
    assert 'href="/devices?kind=phone"' in page
    fatma, other = browser_of(app, workshop.other_worker), browser_of(app, stranger.worker)
    page = fatma.get("/devices").text
    assert "Voor allen" in page
    assert "Mijn telefoons" not in page
    assert "Voor allen" not in other.get("/devices").text
    shared = re.search(r"/views/devices/([0-9a-f-]{36})/delete", page)
    assert shared is not None
    assert fatma.post(f"/views/devices/{shared[1]}/delete").status_code == 403
    assert other.post(f"/views/devices/{shared[1]}/delete").status_code == 404
    assert browser_of(app, workshop.lead).post(f"/views/devices/{shared[1]}/delete", next="/devices").status_code == 200
    assert "Voor allen" not in fatma.get("/devices").text
    an = browser_of(app, workshop.auditor)
    assert an.post("/views/devices", name="X", query="", shared="yes").status_code == 403
    assert mo.post("/views/devices", name="  ", query="").status_code == 422
    assert mo.post("/views/devices", follow=False, name="Y", query="", next="//evil.example").headers["location"] == "/"


def begin(browser: Browser, action: str, *codes: str, **more: str) -> str:
    """The preview of an action."""
    data = {"csrf_token": browser.token, "action": action, "next": "/devices", "query": "", "codes": list(codes)} | more
    answer = browser.http.post("/devices/bulk", data=data)
    assert answer.status_code == 200, answer.text
    return answer.text


def confirm(browser: Browser, page: str, **answers: str):
    kept = {name: hidden(page, name) for name in ("run", "devices", "action", "next")}
    return browser.post("/devices/bulk/run", **kept, **answers)


def test_a_preview_says_what_changes_and_what_does_not(workshop, mo) -> None:
    codes = [receive(mo, serial=f"S{number}") for number in range(3)]
    mo.post(f"/devices/{codes[2]}/steps/quarantine", choice="stolen", expected_version=1)
    page = begin(mo, "quarantine", *codes)
    assert "2 devices will change" in page
    assert "1 device stays as it is" in page
    assert "Not possible from this state" in page
    assert row(workshop, codes[0]).state is State.RECEIVED
    refused = confirm(mo, page)
    assert (refused.status_code, "Choose one of the options" in refused.text) == (422, True)
    done = confirm(mo, page, choice="donor_question", text="zie mail")
    assert "2 devices changed." in done.text
    assert [row(workshop, code).state for code in codes] == [State.QUARANTINED] * 3
    assert [row(workshop, code).version for code in codes] == [2, 2, 2]


def test_a_second_click_changes_nothing_more(workshop, mo) -> None:
    code = receive(mo)
    page = begin(mo, "place", code)
    assert "1 device changed." in confirm(mo, page, text="Rek 9").text
    assert "1 device changed." in confirm(mo, page, text="Rek 10").text
    assert (row(workshop, code).place, row(workshop, code).version) == ("Rek 9", 2)


def test_what_somebody_else_changed_meanwhile_is_left_alone(app, workshop, mo) -> None:
    first, second = receive(mo, serial="1"), receive(mo, serial="2")
    page = begin(mo, "quarantine", first, second)
    browser_of(app, workshop.other_worker).post(f"/devices/{first}/steps/quarantine", choice="stolen", expected_version=1)
    told = confirm(mo, page, choice="donor_question").text
    assert "1 device changed." in told
    assert "1 device did not change." in told
    assert "Someone else changed" in told
    assert (row(workshop, first).version, row(workshop, second).version) == (2, 2)


def test_a_place_is_left_alone_too_when_somebody_moved_the_device(app, workshop, mo) -> None:
    code = receive(mo)
    page = begin(mo, "place", code)
    fatma = browser_of(app, workshop.other_worker)
    confirm(fatma, begin(fatma, "place", code), text="Rek 2")
    assert "1 device did not change." in confirm(mo, page, text="Rek 3").text
    assert row(workshop, code).place == "Rek 2"


def test_undo_takes_back_what_nothing_came_after(workshop, mo) -> None:
    codes = [receive(mo, serial=f"S{number}") for number in range(2)]
    done = confirm(mo, begin(mo, "quarantine", *codes), choice="donor_question")
    mo.post(f"/devices/{codes[0]}/steps/clear_quarantine", text="toch niet", expected_version=2)
    undone = mo.post(f"{done.url.path}/undo", run=hidden(done.text, "run"))
    assert "1 device changed." in undone.text
    assert "1 device did not change." in undone.text
    assert row(workshop, codes[0]).state is State.INSPECTED
    assert row(workshop, codes[1]).state is State.RECEIVED


def test_all_that_match_in_pieces_with_progress(workshop, mo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    codes = [receive(mo, serial=f"S{number}", place="Kast") for number in range(5)]
    other = receive(mo, serial="X", place="Elders")
    page = begin(mo, "place", all="yes", query=f"place={quote('Kast')}")
    assert "5 devices will change" in page
    answer = confirm(mo, page, text="Zolder")
    assert "2 of 5 devices" in answer.text
    for _ in range(2):
        answer = mo.post(answer.url.path)
    assert "5 devices changed." in answer.text
    assert {row(workshop, code).place for code in codes} == {"Zolder"}
    assert row(workshop, other).place == "Elders"
    monkeypatch.setattr(bulk, "MOST", 3)
    assert "These are the first 3" in begin(mo, "place", all="yes", query="")


def test_who_may_not_and_what_is_damaged(app, workshop, stranger, mo) -> None:
    code = receive(mo)
    an, other = browser_of(app, workshop.auditor), browser_of(app, stranger.worker)
    assert "With the devices that are ticked" not in an.get("/devices").text
    assert an.post("/devices/bulk", action="place", codes=code).status_code == 403
    assert "None of these devices" in begin(other, "place", code)
    page = begin(mo, "place", code)
    forged = {"run": hidden(page, "run"), "action": "place", "text": "Zolder", "next": "/devices"}
    assert "1 device did not change." in other.post("/devices/bulk/run", devices=f"{code}:1", **forged).text
    assert row(workshop, code).version == 1
    for devices_field in ("", "nonsense", f"{code}:-1", f"{code}:99999999999"):
        assert mo.post("/devices/bulk/run", **(forged | {"devices": devices_field})).status_code in {422, 409}
    assert mo.post("/devices/bulk", action="explode", codes=code).status_code == 422
    assert mo.post("/devices/bulk", action="place").status_code == 422
    done = confirm(mo, page, text="Zolder")
    assert browser_of(app, workshop.other_worker).get(done.url.path).status_code == 404
    assert "None" not in done.text


def test_labels_of_several_are_one_file_and_recorded(workshop, mo) -> None:
    codes = [receive(mo, serial=f"S{number}") for number in range(2)]
    data = {"csrf_token": mo.token, "action": "labels", "codes": codes}
    answer = mo.http.post("/devices/bulk", data=data)
    assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert [row(workshop, code).version for code in codes] == [2, 2]


def test_the_notice_of_a_step_offers_to_take_it_back(mo) -> None:
    code = receive(mo)
    page = mo.post(f"/devices/{code}/steps/quarantine", choice="stolen", expected_version=1).text
    assert f'href="/devices/{code}/correct?undo=yes"' in page
    assert ">Taken by mistake</textarea>" in mo.get(f"/devices/{code}/correct?undo=yes").text


def test_tasks_are_filtered_by_kind(app, workshop) -> None:
    with workshop.unit() as session:
        for kind in (TaskKind.NO_BATCH, TaskKind.CLOCK_DIFFERS, TaskKind.NO_BATCH):
            open_task(session, workshop.organisation_id, kind, actor=SYSTEM, data={})
    lies = browser_of(app, workshop.lead)
    assert lies.get("/tasks").text.count('action="/tasks/') == 3
    page = lies.get("/tasks?kind=clock_differs").text
    assert page.count('action="/tasks/') == 1
    assert "No task matches all of these filters" in lies.get("/tasks?kind=image_failed").text
    assert lies.get("/tasks?kind=nonsense").status_code == 422
