"""The pages of loose drives and of destruction, on the whole application: forms, uploads, lists, and who may."""

import base64
import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi import FastAPI

from fleet.destruction import service as destruction
from fleet.destruction.photo import MAX_PHOTO_BYTES
from fleet.devices import repository, service
from fleet.devices.states import State
from tests.fleet.destruction.pictures import SECRET, jpeg
from tests.fleet.drives.bench_drives import Bench, keys_of, state_of
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
def bench(workshop) -> Bench:
    return Bench(workshop)


def upload(browser: Browser, code: str, photo: bytes | None, **fields: str):
    page = browser.get(f"/devices/{code}/destroy").text
    found = re.search(r'name="id" value="([^"]+)"', page)
    data = {"csrf_token": browser.token, "id": found[1] if found else "", "method": "shred", "reason": "draait niet meer"}
    data |= {"place": "Noord", "destroyed_at": re.search(r'name="destroyed_at"[^>]*value="([^"]+)"', page)[1]}
    files = (
        {"photo": ("foto.jpg", photo, "image/jpeg")} if photo is not None else {"photo": ("", b"", "application/octet-stream")}
    )
    return browser.http.post(f"/devices/{code}/destroy", data=data | fields, files=files)


def test_the_way_of_a_destruction(app, workshop, bench, mo):
    code, medium = bench.drive("S-1", wiped=False)
    answer = upload(mo, code, jpeg(), keys=medium.key)
    assert answer.status_code == 200, answer.text
    assert "Waits for a witness" in answer.text
    assert "I saw with my own eyes" not in answer.text  # the operator is not asked
    path = answer.url.path
    photo = mo.get(f"{path}/photo")
    assert photo.headers["content-type"] == "image/jpeg"
    assert SECRET not in photo.content
    assert mo.post(f"{path}/answer", confirmed="true", seen="true").status_code == 403
    fatma = browser_of(app, workshop.other_worker)
    assert path in browser_of(app, workshop.lead).get("/tasks").text
    refused = fatma.post(f"{path}/answer", confirmed="true")
    assert refused.status_code == 422
    assert "Tick that you saw it" in refused.text
    assert "Confirmed by a witness" in fatma.post(f"{path}/answer", confirmed="true", seen="true").text
    assert state_of(workshop, code) is State.RECYCLE_STAGED
    fiche = mo.get(f"/devices/{code}").text
    assert path in fiche
    assert "Destroyed" in fiche


def test_a_photo_that_cannot_be_used_is_told_beside_its_field(bench, mo):
    code, medium = bench.drive("S-1", wiped=False)
    for photo in (b"GIF89a", None, b"\xff\xd8\xff" + bytes(MAX_PHOTO_BYTES)):
        answer = upload(mo, code, photo, keys=medium.key, reason="te <oud>")
        assert answer.status_code == 422
        assert 'href="#photo"' in answer.text
        assert "te &lt;oud&gt;" in answer.text
    assert upload(mo, code, b"\xff\xd8\xff" + bytes(12 << 20), keys=medium.key).status_code == 422
    assert mo.http.post(f"/devices/{code}/destroy", data={"csrf_token": "x"}, files={"photo": b"x"}).status_code == 403


def test_other_forms_take_no_file(mo):
    answer = mo.http.post("/drives/fit", data={"csrf_token": mo.token}, files={"drive": ("x", b"x")})
    assert answer.status_code in {400, 422}


def test_fit_and_take_out_by_scans(workshop, bench, mo):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    assert f"/drives/fit?drive={drive}" in mo.get(f"/devices/{drive}").text
    refused = mo.post("/drives/fit", drive="nonsense", device=laptop)
    assert refused.status_code == 422
    assert 'href="#drive"' in refused.text
    page = mo.post("/drives/fit", drive=f"HTTP://TESTSERVER/A/{drive}", device=laptop)
    assert page.url.path == f"/devices/{laptop}"
    assert "Everything is wiped" in page.text
    assert "Still proven wiped" in page.text
    version = mo.form_version(f"/devices/{laptop}/take-out")
    page = mo.post(f"/devices/{laptop}/take-out", key=medium.key, place="Lade 2", expected_version=version)
    assert page.url.path == f"/devices/{drive}"
    again = mo.post(f"/devices/{laptop}/take-out", key=medium.key, place="Lade 2", expected_version=version)
    assert again.url.path == f"/devices/{drive}"
    assert keys_of(workshop, laptop) == []
    stays = mo.get("/drives/life", params={"key": medium.key}).text
    assert stays.index(drive) < stays.index(laptop)


def test_a_laptop_that_came_back_does_not_show_its_old_proof(workshop, bench, mo):
    laptop = bench.laptop("S-1", wiped=True)
    assert "Not wiped yet" not in mo.get(f"/devices/{laptop}").text
    with workshop.unit() as session:
        device = service.get(session, laptop)
        repository.move(session, device, {"state": State.RETURNED, "outside_version": device.version + 1})
    assert "Not wiped yet" in mo.get(f"/devices/{laptop}").text


def test_the_tray_tells_each_drive_and_goes_on_page_by_page(bench, mo, monkeypatch):
    monkeypatch.setattr("fleet.drives.pages.PAGE_SIZE", 2)
    codes = [bench.drive(f"S-{number}")[0] for number in range(3)]
    dirty, _ = bench.drive("S-9", wiped=False)
    bench.laptop("S-8")
    seen, path = [], "/drives"
    while path:
        page = mo.get(path).text
        seen += re.findall(r'name="codes" value="(\w+)"', page)
        onwards = re.search(r'href="(/drives\?[^"]*cursor=[^"]*)"[^>]*>(?:(?!</a>).)*Next page', page)
        path = onwards[1].replace("&amp;", "&") if onwards else ""
    assert sorted(seen) == sorted([*codes, dirty])
    usable = mo.get("/drives?group=usable").text
    assert dirty not in usable
    assert "/certificates/" in usable
    assert "Not proven" in mo.get("/drives?group=to_wipe").text


def test_the_tray_is_a_list_like_the_others(workshop, bench, mo):
    first, second = bench.drive("S-1")[0], bench.drive("S-2")[0]
    dirty = bench.drive("S-9", wiped=False)[0]
    with workshop.unit() as session:
        repository.move(session, service.get(session, first), {"place": "Rek 7", "model": "SSD 860"})

    def listed(query=""):
        return re.findall(r'name="codes" value="(\w+)"', mo.get(f"/drives{query}").text)

    assert listed("?sort=code") == sorted([first, second, dirty])
    assert listed("?sort=-code") == sorted([first, second, dirty], reverse=True)
    assert sorted(listed("?sort=model")) == sorted(listed("?sort=place")) == sorted([first, second, dirty])
    assert listed("?place=Rek 7") == listed(f"?q={first[:4]}-{first[4:]}") == [first]
    assert listed("?group=to_wipe") == listed("?state=received&state=inspected") == [dirty]
    assert listed("?group=to_wipe&state=wiped") == listed("?state=ready") == listed("?since=2090-01-01") == []
    assert len(listed("?media=sata_ssd")) + len(listed("?media=hdd")) + len(listed("?media=usb_bridge")) >= 2
    assert sorted(listed("?site=noord")) == sorted([first, second, dirty])
    assert listed("?site=zuid") == []
    assert "Show all" in mo.get("/drives?place=nergens").text
    assert mo.get("/drives?group=nonsense").status_code == 422
    assert mo.get("/drives?state=fitted").status_code == 422  # what is in a device lies in no tray
    data = {"csrf_token": mo.token, "columns": ["code", "certificate", "place"], "next": "/drives"}
    mo.http.post("/views/drives/columns", data=data)
    told = mo.get("/drives.csv?sort=code&group=usable").content.decode("utf-8-sig").splitlines()
    assert told[0] == "Code;Certificate;Place"
    assert [line.split(";")[0].replace("-", "") for line in told[1:]] == sorted([first, second])
    assert all(len(line.split(";")[1]) == 36 for line in told[1:])
    assert "<th" in mo.get("/drives").text
    assert "Proof" not in re.findall(r"<thead.*?</thead>", mo.get("/drives").text, re.DOTALL)[0]


def test_a_refused_choice_comes_back_with_its_filters(bench, mo):
    code = bench.drive("S-1")[0]
    refused = mo.http.post("/drives/recycling", data={"csrf_token": mo.token, "codes": [code], "list": "group=usable&sort=-code"})
    assert refused.status_code == 422
    assert re.search(rf'value="{code}" checked', refused.text)
    assert 'name="list" value="group=usable&amp;sort=-code"' in refused.text


def test_several_drives_at_once(workshop, bench, mo):
    first, second = bench.drive("S-1")[0], bench.drive("S-2")[0]
    dirty = bench.drive("S-3", wiped=False)[0]

    def post(path, *codes, **fields):
        data = {"csrf_token": mo.token, "codes": list(codes), **fields}
        return mo.http.post(path, data=data)

    assert post("/drives/recycling", reason="te klein").status_code == 422
    assert post("/drives/recycling", first).status_code == 422
    refused = post("/drives/recycling", first, dirty, reason="te klein")
    assert refused.status_code == 409
    assert "not accounted for" in refused.text
    assert state_of(workshop, first) is State.WIPED  # all or none
    assert post("/drives/recycling", first, second, reason="te klein").status_code == 200
    assert {state_of(workshop, first), state_of(workshop, second)} == {State.RECYCLE_STAGED}
    labels = post("/drives/labels", first, second, size="a4-l7160")
    assert labels.content.startswith(b"%PDF")
    assert post("/drives/labels").status_code == 422


def test_an_auditor_reads_and_changes_nothing(app, workshop, bench):
    an = browser_of(app, workshop.auditor)
    drive, medium = bench.drive("S-1")
    assert an.get("/drives").status_code == 200
    assert 'name="codes"' not in an.get("/drives").text
    for path in ("/drives/fit", f"/devices/{drive}/destroy", f"/devices/{drive}/take-out"):
        assert an.get(path).status_code == 403
    assert an.post("/drives/fit", drive=drive, device=drive).status_code == 403
    assert medium.key in an.get("/drives/life", params={"key": medium.key}).text


def test_nobody_elsewhere_sees_a_record_or_its_photo(app, workshop, bench, mo, stranger):
    code, medium = bench.drive("S-1", wiped=False)
    path = upload(mo, code, jpeg(), keys=medium.key).url.path
    other = browser_of(app, stranger.worker)
    assert other.get(path).status_code == 404
    assert other.get(f"{path}/photo").status_code == 404
    assert other.get(f"/api/v1{path}").status_code == 404
    with workshop.unit() as session:
        assert destruction.get(session, UUID(path.split("/")[-1])).answer is None


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_api_does_what_the_pages_do(app, workshop, bench, language):
    mo = browser_of(app, workshop.worker, language)
    headers = {"X-CSRF-Token": mo.token}
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    moved = mo.http.post("/api/v1/drives/fittings", json={"drive": drive, "device": laptop}, headers=headers).json()
    assert (moved["proven"], moved["drive"]["state"]) == (True, "fitted")
    out = mo.http.post(f"/api/v1/devices/{laptop}/removals", json={"storage_key": medium.key, "place": "x"}, headers=headers)
    assert (out.status_code, out.json()["drive"]["asset_code"]) == (201, drive)
    body = {
        "storage_keys": [medium.key],
        "method": "melt",
        "reason": "defect",
        "place": "Noord",
        "destroyed_at": "2026-01-01T00:00:00Z",
        "photo": base64.b64encode(jpeg()).decode(),
    }
    refused = mo.http.post(f"/api/v1/devices/{drive}/destructions", json=body, headers=headers)
    assert refused.json()["type"] == "/problems/moment-wrong"
    assert [row["asset_code"] for row in mo.http.get("/api/v1/storages/life", params={"key": medium.key}).json()][:1] == [drive]
    assert mo.http.get("/api/v1/drives").json()["items"][0]["certificate_id"]
