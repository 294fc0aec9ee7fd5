"""An organisation leaves: what stands in the way, the export that anybody can check, and the closed chain."""

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from fleet.accounts.signin import refused
from fleet.audit import service as audit
from fleet.audit.keys import service_key
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, Principal, Role, SignInMeans
from fleet.cli import app as cli
from fleet.custody import receiving
from fleet.custody import service as custody
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.departures import errors, service
from fleet.departures.checking import ExportWrong, verify_export
from fleet.devices import repository as devices
from fleet.devices.states import State
from fleet.organisations import service as organisations
from fleet.tasks import service as tasks
from tests.fleet.conftest import make_workshop
from tests.fleet.drives.bench_drives import Bench, device_of
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def settle_tasks(side):
    with side.unit() as session:
        for task in tasks.open_tasks(session, limit=200).items:
            tasks.close(session, side.lead, task.id, "nagekeken")


def test_the_whole_way_out(app, settings, workshop, tmp_path):
    desk = make_workshop(workshop.database, "Balie")
    admin = Principal(desk.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    lent, own, given = Bench(workshop).laptop("S-1", wiped=True), Bench(desk).laptop("S-2", wiped=True), Bench(desk).laptop("S-3")
    hand_over(workshop, desk, lent)
    hand_over(desk, workshop, given)  # its own, at the workshop

    with desk.unit() as session:
        with pytest.raises(errors.NotLeaving):
            service.leave(session, admin, settings, "Balie")
        service.begin(session, admin)
        standing = service.obstacles(session, desk.organisation_id)
        assert (standing.own_here, standing.clear) == (1, False)
        assert dict(standing.held_for) == dict(standing.own_elsewhere) == {workshop.organisation_id: 1}
        with pytest.raises(errors.NotClear):
            service.leave(session, admin, settings, "Balie")
    with desk.unit() as session:
        back = service.hand_back(session, admin, workshop.organisation_id).id
        custody.send(session, desk.worker, back, custody.Consignment())
    with workshop.unit() as session:
        receiving.receive(session, workshop.worker, back, lent)
        receiving.close(session, workshop.worker, back)
    with desk.unit() as session:
        offer = service.hand_over(session, admin, workshop.organisation_id).id
        custody.unpack(session, admin, offer, own)
        custody.send(session, desk.worker, offer, custody.Consignment())
    with workshop.unit() as session:
        receiving.answer(session, workshop.lead, offer, accept=True)
        receiving.close(session, workshop.worker, offer)
    with desk.unit() as session:
        assert service.transfer_out(session, admin, settings, "Vzw Buiten") == 0
    settle_tasks(desk)
    assert device_of(desk, own).state is State.TRANSFERRED_OUT
    assert device_of(workshop, given).owner_id == workshop.organisation_id

    with desk.unit() as session:
        with pytest.raises(errors.NameDiffers):
            service.leave(session, admin, settings, "balie")
        left = service.leave(session, admin, settings, " Balie ")
        closing = service.closing(session, left.departure)
        last = bytes(left.departure.last_hash).hex()
    check_the_export(left.export.path, closing, last, tmp_path)
    check_that_it_is_over(app, settings, workshop, desk, left, last, given)


def hand_over(sender, receiver, code):
    with sender.unit() as session:
        transfer = custody.draft(session, sender.worker, custody.Destination(receiver.organisation_id)).id
        custody.pack(session, sender.worker, transfer, code)
        custody.send(session, sender.worker, transfer, custody.Consignment())
    with receiver.unit() as session:
        receiving.receive(session, receiver.worker, transfer, code)
        receiving.close(session, receiver.worker, transfer)


def check_the_export(path, closing, last, tmp_path):
    report = verify_export(path, closing=closing)
    assert (report.closed, report.last_hash, report.certificates) == (True, last, 1)
    assert report.events > 20
    assert report.evidence >= 5
    assert report.evidence_elsewhere > 0  # of the device that the workshop owns by now
    (tmp_path / "closing.json").write_bytes(closing)
    shown = CliRunner().invoke(cli, ["audit", "verify-export", str(path), "--closing", str(tmp_path / "closing.json")])
    assert shown.exit_code == 0, shown.output
    assert report.sha256 in shown.output
    for name in ("chain.ndjson", "evidence.ndjson", "heads.json"):
        with pytest.raises(ExportWrong):
            verify_export(changed(path, name, tmp_path / f"{name}.zip"))
    told = json.loads(closing)
    told["event"] = told["event"].replace(report.sha256, "0" * 64)
    with pytest.raises(ExportWrong, match="another export"):
        verify_export(path, closing=json.dumps(told).encode())
    broken = CliRunner().invoke(cli, ["audit", "verify-export", str(tmp_path / "heads.json.zip")])
    assert broken.exit_code == 2


def changed(path, name, target):
    """A copy with one letter changed in one file, and a manifest that fits it."""
    with zipfile.ZipFile(path) as source:
        parts = {entry: source.read(entry) for entry in source.namelist()}
    letter = {
        "chain.ndjson": (b"site", b"sote"),
        "evidence.ndjson": (b'type\\":\\"', b'type\\":\\"x'),
        "heads.json": (b"a", b"b"),
    }[name]
    assert letter[0] in parts[name]
    parts[name] = parts[name].replace(*letter, 1)
    manifest = json.loads(parts["manifest.json"])
    manifest["files"][name] = hashlib.sha256(parts[name]).hexdigest()
    parts["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as copy:
        for entry, content in parts.items():
            copy.writestr(entry, content)
    return target


def check_that_it_is_over(app, settings, workshop, desk, left, last, given):
    kind = EventType.SITE_CREATED
    with pytest.raises(IntegrityError, match="is closed"), desk.unit() as session:
        audit.record(session, organisation_id=desk.organisation_id, type=kind, actor=SYSTEM, data={})
    refused(workshop.database.engine(), desk.worker.actor.id, desk.organisation_id, SignInMeans.PASSWORD)  # no event, no error
    assert browser_of(app, desk.worker).get("/devices").url.path == "/sign-in"
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        assert session.execute(text("SELECT count(*) FROM bench WHERE revoked_at IS NULL")).scalar_one() == 1
        report = audit.verify(session, desk.organisation_id, audit_key(settings))
        assert report.intact
        assert report.head_hash.hex() == last
    with workshop.unit() as session:
        device = devices.by_code(session, given)
        assert device is not None
        seen = text("SELECT count(*) FROM audit_event WHERE device_id = :id AND organisation_id = :them")
        assert session.execute(seen, {"id": device.id, "them": desk.organisation_id}).scalar_one() > 3
        assert list(organisations.others(session, workshop.worker, "Balie")) == []
        assert not organisations.is_open(session, desk.organisation_id)
    stranger = browser_of(app, workshop.worker)
    stranger.http.cookies.clear()
    page = stranger.get(f"/left/{left.token}").text
    assert left.export.sha256 in page
    assert stranger.get(f"/left/{left.token}/export.zip").content == left.export.path.read_bytes()
    assert stranger.get(f"/left/{left.token}/closing.json").json()["head"]
    assert stranger.get(f"/left/{'x' * 43}").status_code == 404


def audit_key(settings):
    return service_key(settings).public_key()


def test_the_page_can_be_left_and_taken_up_again(app, workshop):
    boss = Principal(workshop.organisation_id, workshop.lead.actor, frozenset({Role.ADMIN}), "lies")
    with workshop.database.engine(DatabaseRole.ADMIN).begin() as connection:
        roles = text("UPDATE membership SET roles = '{admin,lead}' WHERE account_id = :id")
        connection.execute(roles, {"id": workshop.lead.actor.id})
    Bench(workshop).laptop("S-1")
    lies, mo = browser_of(app, boss), browser_of(app, workshop.worker)
    assert mo.get("/organisation/leave").status_code == 403
    assert "Begin to leave" in lies.get("/organisation/leave").text
    begun = lies.post("/organisation/leave").text
    assert "1 device is here and is yours" in begun
    assert re.search(r"Leave for good", begun) is None
    assert lies.post("/organisation/leave/hand-back", organisation=str(workshop.site_id)).status_code == 422
    assert lies.post("/organisation/leave/outside", to=" ").status_code == 422
    assert lies.post("/organisation/leave/end", name="Noord").status_code == 409
    assert lies.post("/organisation/leave/export").headers["content-type"] == "application/zip"
    assert "Your organisation stays" in lies.post("/organisation/leave/stay").text
    assert "Begin to leave" in lies.get("/organisation/leave").text
    assert lies.http.get("/api/v1/organisation/departure").json()["obstacles"]["own_here"] == 1


def test_the_command_says_what_is_left_and_then_ends_it(settings, workshop, tmp_path, monkeypatch):
    monkeypatch.setenv("FLEET_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("FLEET_DATA_DIR", str(tmp_path))
    run = CliRunner()
    added = ["organisation", "add", "Schroot bv", "--kind", "recycler", "--contact", "Kaai 7", "--site", "Loods"]
    assert run.invoke(cli, added).exit_code == 0
    shown = run.invoke(cli, ["organisation", "leave", "Schroot bv"])
    assert "0  own devices here" in shown.output
    closing = tmp_path / "closing.json"
    ended = run.invoke(cli, ["organisation", "leave", "Schroot bv", "--for-good", "--closing", str(closing)])
    assert ended.exit_code == 0, ended.output
    [path] = (tmp_path / "exports").glob("*.zip")
    report = verify_export(path, closing=closing.read_bytes())
    assert report.last_hash in ended.output
    assert report.sha256 in ended.output
    with workshop.unit() as session:
        assert list(organisations.others(session, workshop.worker, "Schroot")) == []


def test_an_export_that_evidence_names_stays_where_it_is(settings, workshop, monkeypatch):
    monkeypatch.setattr(service, "AT_ONCE", 1)
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    bench = Bench(workshop)
    bench.laptop("S-1", wiped=True)
    bench.laptop("S-2", wiped=True)
    with workshop.unit() as session:
        service.begin(session, admin)
    for left in (1, 0):
        with workshop.unit() as session:
            assert service.transfer_out(session, admin, settings, "Vzw Buiten") == left
    with workshop.unit() as session:
        service.export(session, admin, settings)
        cited = session.execute(text("SELECT data->>'export_sha256' FROM evidence WHERE data ? 'export_sha256'")).scalars().all()
    assert len(set(cited)) == 2
    for sha256 in cited:
        report = verify_export(service.exports_dir(settings) / f"{workshop.organisation_id}-{sha256}.zip")
        assert report.sha256 == sha256
        assert report.heads > 0
