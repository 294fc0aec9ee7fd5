"""At which site a device stands: known from the bench, the workstation or the form, and a filter of the list."""

import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from alembic import command
from fastapi import FastAPI
from sqlalchemy import update

from fleet.accounts.models import AccountSession
from fleet.accounts.workstations_models import Workstation
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.contract.kinds import DeviceKind
from fleet.db.engine import Role as DatabaseRole
from fleet.db.migrate import alembic_config
from fleet.desk.receiving import NewArrival, usual_site
from fleet.desk.receiving import receive as take_in
from fleet.devices.models import Device
from fleet.devices.states import Origin
from fleet.organisations import service as organisations
from tests.fleet.drives.bench_drives import Bench, device_of
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def mo(app, workshop) -> Browser:
    return browser_of(app, workshop.worker)


def admin_of(workshop) -> Principal:
    return Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")


def add_site(workshop, name: str = "Zuid") -> UUID:
    with workshop.unit() as session:
        return organisations.add_site(session, admin_of(workshop), name).id


def received(browser: Browser, **more: object) -> str:
    fields = {"kind": "monitor", "model": "P2419H", "place": "Rek 1", "origin": "found"} | more
    answer = browser.post("/receive", **fields)
    assert answer.status_code == 200, answer.text
    return answer.url.path.split("/")[2]


def test_the_only_site_is_not_asked_for_and_several_are(workshop, stranger, mo) -> None:
    assert "At which site?" not in mo.get("/receive").text
    assert device_of(workshop, received(mo)).site_id == workshop.site_id
    south = add_site(workshop)
    assert "At which site?" in mo.get("/receive").text
    unchosen = r'<select id="site_id"[^>]*required[^>]*>\s*<option value="">'
    assert re.search(unchosen, mo.get("/receive").text), "nobody chooses by oversight"
    code = received(mo, site_id=south)
    assert device_of(workshop, code).site_id == south
    assert "Zuid" in mo.get(f"/devices/{code}").text
    assert device_of(workshop, received(mo)).site_id is None, "nobody said it, so nobody knows"
    theirs = mo.post("/receive", kind="monitor", model="X", place="Y", origin="found", site_id=stranger.site_id)
    assert theirs.status_code == 404
    with workshop.unit() as session:
        organisations.change_site(session, admin_of(workshop), south, "Zuid", is_open=False)
    assert mo.post("/receive", kind="monitor", model="X", place="Y", origin="found", site_id=south).status_code == 409
    assert "At which site?" not in mo.get("/receive").text


def test_the_same_by_the_api(workshop, stranger, mo) -> None:
    south, body = add_site(workshop), {"kind": "monitor", "model": "P2419H", "place": "Rek 1", "origin": "found"}
    mo.http.headers["X-CSRF-Token"] = mo.token
    made = mo.http.post("/api/v1/devices", json=body | {"site_id": str(south)})
    assert (made.status_code, made.json()["site_id"]) == (201, str(south))
    assert mo.http.post("/api/v1/devices", json=body).json()["site_id"] is None
    theirs = mo.http.post("/api/v1/devices", json=body | {"site_id": str(stranger.site_id)})
    assert theirs.json()["type"] == "/problems/site-not-found"


def test_a_bench_and_a_workstation_know_where_they_stand(workshop, mo) -> None:
    south = add_site(workshop)
    assert device_of(workshop, Bench(workshop).laptop("S-1")).site_id == workshop.site_id
    station = Workstation(organisation_id=workshop.organisation_id, site_id=south, name="Balie 1", token_hash=b"w" * 32)
    with workshop.unit() as session:
        session.add(station)
        session.flush()
        here = replace(workshop.worker, workstation_id=station.id)
        new = NewArrival(kind=DeviceKind.MONITOR, model="P2419H", place="Balie", origin=Origin.FOUND)
        assert take_in(session, here, new).site_id == south
        assert usual_site(session, replace(here, workstation_id=uuid4())) is None
        assert usual_site(session, workshop.worker) is None
        session.exec(update(AccountSession).values(workstation_id=station.id))
    assert f'<option value="{south}" selected>' in mo.get("/receive").text


def test_the_list_by_site(app, workshop, stranger, mo) -> None:
    south = add_site(workshop)
    here, there, unsaid = received(mo, site_id=workshop.site_id), received(mo, site_id=south), received(mo)

    def shown(path: str) -> set[str]:
        return {code for code in (here, there, unsaid) if f'href="/devices/{code}"' in mo.get(path).text}

    assert shown("/devices") == {here, there, unsaid}
    assert shown("/devices?site=zuid") == {there}
    assert shown("/devices?site=Noord&state=received") == {here}
    assert shown("/devices?site=Oost") == set()
    assert browser_of(app, stranger.worker).get("/devices?site=Zuid").text.count('id="row-') == 0
    assert '<option value="Zuid">' in mo.get("/devices").text
    mo.post("/views/devices", name="In Zuid", query="site=Zuid", next="/devices")
    assert 'href="/devices?site=Zuid">In Zuid' in mo.get("/devices").text
    data = {"csrf_token": mo.token, "columns": ["code", "site"], "next": "/devices?site=Zuid"}
    assert ">Zuid</td>" in mo.http.post("/views/devices/columns", data=data).text
    lines = mo.get("/devices.csv?sort=received").text.strip("\ufeff\r\n").split("\r\n")
    assert [line.split(";")[1] for line in lines] == ["Site", "Noord", "Zuid", ""]
    preview = mo.post("/devices/bulk", action="place", all="yes", query="site=Zuid", next="/devices").text
    assert "1 device will change" in preview
    assert re.search(rf'name="devices" value="{there}', preview)


def test_devices_of_before_are_at_the_only_site(workshop, mo, database) -> None:
    code = received(mo)
    known = device_of(workshop, code).id
    with database.engine(DatabaseRole.OWNER).begin() as connection:
        command.downgrade(alembic_config(connection), "0023")
    with database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.exec_driver_sql("UPDATE device SET site_id = NULL")
    with database.engine(DatabaseRole.OWNER).begin() as connection:
        command.upgrade(alembic_config(connection), "head")
    with workshop.unit() as session:
        device = session.get(Device, known)
        assert device is not None
        assert device.site_id == workshop.site_id
