"""A drive goes into a device and comes out: two records, one transaction, and never a proof that does not cover the storage."""

import threading
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.audit import service as audit
from fleet.contract.kinds import DeviceKind
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.correction import correct
from fleet.devices.errors import CorrectionRefused, DeviceNotFound, DeviceStale, OwnDoor, StepIncomplete, StepNotListed
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import Gate, holds, wipe_version
from fleet.devices.standing import By
from fleet.devices.states import State, Step
from fleet.drives import service as drives
from fleet.drives.errors import DeviceClosed, DriveElsewhere, NotADrive, StorageNotFitted, TakesNoDrive
from fleet.drives.tray import life
from fleet.errors import FleetError
from tests.fleet.drives.bench_drives import Bench, device_of, keys_of, send, standing, state_of

pytestmark = pytest.mark.db


@pytest.fixture
def bench(workshop) -> Bench:
    return Bench(workshop)


def fit(workshop, drive, laptop, principal=None):
    with workshop.unit() as session:
        return drives.fit(session, principal or workshop.worker, drive, laptop)


def take_out(workshop, laptop, key, **more):
    with workshop.unit() as session:
        moved = drives.take_out(session, workshop.worker, laptop, key, "Lade 2", **more)
        session.expunge_all()
        return moved


def step(workshop, code, step, *given):
    with workshop.unit() as session:
        service.apply(session, By(workshop.worker), code, step, given)


def proven(workshop, code):
    return wipe_version(standing(workshop, code)) is not None


def test_a_wiped_drive_brings_its_own_certificate_into_the_laptop(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    assert not proven(workshop, laptop)
    moved = fit(workshop, drive, laptop)
    assert moved.proven
    assert (state_of(workshop, drive), keys_of(workshop, drive)) == (State.FITTED, [])
    assert keys_of(workshop, laptop) == [medium.key]
    assert proven(workshop, laptop)
    step(workshop, laptop, Step.ACCEPT_PROOF)
    assert state_of(workshop, laptop) is State.WIPED
    with workshop.unit() as session:
        erased = [row for row in repository.evidence_of(session, service.get(session, laptop).id) if row.type == "storage_erased"]
        own = [row for row in repository.evidence_of(session, service.get(session, drive).id) if row.type == "storage_erased"]
        assert [row.data["certificate_id"] for row in erased] == [row.data["certificate_id"] for row in own]
        public = Ed25519PrivateKey.generate().public_key()  # no head is signed yet
        assert audit.verify(session, workshop.organisation_id, public).first_bad is None


def test_said_twice_it_is_done_once(workshop, bench):
    drive, _ = bench.drive("S-1")
    laptop = bench.laptop()
    fit(workshop, drive, laptop)
    before = device_of(workshop, laptop).version
    again = fit(workshop, drive, laptop)
    assert (again.already, again.proven) == (True, True)
    assert device_of(workshop, laptop).version == before


def test_a_drive_with_data_on_it_is_refused_in_words(workshop, bench):
    laptop = bench.laptop()
    drive, _ = bench.drive("S-1", wiped=False)
    with pytest.raises(StepNotListed, match="inspected"):
        fit(workshop, drive, laptop)
    assert keys_of(workshop, laptop) == []


def test_a_drive_whose_proof_does_not_hold_any_more_is_refused(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    send(workshop, bench.wire.wipe_started(drive, medium))  # a second wipe begins and is never finished
    with workshop.unit() as session:
        device = service.get(session, drive)
        repository.move(session, device, {"state": State.WIPED})  # as a fault elsewhere would leave it
    with pytest.raises(StepIncomplete):
        fit(workshop, drive, laptop)


def test_only_a_drive_goes_in_and_only_into_what_holds_one(workshop, bench):
    drive, _ = bench.drive("S-1")
    other, _ = bench.drive("S-2")
    laptop = bench.laptop("S-3")
    with pytest.raises(NotADrive):
        fit(workshop, laptop, laptop)
    with pytest.raises(TakesNoDrive):
        fit(workshop, drive, other)
    with pytest.raises(DeviceNotFound):
        fit(workshop, drive, "0000000R")


def test_nobody_opens_a_device_that_is_ready_or_out(workshop, bench):
    drive, _ = bench.drive("S-1")
    laptop = bench.laptop("S-2")
    with workshop.unit() as session:
        repository.move(session, service.get(session, laptop), {"state": State.READY})
    with pytest.raises(DeviceClosed):
        fit(workshop, drive, laptop)
    with pytest.raises(DeviceClosed):
        take_out(workshop, laptop, keys_of(workshop, laptop)[0])


def test_a_drive_is_in_one_device_only(workshop, bench):
    drive, _ = bench.drive("S-1")
    first, second = bench.laptop(), bench.laptop()
    fit(workshop, drive, first)
    with pytest.raises(DriveElsewhere):
        fit(workshop, drive, second)


def test_two_people_who_fit_the_same_drive_at_once_do_it_once(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptops = [bench.laptop(), bench.laptop()]
    start = threading.Barrier(2)

    def one(laptop):
        start.wait()
        with suppress(FleetError):
            fit(workshop, drive, laptop)

    threads = [threading.Thread(target=one, args=(laptop,)) for laptop in laptops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(keys_of(workshop, laptop)) for laptop in laptops) == [0, 1]
    with workshop.unit() as session:
        assert len(repository.holders_of_key(session, medium.key)) == 1


def test_a_drive_taken_out_is_a_device_of_its_own_with_its_certificate(workshop, bench):
    laptop = bench.laptop("S-1", wiped=True)
    [key] = keys_of(workshop, laptop)
    moved = take_out(workshop, laptop, key)
    drive = moved.drive.asset_code
    assert moved.proven
    assert (moved.drive.kind, moved.drive.state) == (DeviceKind.DRIVE, State.RECEIVED)
    assert (keys_of(workshop, laptop), keys_of(workshop, drive)) == ([], [key])
    assert proven(workshop, drive)
    assert not proven(workshop, laptop)  # nothing is fitted, and nobody has said so yet
    again = take_out(workshop, laptop, key)
    assert (again.already, again.drive.asset_code) == (True, drive)
    send(workshop, *bench.wire.labelled(drive), bench.wire.inspected(drive))
    step(workshop, drive, Step.ACCEPT_PROOF)
    assert state_of(workshop, drive) is State.WIPED
    other = bench.laptop()
    assert fit(workshop, drive, other).proven
    with workshop.unit() as session:
        stays = [(stay.device.asset_code, stay.component.removed_version is None) for stay in life(session, key)]
    assert stays == [(laptop, False), (drive, False), (other, True)]


def test_a_drive_that_comes_out_again_is_the_same_device(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    fit(workshop, drive, laptop)
    moved = take_out(workshop, laptop, medium.key)
    assert (moved.drive.asset_code, moved.drive.state, moved.proven) == (drive, State.INSPECTED, True)
    assert proven(workshop, drive)


def test_what_came_back_from_a_borrower_takes_no_proof_along(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    fit(workshop, drive, laptop)
    with workshop.unit() as session:  # it was lent and came back
        device = service.get(session, laptop)
        repository.move(session, device, {"state": State.RETURNED, "outside_version": device.version + 1})
    moved = take_out(workshop, laptop, medium.key)
    assert not moved.proven
    assert not proven(workshop, drive)  # its old certificate is of before it went in
    with pytest.raises(StepIncomplete):
        step(workshop, drive, Step.ACCEPT_PROOF)


def test_the_old_certificate_of_a_laptop_does_not_cover_a_drive_that_was_out(workshop, bench):
    laptop = bench.laptop("S-1", wiped=True)
    [key] = keys_of(workshop, laptop)
    moved = take_out(workshop, laptop, key)
    drive = moved.drive.asset_code
    with workshop.unit() as session:  # the drive was used elsewhere, and a bench now finds it in the laptop again
        device = service.get(session, laptop)
        component = next(row for row in repository.components_of(session, device.id) if row.storage_key == key)
        from_before = drives.moves.begin(session, component, device)
        assert from_before.removed_version is None
    assert holds(Gate.STORAGE_FITTED, standing(workshop, laptop))
    assert not proven(workshop, laptop)
    assert proven(workshop, drive)


def test_none_fitted_must_be_seen_after_the_drive_came_out(workshop, bench):
    laptop = bench.laptop()
    seen = ev.StorageNoneFitted(proof="foto 1", second_person=workshop.lead.actor.id)
    with workshop.unit() as session:
        service.add_evidence(session, By(workshop.worker), laptop, [seen])
    assert proven(workshop, laptop)
    drive, medium = bench.drive("S-1")
    fit(workshop, drive, laptop)
    take_out(workshop, laptop, medium.key)
    assert not proven(workshop, laptop)
    with workshop.unit() as session:
        service.add_evidence(session, By(workshop.worker), laptop, [seen])
    assert proven(workshop, laptop)


def test_a_stale_page_takes_nothing_out(workshop, bench):
    laptop = bench.laptop("S-1", wiped=True)
    with pytest.raises(DeviceStale):
        take_out(workshop, laptop, keys_of(workshop, laptop)[0], expected_version=1)
    with pytest.raises(StorageNotFitted):
        take_out(workshop, laptop, "serial:nothing|like|1")


def test_a_move_is_not_taken_back_as_a_step(workshop, bench):
    drive, _ = bench.drive("S-1")
    laptop = bench.laptop()
    fit(workshop, drive, laptop)
    with workshop.unit() as session, pytest.raises(CorrectionRefused, match="two devices"):
        correct(session, workshop.lead, drive, "vergissing")
    assert state_of(workshop, drive) is State.FITTED


@pytest.mark.parametrize("kind", [EvidenceType.FITTED_INTO, EvidenceType.STORAGE_FITTED, EvidenceType.STORAGE_REMOVED])
def test_nobody_hands_in_a_move_by_itself(workshop, bench, kind):
    drive, medium = bench.drive("S-1")
    other = device_of(workshop, bench.laptop())
    shapes = {
        EvidenceType.FITTED_INTO: ev.FittedInto(other_code=other.asset_code, device_id=other.id),
        EvidenceType.STORAGE_FITTED: ev.StorageFitted(key=medium.key, other_code=other.asset_code, device_id=other.id),
        EvidenceType.STORAGE_REMOVED: ev.StorageRemoved(key=medium.key, other_code=other.asset_code, device_id=other.id),
    }
    with pytest.raises(OwnDoor):
        step(workshop, drive, Step.FIT_INTO, shapes[kind])
    assert state_of(workshop, drive) is State.WIPED


def test_another_organisation_fits_nothing_here(bench, stranger):
    drive, _ = bench.drive("S-1")
    laptop = bench.laptop()
    with stranger.unit() as session, pytest.raises(DeviceNotFound):
        drives.fit(session, stranger.worker, drive, laptop)
