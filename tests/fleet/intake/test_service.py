"""Intake on a real database: each event once, none refused, nothing applied that the lifecycle does not allow."""

import hashlib
import json
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlmodel import func, select

from fleet.audit import repository as chain
from fleet.audit.models import AuditEvent
from fleet.contract.kinds import Verdict, VisualResult
from fleet.contract.signing import sign_bytes
from fleet.devices import repository as devices
from fleet.devices import service as device_service
from fleet.devices.evidence import EvidenceType
from fleet.devices.states import Origin, State
from fleet.intake.models import StoredEvent
from fleet.intake.rules import Outcome
from fleet.intake.service import EventNotAuthentic, take_in
from fleet.intake.station import NotRecognised, recognise
from fleet.tags import service as tags
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from tests.fleet.bench_events import CODE, Wire, storage

pytestmark = pytest.mark.db


@pytest.fixture
def wire(workshop):
    return Wire(workshop.bench.id, workshop.bench_key)


def send(workshop, *documents):
    """Each event in a transaction of its own, as requests are."""
    receipts = []
    for document in documents:
        with workshop.unit() as session:
            receipts.append(take_in(session, workshop.sender, document))
    return receipts


def state_of(workshop, code=CODE):
    with workshop.unit() as session:
        return device_service.get(session, code).state


def open_kinds(workshop):
    """What waits for the lead; that the code of these tests was never issued is one test's matter alone."""
    with workshop.unit() as session:
        found = tasks.open_tasks(session).items
        assert all("code" in task.data for task in found if task.device_id), "a task is found by its device's code"
        return [task.kind for task in found]


def other_kinds(workshop):
    return [kind for kind in open_kinds(workshop) if kind is not TaskKind.CODE_NOT_ISSUED]


def stored(workshop):
    with workshop.unit() as session:
        rows = session.exec(select(StoredEvent.sequence, StoredEvent.outcome).order_by(StoredEvent.sequence)).all()
        return [tuple(row) for row in rows]


def test_a_whole_job_takes_a_drive_to_wiped(workshop, wire):
    receipts = send(workshop, *wire.whole_job())
    assert [receipt.outcome for receipt in receipts] == ["applied", "recorded", "recorded", "applied", "applied", "applied"]
    assert state_of(workshop) is State.WIPED


def test_a_device_without_a_batch_is_received_as_found_and_the_lead_is_asked(workshop, wire):
    send(workshop, wire.received())
    with workshop.unit() as session:
        assert device_service.get(session, CODE).origin is Origin.FOUND
    assert other_kinds(workshop) == [TaskKind.NO_BATCH]


def test_an_event_sent_twice_is_applied_once(workshop, wire):
    document = wire.received()
    first, second = send(workshop, document, document)
    assert (first.outcome, second.outcome) == ("applied", "duplicate")
    assert stored(workshop) == [(1, Outcome.APPLIED)]
    with workshop.unit() as session:
        steps = select(func.count()).select_from(AuditEvent).where(AuditEvent.type == "device.step")
        assert session.exec(steps).one() == 1


def test_an_event_sent_ten_times_at_once_is_applied_once(workshop, wire):
    document, outcomes = wire.received(), []
    sender = workshop.sender

    def deliver():
        with workshop.unit() as session:
            outcomes.append(take_in(session, sender, document).outcome)

    threads = [threading.Thread(target=deliver) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["applied", *["duplicate"] * 9]
    assert len(stored(workshop)) == 1


def test_a_step_that_the_table_does_not_list_is_kept_and_opens_a_task(workshop, wire):
    send(workshop, wire.received())
    (receipt,) = send(workshop, wire.wipe_started())
    assert receipt.outcome == "refused"
    assert "start_wipe" in (receipt.detail or "")
    assert state_of(workshop) is State.RECEIVED
    assert stored(workshop)[-1] == (2, Outcome.REFUSED)
    assert open_kinds(workshop)[-1] is TaskKind.STEP_REFUSED


def test_an_inspection_without_a_known_operator_is_not_believed(workshop, wire):
    send(workshop, wire.received(), *wire.labelled())
    wire.operator = "nobody"
    (receipt,) = send(workshop, wire.inspected())
    assert receipt.outcome == "refused"
    assert state_of(workshop) is State.RECEIVED
    assert TaskKind.UNKNOWN_OPERATOR in open_kinds(workshop)


@pytest.mark.usefixtures("stranger")
def test_an_operator_of_another_organisation_is_not_known_here(workshop, wire):
    send(workshop, wire.received(), *wire.labelled())
    wire.operator = "mo.vreemd"
    (receipt,) = send(workshop, wire.inspected())
    assert receipt.outcome == "refused"


def test_the_wrong_label_is_refused_and_kept(workshop, wire):
    send(workshop, wire.received())
    printed, scanned = wire.labelled(scanned="HTTP://TESTSERVER/A/477M9MZD")
    receipts = send(workshop, printed, scanned)
    assert receipts[-1].outcome == "refused"
    (receipt,) = send(workshop, wire.inspected())
    assert receipt.outcome == "refused"
    assert "label_scanned_back" in (receipt.detail or "")


@pytest.mark.parametrize(("verdict", "state"), [(Verdict.FAILED, State.WIPE_FAILED), (Verdict.UNKNOWN, State.QUARANTINED)])
def test_what_is_not_erased_never_becomes_wiped(workshop, wire, verdict, state):
    send(workshop, *wire.whole_job()[:-1])
    (receipt,) = send(workshop, wire.ended(verdict))
    assert receipt.outcome == "applied"
    assert state_of(workshop) is state


def test_erased_without_a_certificate_moves_nothing(workshop, wire):
    send(workshop, *wire.whole_job()[:-1])
    (receipt,) = send(workshop, wire.ended(Verdict.ERASED))
    assert receipt.outcome == "refused"
    assert state_of(workshop) is State.WIPING


@pytest.mark.parametrize(
    "changes",
    [
        {"about_code": "71RDEY40"},
        {"about_storage": storage("S-999")},
        {"named_key": Ed25519PrivateKey.generate()},
        {"signer": Ed25519PrivateKey.generate()},
    ],
    ids=["other device", "other storage", "names another key", "signed by another key"],
)
def test_a_certificate_that_does_not_hold_moves_nothing(workshop, wire, changes):
    send(workshop, *wire.whole_job()[:-1])
    (receipt,) = send(workshop, wire.erased(**changes))
    assert receipt.outcome == "refused"
    assert state_of(workshop) is State.WIPING
    assert open_kinds(workshop)[-1] is TaskKind.CERTIFICATE_REFUSED


def test_two_storages_need_two_certificates(workshop, wire):
    first, second = storage("S-1"), storage("S-2")
    job = wire.whole_job(CODE, first, second)
    receipts = send(workshop, *job[:-1])
    assert receipts[-1].outcome == "recorded"
    assert state_of(workshop) is State.WIPING
    send(workshop, job[-1])
    assert state_of(workshop) is State.WIPED


def test_an_image_of_another_tool_counts_and_is_never_called_verified(workshop, wire):
    send(workshop, *wire.whole_job(), wire.recorded())
    assert state_of(workshop) is State.TESTING
    with workshop.unit() as session:
        device = device_service.get(session, CODE)
        [told] = [row for row in devices.evidence_of(session, device.id) if row.type is EvidenceType.IMAGE_RECORDED]
        assert (told.data["tool"], told.data["verified"]) == ("Clonezilla", False)
        assert not [row for row in devices.evidence_of(session, device.id) if row.type is EvidenceType.IMAGE_WRITTEN]


def test_an_image_of_another_tool_needs_a_proven_wipe(workshop, wire):
    [receipt] = send(workshop, *wire.whole_job()[:3], wire.recorded())[-1:]
    assert receipt.outcome == Outcome.REFUSED
    assert state_of(workshop) is not State.TESTING


def test_a_wiped_drive_is_imaged_and_waits_for_its_tests(workshop, wire):
    send(workshop, *wire.whole_job(), *wire.imaged())
    assert state_of(workshop) is State.TESTING


def test_scrap_goes_to_recycling(workshop, wire):
    send(workshop, wire.received(), *wire.labelled(), wire.inspected(visual=VisualResult.SCRAP))
    assert state_of(workshop) is State.RECYCLE_STAGED


def test_a_missing_event_is_noticed(workshop, wire):
    send(workshop, wire.received())
    wire.sequence += 3
    send(workshop, *wire.labelled())
    assert TaskKind.EVENT_GAP in open_kinds(workshop)


def test_events_in_order_raise_no_alarm(workshop, wire):
    send(workshop, *wire.whole_job())
    assert TaskKind.EVENT_GAP not in open_kinds(workshop)


def test_an_event_from_the_future_is_kept_and_the_clock_is_questioned(workshop, wire):
    wire.clock = timedelta(hours=1)
    (receipt,) = send(workshop, wire.received())
    assert receipt.outcome == "applied"
    assert TaskKind.CLOCK_DIFFERS in open_kinds(workshop)


def test_an_authentic_event_that_nobody_understands_is_kept(workshop, wire):
    event_id = uuid4()
    document = sign_bytes(b'{"id":"%s","sequence":1,"data":{"type":"moon.landed"}}' % str(event_id).encode(), wire.key)
    first, second = send(workshop, document, document)
    assert (first.outcome, second.outcome) == ("refused", "duplicate")
    assert first.event_id == event_id
    assert open_kinds(workshop) == [TaskKind.EVENT_UNREADABLE]


def test_bytes_that_are_no_json_are_kept_too(workshop, wire):
    (receipt,) = send(workshop, sign_bytes(b"\xff\x00", wire.key))
    assert receipt.outcome == "refused"


def test_what_no_column_takes_is_kept_and_blocks_nothing(workshop, wire):
    (receipt,) = send(workshop, wire.received(CODE, storage(model="x" * 5000)))
    assert receipt.outcome == "refused"
    (receipt,) = send(workshop, wire.received())
    assert receipt.outcome == "applied"


def test_an_event_about_an_unknown_device_is_kept(workshop, wire):
    (receipt,) = send(workshop, wire.wipe_started("71RDEY40"))
    assert receipt.outcome == "refused"
    assert open_kinds(workshop) == [TaskKind.UNKNOWN_DEVICE]


def test_an_event_that_was_changed_on_its_way_is_not_authentic(workshop, wire):
    document = wire.received()
    payload = document.payload.replace(b'"A1"', b'"A2"')
    with pytest.raises(EventNotAuthentic):
        send(workshop, document.model_copy(update={"payload": payload}))
    assert stored(workshop) == []


def test_an_event_of_another_bench_is_not_authentic(workshop, wire):
    wire.key = Ed25519PrivateKey.generate()
    with pytest.raises(EventNotAuthentic):
        send(workshop, wire.received())


def test_the_same_storage_under_another_code_asks_the_lead(workshop, wire):
    send(workshop, wire.received(), wire.received("71RDEY40"))
    assert TaskKind.POSSIBLE_DUPLICATE in open_kinds(workshop)
    with workshop.unit() as session, pytest.raises(NotRecognised):
        recognise(session, storage().key)


def test_a_storage_is_recognised_with_what_its_label_says(workshop, wire):
    send(workshop, wire.received())
    with workshop.unit() as session:
        assert recognise(session, storage().key).label_scanned is False
    send(workshop, *wire.labelled())
    with workshop.unit() as session:
        known = recognise(session, storage().key)
    assert (known.asset_code, known.state, known.label_scanned) == (CODE, "received", True)


def test_another_organisation_recognises_nothing_of_ours(workshop, stranger, wire):
    send(workshop, wire.received())
    with stranger.unit() as session, pytest.raises(NotRecognised):
        recognise(session, storage().key)


def test_the_evidence_names_the_event_that_it_came_from_and_the_chain_its_hash(workshop, wire):
    documents = wire.whole_job()
    send(workshop, *documents)
    with workshop.unit() as session:
        device = device_service.get(session, CODE)
        rows = devices.evidence_of(session, device.id)
        assert all(row.source_event for row in rows)
        assert rows[-1].type is EvidenceType.STORAGE_ERASED
        told = json.loads(chain.of_device(session, device.id)[-1].body)["data"]["source"]
    assert told == {"event": str(rows_event(documents[-1])), "sha256": hashlib.sha256(documents[-1].payload).hexdigest()}


def rows_event(document):
    return json.loads(document.payload)["id"]


def test_a_code_that_nobody_issued_asks_the_lead(workshop, wire):
    send(workshop, wire.received())
    assert TaskKind.CODE_NOT_ISSUED in open_kinds(workshop)


def test_a_code_that_was_leased_asks_nobody(workshop, wire):
    with workshop.unit() as session:
        [code] = tags.lease(session, workshop.lead, workshop.bench.id, uuid4(), 1)
    send(workshop, wire.received(code))
    assert TaskKind.CODE_NOT_ISSUED not in open_kinds(workshop)


def test_a_large_drive_is_received_with_its_true_size(workshop, wire):
    large = storage(size=20_000_588_955_648)
    (receipt,) = send(workshop, wire.received(CODE, large))
    assert receipt.outcome == "applied"
    with workshop.unit() as session:
        [component] = devices.fitted(session, device_service.get(session, CODE).id)
        assert component.capacity_bytes == large.capacity_bytes
