"""When a machine may join a drive and a device by itself: one doubt is enough to ask a person."""

from dataclasses import replace

import pytest

from fleet.contract.kinds import DeviceKind
from fleet.devices.states import ENDS, State
from fleet.drives.rules import TRAY, Doubt, Sighting, doubt, takes_drive

SURE = Sighting(
    device_kind=DeviceKind.LAPTOP,
    holder_kind=DeviceKind.DRIVE,
    holder_state=State.WIPED,
    holders=1,
    same_organisation=True,
    storages_of_holder=1,
    proven=True,
)


def test_a_wiped_loose_drive_seen_inside_a_laptop_is_joined():
    assert doubt(SURE) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"device_kind": DeviceKind.DRIVE}, Doubt.TAKES_NO_DRIVE),
        ({"device_kind": DeviceKind.MONITOR}, Doubt.TAKES_NO_DRIVE),
        ({"holders": 2}, Doubt.SEVERAL_HOLDERS),
        ({"holder_kind": DeviceKind.LAPTOP}, Doubt.NOT_A_DRIVE),
        ({"same_organisation": False}, Doubt.OTHER_ORGANISATION),
        ({"storages_of_holder": 2}, Doubt.SEVERAL_STORAGES),
        ({"holder_state": State.INSPECTED}, Doubt.NOT_WIPED_LOOSE),
        ({"holder_state": State.ON_LOAN}, Doubt.NOT_WIPED_LOOSE),
        ({"holder_state": State.LOST}, Doubt.NOT_WIPED_LOOSE),
        ({"proven": False}, Doubt.NOT_PROVEN),
    ],
)
def test_in_doubt_a_person_decides(change, why):
    assert doubt(replace(SURE, **change)) is why


def test_every_loose_state_is_in_one_group_of_the_tray():
    sorted_in = [state for states in TRAY.values() for state in states]
    assert len(sorted_in) == len(set(sorted_in))
    with_people = {State.RESERVED, State.ON_LOAN, State.DEPLOYED_FIXED}
    assert set(sorted_in) == set(State) - ENDS - with_people


def test_a_drive_goes_into_what_holds_storage_and_is_no_drive():
    assert takes_drive(DeviceKind.LAPTOP)
    assert not takes_drive(DeviceKind.MONITOR)
    assert not takes_drive(DeviceKind.DRIVE)
