"""Receiving by hand: one device is entered once, from somewhere, into a batch that still takes devices."""

import threading

import pytest

from fleet.contract.kinds import DeviceKind
from fleet.desk.receiving import BatchMissing, NewArrival, receive
from fleet.devices.errors import SerialKnown
from fleet.devices.states import Origin, State
from fleet.donations import service as donations
from fleet.donations.errors import BatchClosed
from fleet.donations.service import Arrival, NewDonation, NewDonor
from fleet.intake.service import take_in
from fleet.intake.station import NotRecognised, recognise
from labels.codes import is_valid
from tests.fleet.bench_events import Wire, storage

pytestmark = pytest.mark.db


@pytest.fixture
def batch(workshop):
    with workshop.unit() as session:
        donor = donations.register_donor(session, workshop.lead, NewDonor("Stad"))
        donation = donations.register(session, workshop.lead, NewDonation(donor.id, 3))
        return donations.open_batch(session, workshop.lead, donation.id, Arrival()).id


def enter(workshop, **fields):
    new = NewArrival(**{"kind": DeviceKind.DRIVE, "model": "Disk", "place": "Rek 1", "serial": "S-100", **fields})
    with workshop.unit() as session:
        device = receive(session, workshop.worker, new)
        return device.asset_code, device.state, device.origin, device.batch_id


def test_a_device_gets_a_code_and_stands_in_its_batch(workshop, batch):
    code, state, origin, in_batch = enter(workshop, batch_id=batch)
    assert is_valid(code)
    assert (state, origin, in_batch) == (State.RECEIVED, Origin.DONATED, batch)


def test_the_same_device_is_not_entered_twice(workshop, batch):
    code = enter(workshop, batch_id=batch)[0]
    with pytest.raises(SerialKnown, match=code[:4]):
        enter(workshop, batch_id=batch, serial=" s-100")


def test_another_model_may_have_the_same_serial(workshop, batch):
    enter(workshop, batch_id=batch)
    assert enter(workshop, batch_id=batch, model="Other")[1] is State.RECEIVED


def test_a_device_comes_from_somewhere(workshop):
    with pytest.raises(BatchMissing):
        enter(workshop)
    assert enter(workshop, origin=Origin.FOUND)[2] is Origin.FOUND


def test_a_closed_batch_takes_nothing_more(workshop, batch):
    with workshop.unit() as session:
        donations.close_batch(session, workshop.lead, batch, Arrival(received_count=0))
    with pytest.raises(BatchClosed):
        enter(workshop, batch_id=batch)


def test_a_drive_received_by_hand_is_recognised_at_a_bench_by_its_serial_until_it_was_read(workshop):
    code = enter(workshop, origin=Origin.FOUND)[0]
    with workshop.unit() as session:
        assert recognise(session, storage().key, "S-100").asset_code == code
        with pytest.raises(NotRecognised):
            recognise(session, storage().key)
    wire = Wire(workshop.bench.id, workshop.bench_key)
    for document in [*wire.labelled(code), wire.inspected(code), wire.wipe_started(code)]:
        with workshop.unit() as session:
            assert take_in(session, workshop.sender, document).outcome != "refused"
    with workshop.unit() as session:
        assert recognise(session, storage().key).asset_code == code
        with pytest.raises(NotRecognised):
            recognise(session, storage(model="Twin").key, "S-100")


def test_of_two_people_who_enter_one_device_at_once_the_second_is_told(workshop):
    outcomes = []

    def act():
        try:
            outcomes.append(enter(workshop, origin=Origin.FOUND)[1])
        except SerialKnown:
            outcomes.append("known")

    threads = [threading.Thread(target=act) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["known"] * 4 + [State.RECEIVED]
