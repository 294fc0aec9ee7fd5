"""The lifecycle table, proven as a whole: nothing unreachable, nobody stuck, no way to `ready` around the wipe."""

from uuid import uuid4

import pytest

from fleet.auth.rules import Role
from fleet.contract.kinds import DeviceKind, Level, Method
from fleet.devices import evidence as ev
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import CHECKS, Gate, Proof, Standing, holds, wipe_version
from fleet.devices.kinds import KINDS
from fleet.devices.rules import TABLE, Asked, Verdict, decide, find, possible
from fleet.devices.states import ENDS, LIVE, Origin, State, Step

ADMINS = frozenset(Role)


def _reachable(start: set[State | None], *, without: set[Step] = frozenset()) -> set[State | None]:
    seen, todo = set(start), list(start)
    while todo:
        here = todo.pop()
        for row in possible(here):
            if row.step not in without and row.target not in seen:
                seen.add(row.target)
                todo.append(row.target)
    return seen


def erased(key: str = "k1") -> ev.StorageErased:
    return ev.StorageErased(certificate_id=uuid4(), key=key, level=Level.CLEAR, method=Method.OVERWRITE_ZEROS, key_id="0" * 16)


def standing(kind: DeviceKind = DeviceKind.LAPTOP, *proofs: ev.AnyEvidence, **more: object) -> Standing:
    placed = tuple(Proof(version, what) for version, what in enumerate(proofs, start=1))
    fields: dict[str, object] = {"storage_keys": frozenset({"k1"}), "version": len(placed) + 1, **more}
    return Standing(kind=kind, origin=Origin.DONATED, proofs=placed, **fields)


def test_every_state_is_reached_from_an_ordinary_arrival():
    assert _reachable({None}, without={Step.OPENING_BALANCE}) - {None} == set(State)


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_state_that_is_no_end_reaches_one(state):
    assert _reachable({state}) & ENDS


def test_an_end_is_left_only_by_what_can_come_back():
    leaving = {(row.source, row.step) for row in TABLE if row.source in ENDS}
    assert leaving == {(State.GIFTED, Step.RECEIVE), (State.SOLD, Step.RECEIVE), (State.FITTED, Step.TAKE_OUT)}


def test_a_row_is_found_by_its_state_and_step_alone():
    keys = [(row.source, row.step) for row in TABLE if row.step is not Step.OPENING_BALANCE]
    assert len(keys) == len(set(keys))


def test_every_gate_has_its_check_and_is_asked_for():
    assert set(CHECKS) == set(Gate)
    assert {gate for row in TABLE for gate in row.gates} == set(Gate)


def test_every_kind_of_evidence_serves_a_row_or_a_gate():
    asked = {need for row in TABLE for need in row.needs}
    by_gates = {
        EvidenceType.LABEL_PRINTED,
        EvidenceType.LABEL_SCANNED,
        EvidenceType.STORAGE_ERASED,
        EvidenceType.STORAGE_NONE_FITTED,
        EvidenceType.STORAGE_RESET,
        EvidenceType.STORAGE_DESTROYED,
        EvidenceType.STORAGE_SEALED,
        EvidenceType.STORAGE_FITTED,
        EvidenceType.STORAGE_REMOVED,
        EvidenceType.IMAGE_STARTED,
    }
    informing = {EvidenceType.HARDWARE_READ, EvidenceType.CHECKED}  # for people, and for the grade that is suggested
    assert asked | by_gates | informing == set(EvidenceType)


def test_every_kind_of_device_says_which_steps_apply():
    assert set(KINDS) == set(DeviceKind)


def test_no_way_leads_to_ready_without_the_storage_gate():
    into_ready = [row for row in TABLE if row.target is State.READY and row.step is not Step.OPENING_BALANCE]
    assert {row.step for row in into_ready} == {Step.RELEASE, Step.UNRESERVE}
    assert all(Gate.STORAGE_PROVEN in row.gates for row in into_ready)


def test_nobody_gets_a_device_without_the_storage_gate():
    out = {State.ON_LOAN, State.DEPLOYED_FIXED, State.GIFTED, State.SOLD}
    rows = [row for row in TABLE if row.target in out and row.step not in {Step.OPENING_BALANCE, Step.EXTEND}]
    assert rows
    assert all(Gate.STORAGE_PROVEN in row.gates for row in rows)


def test_auditors_change_nothing():
    assert all(Role.AUDITOR not in row.roles for row in TABLE)


def test_an_unlisted_step_is_refused_whoever_asks():
    answer = decide(Asked(State.RECEIVED, Step.LEND, ADMINS, standing()))
    assert answer.verdict is Verdict.NOT_LISTED


def test_a_listed_step_is_refused_to_other_roles_and_names_the_right_ones():
    answer = decide(Asked(State.WIPING, Step.FAIL_WIPE, frozenset({Role.ADMIN}), standing()))
    assert (answer.verdict, answer.missing) == (Verdict.ROLE_MISSING, ("bench",))


def test_a_refusal_names_everything_that_is_missing():
    answer = decide(Asked(State.RECEIVED, Step.INSPECT, frozenset({Role.WORKSHOP}), standing()))
    assert answer.missing == ("visual", "place", "label_scanned_back")


def test_a_lead_does_what_a_workshop_worker_does():
    row = find(State.TESTED, Step.RELEASE)
    assert row is not None
    answer = decide(Asked(State.TESTED, Step.RELEASE, frozenset({Role.LEAD}), standing()))
    assert answer.verdict is Verdict.INCOMPLETE


def test_a_label_printed_anew_must_be_scanned_anew():
    printed, scanned = ev.LabelPrintedProof(payload="x"), ev.LabelScannedProof(scanned="x")
    assert holds(Gate.LABEL_SCANNED, standing(DeviceKind.LAPTOP, printed, scanned))
    assert not holds(Gate.LABEL_SCANNED, standing(DeviceKind.LAPTOP, printed, scanned, printed))
    assert not holds(Gate.LABEL_SCANNED, standing(DeviceKind.LAPTOP, scanned))


def test_every_fitted_storage_needs_its_own_evidence():
    both = frozenset({"k1", "k2"})
    assert wipe_version(standing(DeviceKind.LAPTOP, erased("k1"), storage_keys=both)) is None
    assert wipe_version(standing(DeviceKind.LAPTOP, erased("k1"), erased("k2"), storage_keys=both)) == 2


def test_no_disk_found_is_never_enough():
    assert wipe_version(standing(DeviceKind.LAPTOP, storage_keys=frozenset())) is None
    seen = ev.StorageNoneFitted(proof="photo 12", second_person=uuid4())
    assert wipe_version(standing(DeviceKind.LAPTOP, seen, storage_keys=frozenset())) == 1


def test_evidence_from_before_a_return_does_not_count():
    assert wipe_version(standing(DeviceKind.LAPTOP, erased(), outside_version=2)) is None


def test_a_wipe_that_began_after_the_certificate_takes_it_away():
    again = ev.StorageInventory(keys=("k1",))
    assert wipe_version(standing(DeviceKind.LAPTOP, erased(), again)) is None
    assert wipe_version(standing(DeviceKind.LAPTOP, erased(), again, erased())) == 3


def test_a_guided_reset_counts_for_attested_kinds_alone():
    reset = ev.StorageReset(proof="powerwash screen, photo 3")
    assert wipe_version(standing(DeviceKind.CHROMEBOOK, reset)) == 1
    assert wipe_version(standing(DeviceKind.LAPTOP, reset)) is None


def test_a_sealed_drive_counts_for_recycling_alone():
    sealed = ev.StorageSealed(key="k1", seal="S-114")
    assert holds(Gate.STORAGE_ACCOUNTED, standing(DeviceKind.LAPTOP, sealed))
    assert not holds(Gate.STORAGE_PROVEN, standing(DeviceKind.LAPTOP, sealed))


def test_new_in_its_box_needs_no_wipe_until_it_was_out():
    intake = ev.Intake(origin=Origin.BOUGHT_NEW, sealed=True)
    fresh = Standing(DeviceKind.LAPTOP, Origin.BOUGHT_NEW, proofs=(Proof(1, intake),), version=2)
    back = Standing(DeviceKind.LAPTOP, Origin.BOUGHT_NEW, proofs=(Proof(1, intake),), version=3, outside_version=2)
    assert holds(Gate.NOTHING_TO_WIPE, fresh)
    assert not holds(Gate.NOTHING_TO_WIPE, back)


def test_an_image_or_a_test_from_before_the_wipe_is_stale():
    image = ev.ImageWritten(name="debian", version="1", sha256="0" * 64)
    test = ev.TestResult(functional=True, electrical=True, battery_percent=80, tester=uuid4())
    recorded = ev.ImageRecorded(name="debian", version="1", tool="Clonezilla", tool_version="3.2")
    assert holds(Gate.IMAGE_CURRENT, standing(DeviceKind.LAPTOP, erased(), recorded))
    assert not holds(Gate.IMAGE_CURRENT, standing(DeviceKind.LAPTOP, recorded, erased()))
    assert not holds(Gate.TESTS_CURRENT, standing(DeviceKind.LAPTOP, erased(), test, recorded))
    good = standing(DeviceKind.LAPTOP, erased(), image, test)
    assert all(holds(gate, good) for gate in (Gate.IMAGE_CURRENT, Gate.TESTS_CURRENT))
    assert not holds(Gate.IMAGE_CURRENT, standing(DeviceKind.LAPTOP, image, erased(), test))
    assert not holds(Gate.TESTS_CURRENT, standing(DeviceKind.LAPTOP, test, erased(), image))
    assert not holds(Gate.TESTS_CURRENT, standing(DeviceKind.LAPTOP, erased(), test, image))


@pytest.mark.parametrize(
    ("kind", "result", "complete"),
    [
        (DeviceKind.LAPTOP, {"functional": True, "electrical": True, "battery_percent": 70}, True),
        (DeviceKind.LAPTOP, {"functional": True, "electrical": True}, False),
        (DeviceKind.LAPTOP, {"functional": True, "electrical": False, "battery_percent": 70}, False),
        (DeviceKind.DESKTOP, {"functional": True}, False),
        (DeviceKind.DRIVE, {"functional": True}, True),
        (DeviceKind.DRIVE, {"functional": False}, False),
    ],
)
def test_which_tests_a_kind_needs(kind, result, complete):
    test = ev.TestResult(tester=uuid4(), **result)
    assert holds(Gate.TESTS_COMPLETE, standing(kind, given=(test,))) is complete


def test_two_person_release():
    tester = uuid4()
    test = ev.TestResult(functional=True, electrical=True, battery_percent=80, tester=tester)
    assert holds(Gate.NOT_THE_TESTER, standing(DeviceKind.LAPTOP, test, actor_account=tester))
    assert not holds(Gate.NOT_THE_TESTER, standing(DeviceKind.LAPTOP, test, actor_account=tester, two_person_release=True))
    assert holds(Gate.NOT_THE_TESTER, standing(DeviceKind.LAPTOP, test, actor_account=uuid4(), two_person_release=True))


def test_only_a_bench_finishes_a_wipe_save_for_attested_kinds():
    assert not holds(Gate.BENCH_OR_ATTESTED, standing(DeviceKind.LAPTOP))
    assert holds(Gate.BENCH_OR_ATTESTED, standing(DeviceKind.LAPTOP, by_bench=True))
    assert holds(Gate.BENCH_OR_ATTESTED, standing(DeviceKind.MAC))
