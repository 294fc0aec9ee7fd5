"""The pages and the API of certificates and policy on the whole application, and /verify for everybody."""

import base64
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi.testclient import TestClient
from sqlalchemy import text

from fleet.accounts import benches
from fleet.accounts.models import Account, Membership
from fleet.contract.certificate_file import prove, to_file
from fleet.contract.kinds import Adequacy, MediaType
from fleet.contract.policy import MediumPolicy
from fleet.contract.signing import sign
from fleet.db.engine import Role as DatabaseRole
from fleet.devices import service as devices
from fleet.devices.states import State
from fleet.intake.service import take_in
from fleet.wipes import policies, service
from tests.fleet.bench_events import CODE, Wire, certificate, storage
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db
SERIAL = "SERIAL-NUMBER-OF-THE-DRIVE-7788"
MEDIUM = storage(SERIAL)


@pytest.fixture
def app(settings, workshop):  # noqa: ARG001 - the workshop stands in the same database
    with running(settings) as app:
        yield app


@pytest.fixture
def admin(workshop):
    return replace(workshop.lead, roles=frozenset({"admin"}))


@pytest.fixture
def wire(workshop):
    return Wire(workshop.bench.id, workshop.bench_key, operator="mo.noord")


def send(workshop, *documents):
    for document in documents:
        with workshop.unit() as session:
            take_in(session, workshop.sender, document)


def wiped(workshop, wire):
    """A device with one certificate; its id."""
    send(workshop, *wire.whole_job(CODE, MEDIUM))
    with workshop.unit() as session:
        return service.of_device(session, devices.get(session, CODE).id)[0].id


def stranger_at(app, language="en"):
    return TestClient(app, raise_server_exceptions=False, headers={"accept-language": language})


def two_persons(workshop, admin):
    with workshop.unit() as session:
        policies.set_policy(session, admin, {MediaType.HDD: MediumPolicy(second_person=True)})


# --- for everybody


@pytest.mark.parametrize(
    ("language", "said"), [("nl", "Dit attest is echt"), ("fr", "Ce certificat est authentique"), ("en", "is genuine")]
)
def test_anybody_sees_that_a_certificate_is_genuine(app, workshop, wire, language, said):
    number = wiped(workshop, wire)
    page = stranger_at(app, language).get(f"/verify/{str(number).upper()}")
    assert page.status_code == 200
    assert said in page.text
    assert "…7788" in page.text


def test_no_personal_data_is_shown(app, workshop, wire):
    page = stranger_at(app).get(f"/verify/{wiped(workshop, wire)}").text
    for hidden in (SERIAL, ">mo<", "mo.noord", "Bank 1", "D-20"):
        assert hidden not in page


@pytest.mark.parametrize("number", ["00000000-0000-4000-8000-000000000000", "nonsense", "%00", "1" * 500])
def test_a_number_that_is_not_known_is_said_so(app, number):
    page = stranger_at(app).get(f"/verify/{number}")
    assert page.status_code == 404
    assert "text/html" in page.headers["content-type"]


def test_the_signature_is_checked_when_the_page_is_looked_at(app, workshop, wire, database):
    number = wiped(workshop, wire)
    with database.engine(DatabaseRole.ADMIN).begin() as connection:
        connection.execute(text("ALTER TABLE wipe_certificate DISABLE TRIGGER USER"))
        connection.execute(
            text(
                "UPDATE wipe_certificate SET payload ="
                " convert_to(replace(convert_from(payload, 'UTF8'), 'Noord', 'Zuids'), 'UTF8')"
            )
        )
    assert "This certificate is not genuine" in stranger_at(app).get(f"/verify/{number}").text


def test_a_later_wipe_and_a_newer_certificate_are_told(app, workshop, wire):
    number = wiped(workshop, wire)
    send(workshop, wire.wipe_started(CODE, MEDIUM))
    assert "A new wipe began on" in stranger_at(app).get(f"/verify/{number}").text
    send(workshop, wire.erased(CODE, MEDIUM))
    page = stranger_at(app).get(f"/verify/{number}").text
    assert "wiped again since" in page
    assert "Show the newer certificate" in page


def test_a_verdict_that_is_not_enough_is_told(app, workshop, wire, admin):
    two_persons(workshop, admin)
    assert "a second person must still confirm it" in stranger_at(app).get(f"/verify/{wiped(workshop, wire)}").text


def test_a_bench_whose_key_was_withdrawn_is_told(app, workshop, wire, admin):
    number = wiped(workshop, wire)
    with workshop.unit() as session:
        benches.revoke(session, admin, workshop.bench.id)
    assert "withdrawn afterwards" in stranger_at(app).get(f"/verify/{number}").text


def downloaded(app, workshop, number):
    return browser_of(app, workshop.auditor).get(f"/certificates/{number}.json").content


def test_a_file_is_checked_uploaded_and_pasted(app, workshop, wire):
    file = downloaded(app, workshop, wiped(workshop, wire))
    stranger = stranger_at(app)
    assert "This certificate is genuine" in stranger.post("/verify", files={"file": ("c.json", file)}).text
    assert "This certificate is genuine" in stranger.post("/verify", data={"text": file.decode()}).text


def test_a_signed_in_person_can_upload_too(app, workshop, wire):
    number = wiped(workshop, wire)
    file, browser = downloaded(app, workshop, number), browser_of(app, workshop.worker)
    assert "is genuine" in browser.http.post("/verify", files={"file": ("c.json", file)}).text


def test_a_file_that_was_changed_is_not_genuine(app, workshop, wire):
    file = downloaded(app, workshop, wiped(workshop, wire)).replace(b"Noord", b"Zuids")
    assert "This file is not genuine" in stranger_at(app).post("/verify", data={"text": file.decode()}).text


def test_a_whole_file_of_another_key_is_not_known_here(app, workshop, wire):
    number, key = wiped(workshop, wire), Ed25519PrivateKey.generate()
    forged = to_file(sign(certificate(CODE, MEDIUM, key, certificate_id=number), key), key.public_key())
    page = stranger_at(app).post("/verify", data={"text": forged.decode()}).text
    assert "this service does not know it" in page


@pytest.mark.parametrize("data", ["", "   ", "x" * 300_000])
def test_nothing_and_too_much_are_refused_with_words(app, data):
    page = stranger_at(app).post("/verify", data={"text": data})
    assert page.status_code == 422
    assert "Not saved yet" in page.text or "too large" in page.text


def test_an_upload_that_is_too_large_is_refused(app):
    page = stranger_at(app).post("/verify", files={"file": ("c.json", b"x" * 300_000)})
    assert page.status_code == 422
    assert "too large" in page.text


# --- staff


def test_the_file_holds_the_word_of_the_service(app, workshop, wire, settings):
    from fleet.audit.keys import service_key

    file = downloaded(app, workshop, wiped(workshop, wire))
    proven = prove(file, workshop.bench_key.public_key(), service_key(settings).public_key())
    assert proven.validation is not None
    assert (proven.validation.adequacy, proven.validation.person) == (Adequacy.ADEQUATE, "Heropstart")
    assert json.loads(file)["validation"]["statement"]["certificate_id"] in file.decode()
    assert base64.b64decode(json.loads(file)["signature"])


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_pages_and_paper_open_in_each_language(app, workshop, wire, language):
    number = wiped(workshop, wire)
    browser = browser_of(app, workshop.auditor, language)
    assert browser.get(f"/certificates/{number}").status_code == 200
    assert browser.get(f"/certificates/{number}.pdf").content.startswith(b"%PDF-")
    assert browser.get("/wipe-policy").status_code == 200


def test_a_second_person_confirms_on_the_page(app, workshop, wire, admin):
    two_persons(workshop, admin)
    number = wiped(workshop, wire)
    address = f"/certificates/{number}"
    assert "You are the second person" not in browser_of(app, workshop.worker).get(address).text
    other = browser_of(app, workshop.other_worker)
    assert "You are the second person" in other.get(address).text
    refused = other.post(f"{address}/decision", decision="decline")
    assert refused.status_code == 422
    assert "why you decline" in refused.text
    assert "Confirmed" in other.post(f"{address}/decision", decision="confirm", note="seen").text
    with workshop.unit() as session:
        assert devices.get(session, CODE).state is State.WIPED
        login = session.get(Account, workshop.other_worker.actor.id).login
    proven = prove(downloaded(app, workshop, number))
    assert proven.validation is not None
    assert (proven.validation.person, proven.validation.role) == (login, "workshop")


def test_a_second_person_decides_over_the_api(app, workshop, wire, admin):
    two_persons(workshop, admin)
    number = wiped(workshop, wire)
    operator, other = browser_of(app, workshop.worker), browser_of(app, workshop.other_worker)
    address = f"/api/v1/certificates/{number}/decision"
    for who, status in ((operator, 403), (other, 200), (other, 409)):
        answer = who.http.post(address, json={"adequate": True}, headers={"X-CSRF-Token": who.token})
        assert answer.status_code == status, answer.text
    told = other.get(f"/api/v1/certificates/{number}/validations").json()
    assert [row["adequacy"] for row in told] == ["awaits_second_person", "adequate"]
    assert other.get(f"/api/v1/devices/{CODE}/certificates").json()[0]["adequacy"] == "adequate"


# --- policy


@pytest.fixture
def boss(app, workshop):
    with workshop.unit() as session:
        member = session.get(Membership, (workshop.lead.actor.id, workshop.organisation_id))
        member.roles = ["admin", "lead"]
        session.add(member)
    return browser_of(app, workshop.lead)


def test_an_admin_sets_the_policy_on_the_page(boss, workshop):
    assert "not saved yet" in boss.get("/wipe-policy?preset=strict").text
    rules = {"minimum_hdd": "purge", "second_emmc": "yes", "destroy_sd": "yes", "methods_nvme": "nvme_sanitize_block"}
    done = boss.post("/wipe-policy", version=0, **rules)
    assert "The wipe policy is saved" in done.text
    with workshop.unit() as session:
        media = policies.current(session, workshop.organisation_id).media
    assert set(media) == {MediaType.HDD, MediaType.EMMC, MediaType.SD, MediaType.NVME}
    assert media[MediaType.SD].destroy


def test_what_cannot_be_met_and_what_is_stale_is_shown_again(boss):
    refused = boss.post("/wipe-policy", version=0, minimum_sd="purge")
    assert refused.status_code == 422
    assert "none of the allowed methods" in refused.text
    assert boss.post("/wipe-policy", version=7).status_code == 409
    assert boss.post("/wipe-policy", version=0, minimum_hdd="nonsense").status_code == 422


def test_others_read_the_policy_and_do_not_set_it(app, workshop):
    worker = browser_of(app, workshop.worker)
    assert "Only an admin can change it" in worker.get("/wipe-policy").text
    assert worker.post("/wipe-policy", version=0).status_code == 403


def test_the_policy_over_the_api(boss):
    headers = {"X-CSRF-Token": boss.token}
    strict = boss.get("/api/v1/wipe-policy/strict").json()
    set_to = boss.http.put("/api/v1/wipe-policy", json={"media": strict, "expected_version": 0}, headers=headers)
    assert set_to.status_code == 200, set_to.text
    assert boss.get("/api/v1/wipe-policy").json()["media"] == strict
    assert [row["version"] for row in boss.get("/api/v1/wipe-policy/versions").json()] == [1]
    stale = boss.http.put("/api/v1/wipe-policy", json={"media": {}, "expected_version": 0}, headers=headers)
    assert stale.json()["type"] == "/problems/policy-stale"
