from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.detect.occupants import Occupant
from agents.detect.positions import Positions
from agents.detect.uevents import Action, Uevent

PORTS = [
    PortConfig(name="A1", id_path="usb-1"),
    PortConfig(name="A2", id_path="usb-2"),
    PortConfig(name="V1", path=Path("/srv/drive.img")),
]


def uevent(action: Action, path: str, id_path: str | None, diskseq: int | None, size: int = 1 << 30) -> Uevent:
    return Uevent(action, Path(path), id_path, diskseq, size)


@pytest.fixture
def positions() -> Positions:
    return Positions(PORTS)


def standing(positions: Positions) -> dict[str, str | None]:
    return {name: occupant and str(occupant.path) for name, occupant in positions.occupants()}


def test_a_disk_is_matched_by_position_never_by_name(positions: Positions) -> None:
    positions.apply(uevent(Action.ADD, "/dev/sda", "usb-2", 4))
    assert standing(positions) == {"A1": None, "A2": "/dev/sda"}


@pytest.mark.parametrize("id_path", [None, "usb-3", "usb-22", ""])
def test_what_stands_elsewhere_is_none_of_our_business(positions: Positions, id_path: str | None) -> None:
    positions.apply(uevent(Action.ADD, "/dev/sda", id_path, 4))
    assert standing(positions) == {"A1": None, "A2": None}


def test_a_reader_without_a_card_stands_empty(positions: Positions) -> None:
    positions.apply(uevent(Action.ADD, "/dev/sdb", "usb-1", 4, size=0))
    assert standing(positions)["A1"] is None
    positions.apply(uevent(Action.CHANGE, "/dev/sdb", "usb-1", 5))
    assert standing(positions)["A1"] == "/dev/sdb"


def test_a_late_removal_of_the_disk_before_does_not_remove_this_one(positions: Positions) -> None:
    positions.apply(uevent(Action.ADD, "/dev/sdb", "usb-1", 5))
    positions.apply(uevent(Action.REMOVE, "/dev/sdb", "usb-1", 4))
    assert standing(positions)["A1"] == "/dev/sdb"
    positions.apply(uevent(Action.REMOVE, "/dev/sdb", None, 5))
    assert standing(positions)["A1"] is None


def test_without_disk_numbers_the_name_decides(positions: Positions) -> None:
    positions.apply(uevent(Action.ADD, "/dev/sdb", "usb-1", None))
    positions.apply(uevent(Action.REMOVE, "/dev/sdb", None, None))
    assert standing(positions)["A1"] is None


def test_unplugged_and_plugged_in_again_is_another_occupant(positions: Positions) -> None:
    seen: list[Occupant | None] = []
    for diskseq in (5, 6):
        positions.apply(uevent(Action.ADD, "/dev/sdb", "usb-1", diskseq))
        seen.append(dict(positions.occupants())["A1"])
    assert seen[0] != seen[1]


def test_a_full_look_forgets_what_is_no_longer_there(positions: Positions) -> None:
    positions.apply(uevent(Action.ADD, "/dev/sdb", "usb-1", 5))
    positions.replace([uevent(Action.ADD, "/dev/sdc", "usb-2", 6)])
    assert standing(positions) == {"A1": None, "A2": "/dev/sdc"}
