"""Reports of benches, check-lists of people, and the page that shows both."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fleet.contract import events
from fleet.contract.bench import IntakeReceipt
from fleet.contract.hardware import Battery, CheckAnswer, CheckItem, HardwareReport, StorageHealth
from fleet.contract.kinds import DeviceKind
from fleet.contract.signing import SignedDocument
from fleet.intake.service import take_in
from tests.fleet.bench_events import CODE, Wire, storage
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db
LAPTOP = {"kind": DeviceKind.LAPTOP}


def drive(**said: Any) -> StorageHealth:
    return StorageHealth(key=storage().key, model="Disk", serial="S-100", capacity_bytes=1 << 20, **said)


def report(**changes: object) -> HardwareReport:
    known = {
        "taken_at": datetime(2026, 3, 1, tzinfo=UTC),
        "kind": DeviceKind.LAPTOP,
        "manufacturer": "LENOVO",
        "model": "ThinkPad T480",
        "cpu": "i5-8350U",
        "memory_bytes": 8 << 30,
        "storages": (drive(passed=True),),
        "batteries": (Battery(name="BAT0", design=50_000, full=35_000, cycles=312),),
    }
    return HardwareReport.model_validate(known | changes)


@pytest.fixture
def wire(workshop) -> Wire:
    return Wire(workshop.bench.id, workshop.bench_key)


def send(workshop, *documents: SignedDocument) -> list[IntakeReceipt]:
    receipts = []
    for document in documents:
        with workshop.unit() as session:
            receipts.append(take_in(session, workshop.sender, document))
    return receipts


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def mo(app, workshop) -> Browser:
    return browser_of(app, workshop.worker)


def test_a_report_and_a_list_from_a_bench_are_kept_and_shown(workshop, wire, mo) -> None:
    fine = dict.fromkeys(CheckItem, CheckAnswer.GOOD)
    answers = fine | {CheckItem.SPEAKERS: CheckAnswer.WORN}
    measured = wire.event(events.DeviceMeasured(asset_code=CODE, report=report()))
    begin = [wire.received(CODE, **LAPTOP), *wire.labelled(), wire.inspected(), wire.wipe_started(), wire.erased()]
    checked = wire.event(events.DeviceChecked(asset_code=CODE, answers=answers, note="left speaker crackles"))
    receipts = send(workshop, *begin, measured, checked)
    assert [receipt.outcome for receipt in receipts[-2:]] == ["recorded", "recorded"]
    shown = mo.http.get(f"/api/v1/devices/{CODE}/condition").json()
    assert shown["suggestion"]["grade"] == "B"
    assert {reason["finding"] for reason in shown["suggestion"]["reasons"]} == {"battery_worn", "item_worn"}
    assert shown["report"]["batteries"][0]["cycles"] == 312
    page = mo.get(f"/devices/{CODE}/condition").text
    for words in ("Used, works well", "The battery is worn", "70 %", "ThinkPad T480", "i5-8350U", "312"):
        assert words in page
    fiche = mo.get(f"/devices/{CODE}").text
    assert "Speakers: worn" in fiche
    assert f'href="/devices/{CODE}/condition"><span class="hide">Suggested grade </span>B</a>' in fiche
    assert "Healthy" in fiche


def test_a_drive_that_says_it_fails_says_so_beside_its_certificate(workshop, wire, mo) -> None:
    failing = report(kind=DeviceKind.DRIVE, storages=(drive(passed=False, power_on_hours=48_211),))
    send(workshop, *wire.whole_job(), wire.event(events.DeviceMeasured(asset_code=CODE, report=failing)))
    fiche = mo.get(f"/devices/{CODE}").text
    assert "Failing" in fiche
    assert "48.211 hours in use" in fiche.replace(",", ".")
    silent = report(kind=DeviceKind.DRIVE, storages=(drive(passed=None),))
    send(workshop, wire.event(events.DeviceMeasured(asset_code=CODE, report=silent)))
    assert "Health not known" in mo.get(f"/devices/{CODE}").text


def test_a_device_that_is_not_proven_wiped_gets_no_grade(workshop, wire, mo) -> None:
    answers = dict.fromkeys(CheckItem, CheckAnswer.GOOD)
    send(
        workshop,
        wire.received(CODE, **LAPTOP),
        wire.event(events.DeviceMeasured(asset_code=CODE, report=report())),
        wire.event(events.DeviceChecked(asset_code=CODE, answers=answers)),
    )
    suggestion = mo.http.get(f"/api/v1/devices/{CODE}/condition").json()["suggestion"]
    assert (suggestion["grade"], suggestion["lacking"]) == (None, ["not_erased", "not_inspected"])
    assert "It is not proven that everything is wiped." in mo.get(f"/devices/{CODE}/condition").text


def test_the_list_is_filled_in_on_the_page_and_comes_back_as_it_was(workshop, wire, mo) -> None:
    send(workshop, wire.received(CODE, **LAPTOP))
    fields = {f"item-{item}": "good" for item in CheckItem} | {"item-screen": "broken", "note": "line over the picture"}
    answer = mo.post(f"/devices/{CODE}/condition", **fields)
    assert answer.status_code == 200
    assert "The check-list is kept." in answer.text
    assert 'value="broken" required checked' in answer.text
    assert mo.http.get(f"/api/v1/devices/{CODE}/condition").json()["answers"]["screen"] == "broken"


def test_an_empty_list_and_a_strange_item_are_refused(workshop, wire, mo) -> None:
    send(workshop, wire.received(CODE, kind=DeviceKind.DESKTOP))
    assert mo.post(f"/devices/{CODE}/condition", note="nothing").status_code == 422
    headers = {"x-csrf-token": mo.token}
    path = f"/api/v1/devices/{CODE}/checks"
    refused = mo.http.post(path, json={"answers": {"keyboard": "good"}}, headers=headers)
    assert (refused.status_code, "keyboard" in refused.json()["detail"]) == (422, True)
    taken = mo.http.post(path, json={"answers": {"ports": "good"}}, headers=headers)
    assert taken.status_code == 200, taken.text
    assert taken.json()["answers"] == {"ports": "good"}


def test_only_a_workshop_fills_in_the_list(workshop, wire, app) -> None:
    send(workshop, wire.received(CODE, **LAPTOP))
    auditor = browser_of(app, workshop.auditor)
    assert auditor.get(f"/devices/{CODE}/condition").status_code == 200
    assert auditor.post(f"/devices/{CODE}/condition", **{"item-ports": "good"}).status_code == 403


def test_a_stranger_sees_neither(workshop, stranger, wire, app) -> None:
    send(workshop, wire.received(CODE, **LAPTOP), wire.event(events.DeviceMeasured(asset_code=CODE, report=report())))
    assert browser_of(app, stranger.worker).get(f"/devices/{CODE}/condition").status_code == 404
    with stranger.unit() as session:
        assert session.connection().execute(text("SELECT count(*) FROM hardware_report")).scalar() == 0


def test_a_report_never_changes(workshop, wire) -> None:
    send(workshop, wire.received(CODE, **LAPTOP), wire.event(events.DeviceMeasured(asset_code=CODE, report=report())))
    with pytest.raises(DBAPIError, match="permission denied"), workshop.unit() as session:
        session.connection().execute(text("UPDATE hardware_report SET report = '{}'"))
