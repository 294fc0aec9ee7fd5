"""Destruction: one person records it, another who saw it confirms it, and only then it counts."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from fleet.audit import repository as chain
from fleet.auth.rules import RoleMissing
from fleet.contract.kinds import DestructionMethod
from fleet.db.columns import utc_now
from fleet.destruction import service as destruction
from fleet.destruction.errors import (
    MomentWrong,
    NotNow,
    NotSeen,
    OwnWitness,
    PhotoMissing,
    RecordAnswered,
    RecordNotFound,
    RecordPending,
    StorageMissing,
    StorageUnknown,
    WhyDeclined,
)
from fleet.destruction.rules import Standing
from fleet.destruction.service import Answer, Told
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.errors import OwnDoor
from fleet.devices.gates import Gate, holds, wipe_version
from fleet.devices.standing import By, standing_of
from fleet.devices.states import State, Step
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from tests.fleet.destruction.pictures import jpeg
from tests.fleet.drives.bench_drives import Bench, keys_of, send, standing, state_of

pytestmark = pytest.mark.db
YES = Answer(confirmed=True, seen=True)


@pytest.fixture
def bench(workshop) -> Bench:
    return Bench(workshop)


def told(*keys: str, **more) -> Told:
    fields = {
        "id": uuid4(),
        "keys": keys,
        "method": DestructionMethod.SHRED,
        "reason": "draait niet meer",
        "place": "Noord",
        "destroyed_at": utc_now(),
        "photo": jpeg(),
    }
    return Told(**(fields | more))


def record(workshop, code, what, principal=None):
    with workshop.unit() as session:
        return destruction.record(session, principal or workshop.worker, code, what).row.id


def answer(workshop, record_id, said=YES, principal=None):
    with workshop.unit() as session:
        return destruction.answer(session, principal or workshop.other_worker, record_id, said).standing


def destroyed(workshop, code):
    with workshop.unit() as session:
        rows = repository.evidence_of(session, service.get(session, code).id)
        return [row.data for row in rows if row.type == "storage_destroyed"]


def open_kinds(workshop):
    with workshop.unit() as session:
        return [task.kind for task in tasks.open_tasks(session).items]


def test_a_record_counts_once_its_witness_confirms_it(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    what = told(medium.key)
    record_id = record(workshop, code, what)
    assert destroyed(workshop, code) == []
    assert not holds(Gate.STORAGE_ACCOUNTED, standing(workshop, code))
    assert TaskKind.DESTRUCTION_WITNESS in open_kinds(workshop)
    assert answer(workshop, record_id) is Standing.CONFIRMED
    [proof] = destroyed(workshop, code)
    assert proof["record_id"] == str(record_id)
    assert (proof["operator"], proof["witness"]) == (str(workshop.worker.actor.id), str(workshop.other_worker.actor.id))
    assert holds(Gate.STORAGE_ACCOUNTED, standing(workshop, code))
    assert state_of(workshop, code) is State.RECYCLE_STAGED
    assert TaskKind.DESTRUCTION_WITNESS not in open_kinds(workshop)


def test_a_destroyed_drive_is_proven_for_nobody(workshop, bench):
    code, medium = bench.drive("S-1")
    answer(workshop, record(workshop, code, told(medium.key)))
    assert wipe_version(standing(workshop, code)) is None  # its certificate is of before


def test_the_operator_is_no_witness(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    record_id = record(workshop, code, told(medium.key))
    with pytest.raises(OwnWitness):
        answer(workshop, record_id, principal=workshop.worker)
    assert destroyed(workshop, code) == []


def test_who_saw_nothing_confirms_nothing(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    record_id = record(workshop, code, told(medium.key))
    with pytest.raises(NotSeen):
        answer(workshop, record_id, Answer(confirmed=True))
    with pytest.raises(WhyDeclined):
        answer(workshop, record_id, Answer(confirmed=False))
    with pytest.raises(RoleMissing):
        answer(workshop, record_id, principal=workshop.auditor)
    assert answer(workshop, record_id, Answer(confirmed=False, note="andere schijf")) is Standing.DECLINED
    assert destroyed(workshop, code) == []
    with pytest.raises(RecordAnswered):
        answer(workshop, record_id, principal=workshop.lead)


def test_after_a_refusal_it_can_be_recorded_again_and_not_before(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    first = record(workshop, code, told(medium.key))
    with pytest.raises(RecordPending):
        record(workshop, code, told(medium.key))
    answer(workshop, first, Answer(confirmed=False, note="nee"))
    answer(workshop, record(workshop, code, told(medium.key)))
    with pytest.raises(RecordPending):
        record(workshop, code, told(medium.key))


def test_the_same_form_sent_twice_is_one_record(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    what = told(medium.key)
    assert record(workshop, code, what) == record(workshop, code, what)
    assert open_kinds(workshop).count(TaskKind.DESTRUCTION_WITNESS) == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"keys": ()}, StorageMissing),
        ({"keys": ("serial:of|another|1",)}, StorageUnknown),
        ({"photo": b""}, PhotoMissing),
        ({"destroyed_at": utc_now() + timedelta(days=1)}, MomentWrong),
        ({"destroyed_at": utc_now() - timedelta(days=60)}, MomentWrong),
    ],
)
def test_what_is_not_told_rightly_is_not_recorded(workshop, bench, change, error):
    code, medium = bench.drive("S-1", wiped=False)
    with pytest.raises(error):
        record(workshop, code, replace(told(medium.key), **change))
    assert TaskKind.DESTRUCTION_WITNESS not in open_kinds(workshop)


def test_what_a_bench_works_on_or_somebody_has_is_not_destroyed(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    record_id = record(workshop, code, told(medium.key))
    send(workshop, bench.wire.wipe_started(code, medium))
    with pytest.raises(NotNow):
        answer(workshop, record_id)
    with pytest.raises(NotNow):
        record(workshop, code, told(medium.key))


def test_a_dead_drive_is_known_by_its_sticker(workshop, bench):
    laptop = bench.laptop()
    record_id = record(workshop, laptop, told(serial=" wx-12 "))
    assert keys_of(workshop, laptop) == []
    answer(workshop, record_id)
    assert keys_of(workshop, laptop) == ["unread:WX-12"]
    assert holds(Gate.STORAGE_ACCOUNTED, standing(workshop, laptop))


def test_destruction_holds_for_good_until_the_storage_turns_up_again(workshop, bench):
    laptop = bench.laptop("S-1", "S-2")
    first, second = keys_of(workshop, laptop)
    answer(workshop, record(workshop, laptop, told(first)))
    assert wipe_version(standing(workshop, laptop)) is None  # the other one is full of data
    answer(workshop, record(workshop, laptop, told(second)))
    with workshop.unit() as session:  # the laptop was out and came back: destroyed stays destroyed
        device = service.get(session, laptop)
        repository.move(session, device, {"outside_version": device.version + 1})
    assert wipe_version(standing(workshop, laptop)) is not None
    with workshop.unit() as session:
        service.add_evidence(session, By(workshop.worker), laptop, [ev.StorageInventory(keys=(first,))])
    assert wipe_version(standing(workshop, laptop)) is None


def test_nobody_hands_in_a_destruction_by_itself(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    forged = ev.StorageDestroyed(key=medium.key, method="shred", witness=workshop.lead.actor.id)
    with workshop.unit() as session, pytest.raises(OwnDoor):
        service.apply(session, By(workshop.worker), code, Step.STAGE_RECYCLING, [forged, ev.Reason(text="kapot")])
    assert state_of(workshop, code) is State.INSPECTED


def test_the_chain_names_people_by_id_and_vouches_for_record_and_photo(workshop, bench):
    code, medium = bench.drive("S-1", wiped=False)
    record_id = record(workshop, code, told(medium.key))
    answer(workshop, record_id)
    with workshop.unit() as session:
        found = destruction.get(session, record_id)
        device = service.get(session, code)
        events = [json.loads(event.body) for event in chain.of_device(session, device.id)]
        said = {event["type"]: event["data"] for event in events if event["type"].startswith("destruction.")}
        assert said["destruction.opened"]["sha256"] == said["destruction.answered"]["sha256"] == found.row.sha256
        assert said["destruction.opened"]["photo_sha256"] == found.row.photo_sha256
        assert said["destruction.answered"]["witness"] == str(workshop.other_worker.actor.id)
        assert "fatma" not in json.dumps(events).lower()
        assert standing_of(session, device, By(workshop.worker), ()).storage_keys == {medium.key}


def test_another_organisation_sees_no_record(workshop, bench, stranger):
    code, medium = bench.drive("S-1", wiped=False)
    record_id = record(workshop, code, told(medium.key))
    with stranger.unit() as session, pytest.raises(RecordNotFound):
        destruction.get(session, record_id)
    with stranger.unit() as session, pytest.raises(RecordNotFound):
        destruction.answer(session, stranger.lead, record_id, YES)
