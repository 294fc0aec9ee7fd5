"""What a bench sees inside a device: joined where it is sure, asked where it is not, and nothing erased by it."""

from uuid import UUID

import pytest

from fleet.contract import events
from fleet.devices import service
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import wipe_version
from fleet.devices.standing import By
from fleet.devices.states import State
from fleet.drives.seen import fit_seen
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from tests.fleet.bench_events import storage
from tests.fleet.drives.bench_drives import Bench, keys_of, send, standing, state_of

pytestmark = pytest.mark.db


@pytest.fixture
def bench(workshop) -> Bench:
    return Bench(workshop)


def doubts(workshop):
    with workshop.unit() as session:
        found = tasks.open_tasks(session).items
        assert all("code" in task.data for task in found if task.device_id), "a task is found by its device's code"
        return [task.data.get("why") for task in found if task.kind is TaskKind.POSSIBLE_DUPLICATE]


def test_a_laptop_that_comes_in_with_our_wiped_drive_is_joined_but_not_proven(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.seen_in_laptop(medium)
    assert (state_of(workshop, drive), keys_of(workshop, drive)) == (State.FITTED, [])
    assert keys_of(workshop, laptop) == [medium.key]
    assert wipe_version(standing(workshop, laptop)) is None
    assert doubts(workshop) == []


def test_in_a_laptop_that_was_here_the_proof_goes_along(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    with workshop.unit() as session:
        device = service.get(session, laptop)
        service.fit_storage(session, device, medium)
        [seen] = fit_seen(session, By(workshop.worker), device)
        assert (seen.joined, seen.proven, seen.other.asset_code) == (True, True, drive)
    assert wipe_version(standing(workshop, laptop)) is not None
    with workshop.unit() as session:
        assert fit_seen(session, By(workshop.worker), service.get(session, laptop)) == ()


def test_a_drive_with_data_is_left_where_it_is_and_the_lead_is_asked(workshop, bench):
    drive, medium = bench.drive("S-1", wiped=False)
    laptop = bench.seen_in_laptop(medium)
    assert state_of(workshop, drive) is State.INSPECTED
    assert wipe_version(standing(workshop, laptop)) is None
    assert doubts(workshop) == ["not_wiped_loose"]


def test_a_drive_that_a_dock_sees_under_another_code_is_not_fitted(workshop, bench):
    drive, _ = bench.drive("S-1")
    bench.drive("S-1", wiped=False)
    assert state_of(workshop, drive) is State.WIPED
    assert doubts(workshop) == ["takes_no_drive"]


def test_another_organisations_drive_is_nobodys_here(workshop, bench, stranger):
    drive, medium = bench.drive("S-1")
    elsewhere = Bench(stranger).seen_in_laptop(storage("S-1"))
    assert state_of(workshop, drive) is State.WIPED
    assert keys_of(stranger, elsewhere) == [medium.key]


def test_a_wipe_that_finds_our_wiped_drive_inside_joins_it_and_rests_on_no_older_proof(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    [outcome] = send(workshop, bench.wire.wipe_started(laptop, medium))
    assert outcome == "applied"
    assert (state_of(workshop, drive), state_of(workshop, laptop)) == (State.FITTED, State.WIPING)
    assert (keys_of(workshop, drive), keys_of(workshop, laptop)) == ([], [medium.key])
    assert standing(workshop, laptop).latest(EvidenceType.STORAGE_ERASED) is None
    send(workshop, bench.wire.erased(laptop, medium))
    assert state_of(workshop, laptop) is State.WIPED
    assert doubts(workshop) == []


def test_a_cancelled_wipe_leaves_the_drive_inside_unproven(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.laptop()
    cancelled = bench.wire.event(events.WipeCancelled(asset_code=laptop, job_id=UUID(int=1), reason="stopped in time"))
    send(workshop, bench.wire.wipe_started(laptop, medium), cancelled)
    assert state_of(workshop, drive) is State.FITTED
    assert wipe_version(standing(workshop, laptop)) is None


def test_a_wipe_that_finds_a_drive_with_data_asks_the_lead_once(workshop, bench):
    drive, medium = bench.drive("S-1", wiped=False)
    laptop = bench.laptop()
    cancelled = bench.wire.event(events.WipeCancelled(asset_code=laptop, job_id=UUID(int=1), reason="stopped in time"))
    send(workshop, bench.wire.wipe_started(laptop, medium), cancelled)
    assert send(workshop, bench.wire.wipe_started(laptop, medium)) == ["applied"]
    assert (state_of(workshop, drive), state_of(workshop, laptop)) == (State.INSPECTED, State.WIPING)
    assert doubts(workshop) == ["not_wiped_loose"]


def test_a_wipe_that_the_lifecycle_refuses_moves_no_drive(workshop, bench):
    drive, medium = bench.drive("S-1")
    laptop = bench.seen_in_laptop(storage("S-2"))
    [outcome] = send(workshop, bench.wire.wipe_started(laptop, medium))
    assert outcome == "refused"
    assert state_of(workshop, drive) is State.WIPED
    assert keys_of(workshop, laptop) == [storage("S-2").key]
