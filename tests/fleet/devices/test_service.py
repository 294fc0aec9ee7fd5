"""A device's steps on a real database: state, evidence and audit event together or not at all."""

import threading
from contextlib import contextmanager, suppress
from uuid import uuid4

import pytest
from sqlalchemy import text

from fleet.audit import service as audit
from fleet.contract.kinds import DeviceKind, Level, Method, QuarantineReason, VisualResult
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices import workshop as use
from fleet.devices.correction import correct
from fleet.devices.errors import (
    CorrectionRefused,
    DeviceNotFound,
    DeviceStale,
    LabelDiffers,
    LabelMisread,
    ProofNotYours,
    StepForbidden,
    StepIncomplete,
    StepNotListed,
)
from fleet.devices.history import fiche
from fleet.devices.kinds import KINDS
from fleet.devices.lookup import find
from fleet.devices.standing import By
from fleet.devices.states import Origin, State, Step
from labels.stock import LabelSize
from tests.fleet.bench_events import CODE, storage

pytestmark = pytest.mark.db
URL = "http://testserver"


def receive(workshop, code=CODE, kind=DeviceKind.DRIVE, **more):
    fields = {"model": "Disk", "serial": "S-100", "storages": (storage(),), **more}
    new = service.NewDevice(code, kind, **fields)
    given = [ev.Intake(origin=Origin.DONATED), ev.Place(place="Rek 1")]
    with workshop.unit() as session:
        device = service.create(session, By(workshop.worker), new, Step.RECEIVE, given)
        session.expunge(device)
        return device


def label(workshop, code=CODE):
    with workshop.unit() as session:
        return use.print_label(session, workshop.worker, code, URL, LabelSize.TAPE_62X29)


def inspect(workshop, code=CODE, scanned=f"HTTP://TESTSERVER/A/{CODE}", **more):
    visual, weight = more.pop("visual", VisualResult.GOOD), more.pop("weight_g", None)
    answers = use.Inspection(visual, "Rek 1", scanned=scanned, weight_g=weight)
    with workshop.unit() as session:
        return use.inspect(session, By(workshop.worker), code, answers, **more).state


def apply(workshop, step, *given, principal=None, code=CODE, **more):
    with workshop.unit() as session:
        return service.apply(session, By(principal or workshop.worker), code, step, given, **more).state


def erased(key):
    return ev.StorageErased(certificate_id=uuid4(), key=key, level=Level.CLEAR, method=Method.OVERWRITE_ZEROS, key_id="0" * 16)


def vouched(workshop, proof):
    """A person behind whom a bench's certificate stands."""
    return By(workshop.worker, certified=proof.certificate_id)


def reach_wiped(workshop):
    receive(workshop)
    label(workshop)
    inspect(workshop)
    key = storage().key
    apply(workshop, Step.START_WIPE, ev.StorageInventory(keys=(key,)))
    proof = erased(key)
    with workshop.unit() as session:
        service.add_evidence(session, vouched(workshop, proof), CODE, [proof])
        session.execute(text("UPDATE device SET state = 'wiped' WHERE asset_code = :code"), {"code": CODE})


@contextmanager
def history(workshop):
    with workshop.unit() as session:
        yield fiche(session, service.get(session, CODE)).history


def test_an_inspection_needs_the_label_read_back(workshop):
    receive(workshop)
    with pytest.raises(StepIncomplete) as refused:
        inspect(workshop)
    assert refused.value.data["missing"] == "label_scanned_back", "it was never printed"
    label(workshop)
    assert inspect(workshop) is State.INSPECTED


def test_another_devices_label_is_refused(workshop):
    receive(workshop)
    label(workshop)
    with pytest.raises(LabelDiffers, match="477M-9MZD"):
        inspect(workshop, scanned="477M9MZD")
    with pytest.raises(LabelMisread):
        inspect(workshop, scanned="VC2R1YD7")


def test_a_person_is_told_what_is_missing_or_possible(workshop):
    receive(workshop)
    with pytest.raises(StepNotListed, match="inspect"):
        apply(workshop, Step.LEND)
    with pytest.raises(StepForbidden, match="workshop"):
        apply(workshop, Step.INSPECT, principal=workshop.auditor)
    with pytest.raises(DeviceNotFound, match="71RD-EY40"):
        apply(workshop, Step.INSPECT, code="71RDEY40")


def test_a_page_that_was_looked_at_before_a_change_is_stale(workshop):
    device = receive(workshop)
    label(workshop)
    with pytest.raises(DeviceStale):
        inspect(workshop, expected_version=device.version)


def test_of_two_people_at_once_one_succeeds(workshop):
    receive(workshop)
    label(workshop)
    with workshop.unit() as session:
        version = service.get(session, CODE).version
    outcomes = []

    def act():
        try:
            outcomes.append(inspect(workshop, expected_version=version))
        except DeviceStale:
            outcomes.append("stale")

    threads = [threading.Thread(target=act) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [State.INSPECTED, *["stale"] * 5]


def test_a_step_whose_audit_event_fails_does_not_happen(workshop, monkeypatch):
    receive(workshop)
    label(workshop)

    def broken(*_args, **_more):
        raise RuntimeError("the chain is not there")

    monkeypatch.setattr(audit, "record", broken)
    with pytest.raises(RuntimeError):
        inspect(workshop)
    with workshop.unit() as session:
        device = service.get(session, CODE)
        assert device.state is State.RECEIVED
        kinds = {row.type for row in repository.evidence_of(session, device.id)}
    assert ev.EvidenceType.VISUAL not in kinds


def test_the_fiche_names_who_did_what_with_which_evidence(workshop):
    receive(workshop)
    label(workshop)
    inspect(workshop)
    with history(workshop) as entries:
        last = entries[-1]
        assert (last.who, last.data["step"], last.data["to"]) == ("Mo.Noord", "inspect", "inspected")
        assert {row.type.value for row in last.evidence} == {"visual", "place", "label_scanned"}
        assert {item["sha256"] for item in last.data["evidence"]} == {row.sha256 for row in last.evidence}


def test_a_wipe_is_not_finished_by_a_person_for_a_drive(workshop):
    receive(workshop)
    label(workshop)
    inspect(workshop)
    key = storage().key
    apply(workshop, Step.START_WIPE, ev.StorageInventory(keys=(key,)))
    with pytest.raises(ProofNotYours):
        apply(workshop, Step.FINISH_WIPE, erased(key))
    proof = erased(key)
    with workshop.unit() as session:
        service.add_evidence(session, vouched(workshop, proof), CODE, [proof])
    with pytest.raises(StepIncomplete, match="bench_certificate"):
        apply(workshop, Step.FINISH_WIPE)


def test_tests_and_release_by_two_people(workshop):
    reach_wiped(workshop)
    with workshop.unit() as session:
        assert use.finish_tests(session, workshop.worker, CODE, use.Tests(functional=True)).state is State.TESTED
        session.execute(text("UPDATE organisation SET two_person_release = true"))
    with workshop.unit() as session, pytest.raises(StepIncomplete, match="another_than_the_tester"):
        use.release(session, workshop.worker, CODE)
    with workshop.unit() as session:
        assert use.release(session, workshop.other_worker, CODE).state is State.READY


def test_a_failed_test_does_not_pass(workshop):
    reach_wiped(workshop)
    with workshop.unit() as session, pytest.raises(StepIncomplete, match="tests_complete"):
        use.finish_tests(session, workshop.worker, CODE, use.Tests(functional=False))


def test_the_last_step_can_be_taken_back_and_both_stay(workshop):
    receive(workshop)
    label(workshop)
    inspect(workshop)
    with workshop.unit() as session:
        assert correct(session, workshop.worker, CODE, "wrong device").state is State.RECEIVED
    with history(workshop) as entries:
        assert [entry.type for entry in entries][-2:] == ["device.step", "device.corrected"]
    with workshop.unit() as session, pytest.raises(CorrectionRefused):
        correct(session, workshop.worker, CODE, "again")


def test_somebody_elses_step_is_taken_back_by_a_lead_alone(workshop):
    receive(workshop)
    label(workshop)
    inspect(workshop)
    with workshop.unit() as session, pytest.raises(CorrectionRefused, match="lead"):
        correct(session, workshop.other_worker, CODE, "not mine")
    with workshop.unit() as session:
        assert correct(session, workshop.lead, CODE, "on the worker's request").state is State.RECEIVED


def test_a_correction_never_brings_ready_back_over_a_broken_wipe_gate(workshop):
    reach_wiped(workshop)
    with workshop.unit() as session:
        use.finish_tests(session, workshop.worker, CODE, use.Tests(functional=True))
        use.release(session, workshop.worker, CODE)
    apply(workshop, Step.START_WIPE, ev.StorageInventory(keys=(storage().key,)))
    with workshop.unit() as session, pytest.raises(CorrectionRefused, match="ready before"):
        correct(session, workshop.worker, CODE, "was a mistake")


def test_a_device_that_came_back_needs_a_new_wipe(workshop):
    reach_wiped(workshop)
    apply(workshop, Step.QUARANTINE, ev.QuarantineWhy(reason=QuarantineReason.DONOR_QUESTION))
    apply(workshop, Step.CLEAR_QUARANTINE, ev.ReasonCleared(text="donor agrees"))
    apply(workshop, Step.OPEN_REPAIR, ev.WorkOrder(fault="hinge"))
    outcome = ev.RepairOutcome(outcome="fixed")
    assert apply(workshop, Step.CLOSE_REPAIR_STILL_WIPED, outcome) is State.WIPED
    apply(workshop, Step.REPORT_LOST, ev.LossStatement(text="not on its shelf"))
    apply(workshop, Step.FIND, ev.FoundReport(text="behind the rack"))
    apply(workshop, Step.OPEN_REPAIR, ev.WorkOrder(fault="check"))
    with pytest.raises(StepIncomplete, match="storage_evidence"):
        apply(workshop, Step.CLOSE_REPAIR_STILL_WIPED, outcome)


@pytest.mark.parametrize("typed", [CODE, "vc2r-1yd6", f"HTTP://TESTSERVER/A/{CODE}", "S-100", " s-100 "])
def test_a_device_is_found_by_whatever_is_scanned(workshop, typed):
    receive(workshop)
    with workshop.unit() as session:
        found = find(session, typed)
        assert found.only is not None
        assert found.only.asset_code == CODE


def test_two_devices_with_one_serial_are_both_offered(workshop):
    receive(workshop)
    receive(workshop, code="71RDEY40", storages=(storage("S-200"),))
    with workshop.unit() as session:
        found = find(session, "S-100")
    assert found.only is None
    assert len(found.devices) == 2


def test_a_stranger_finds_nothing(workshop, stranger):
    receive(workshop)
    with stranger.unit() as session:
        assert find(session, CODE).devices == []
        with pytest.raises(DeviceNotFound):
            service.get(session, CODE)


def test_a_step_that_was_undone_is_not_believed_afterwards(workshop):
    """A savepoint brings the row back; the session must not go on with what it saw inside."""
    receive(workshop)
    with workshop.unit() as session:
        device = service.get(session, CODE)
        before = device.version
        with suppress(KeyError), session.begin_nested():
            repository.move(session, device, {"state": State.WIPED})
            raise KeyError
        again = service.get(session, CODE)
        assert (again.state, again.version) == (State.RECEIVED, before)


CODES = ("477M9MZD", "71RDEY40", "8YZABCDE", "9KZABCDE", "2KZABCDE")
LAPTOP = {"kind": DeviceKind.LAPTOP, "manufacturer": "Lenovo", "model": "ThinkPad T480", "serial": None, "storages": ()}


def weight_of(workshop, code):
    with workshop.unit() as session:
        device = service.get(session, code)
        return device.weight_g, device.weighed_at is not None


def test_a_device_that_nobody_weighed_starts_from_the_median_of_its_model(workshop):
    usual = KINDS[DeviceKind.LAPTOP].weight_g
    for code, weight in zip(CODES, (1500, 9000, 1600), strict=False):
        assert receive(workshop, code, **LAPTOP, weight_g=weight).weight_g == weight
    assert receive(workshop, CODES[3], **LAPTOP | {"manufacturer": "LENOVO", "model": "thinkpad t480"}).weight_g == 1600
    assert weight_of(workshop, CODES[3]) == (1600, False)
    others = ({"model": "ThinkPad T490"}, {"manufacturer": "HP"}, {"manufacturer": None}, {"kind": DeviceKind.CHROMEBOOK})
    for change in others:
        new = service.NewDevice(**{"asset_code": CODE, **LAPTOP, **change})
        with workshop.unit() as session:
            assert service.usual_weight(session, workshop.organisation_id, new) == KINDS[new.kind].weight_g != 1600
    assert usual != 1600


def test_a_weight_that_was_only_assumed_is_no_weighing(workshop):
    receive(workshop, CODE, **LAPTOP)
    label(workshop)
    inspect(workshop)
    assert weight_of(workshop, CODE) == (KINDS[DeviceKind.LAPTOP].weight_g, False)
    with history(workshop) as entries:
        assert [row.data["weight_g"] for row in entries[-1].evidence if row.type is ev.EvidenceType.VISUAL] == [None]
    assert receive(workshop, CODES[0], **LAPTOP).weight_g == KINDS[DeviceKind.LAPTOP].weight_g


def test_a_weight_given_at_the_inspection_counts(workshop):
    receive(workshop, CODE, **LAPTOP)
    label(workshop)
    inspect(workshop, weight_g=1480)
    assert weight_of(workshop, CODE) == (1480, True)
    assert receive(workshop, CODES[0], **LAPTOP).weight_g == 1480


def test_another_organisations_scales_are_not_asked(workshop, stranger):
    receive(workshop, CODE, **LAPTOP, weight_g=1480)
    new = service.NewDevice(CODES[0], **LAPTOP)
    for organisation in (stranger.organisation_id, workshop.organisation_id):
        with stranger.unit() as session:
            assert service.usual_weight(session, organisation, new) == KINDS[DeviceKind.LAPTOP].weight_g


def test_a_median_is_of_the_newest(workshop):
    for code, weight in zip(CODES, (1500, 1600, 1700, 1800, 1900), strict=True):
        receive(workshop, code, **LAPTOP, weight_g=weight)
    with workshop.unit() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(repository, "WEIGHED_AT_MOST", 3)
        found = repository.median_weight(session, workshop.organisation_id, DeviceKind.LAPTOP, "Lenovo", "ThinkPad T480")
    assert found == 1800
