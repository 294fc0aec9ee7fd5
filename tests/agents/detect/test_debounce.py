from pathlib import Path

from agents.detect.debounce import Debouncer
from agents.detect.occupants import Arrived, Left, Occupant

DISK = Occupant(Path("/dev/sdb"), "disk:7")
AGAIN = Occupant(Path("/dev/sdc"), "disk:8")


def test_an_arrival_counts_once_it_has_stayed() -> None:
    debouncer = Debouncer(1.0)
    assert debouncer.saw("A1", DISK, 0.0) == []
    assert debouncer.settled(0.9) == []
    assert debouncer.settled(1.0) == [Arrived("A1", DISK)]
    assert debouncer.settled(9.0) == []


def test_seeing_it_again_and_again_does_not_start_the_wait_anew() -> None:
    debouncer = Debouncer(1.0)
    for at in (0.0, 0.4, 0.8):
        debouncer.saw("A1", DISK, at)
    assert debouncer.settled(1.0) == [Arrived("A1", DISK)]
    assert debouncer.saw("A1", DISK, 2.0) == []


def test_a_bouncing_contact_is_one_arrival() -> None:
    debouncer = Debouncer(1.0)
    for at, occupant in ((0.0, DISK), (0.3, None), (0.5, AGAIN)):
        assert debouncer.saw("A1", occupant, at) == []
    assert debouncer.settled(1.2) == []
    assert debouncer.settled(1.5) == [Arrived("A1", AGAIN)]


def test_a_departure_counts_at_once_and_tells_the_job() -> None:
    debouncer = Debouncer(1.0)
    debouncer.saw("A1", DISK, 0.0)
    arrived = debouncer.settled(1.0)[0]
    assert isinstance(arrived, Arrived)
    assert not arrived.gone.is_set()
    assert debouncer.saw("A1", None, 1.1) == [Left("A1", DISK)]
    assert arrived.gone.is_set()
    assert debouncer.saw("A1", None, 1.2) == []


def test_another_device_in_its_place_is_a_departure_and_an_arrival() -> None:
    debouncer = Debouncer(1.0)
    debouncer.saw("A1", DISK, 0.0)
    debouncer.settled(1.0)
    assert debouncer.saw("A1", AGAIN, 2.0) == [Left("A1", DISK)]
    assert debouncer.settled(3.0) == [Arrived("A1", AGAIN)]


def test_ports_do_not_disturb_one_another() -> None:
    debouncer = Debouncer(1.0)
    debouncer.saw("A1", DISK, 0.0)
    debouncer.saw("A2", AGAIN, 0.5)
    assert debouncer.settled(1.2) == [Arrived("A1", DISK)]
    assert debouncer.settled(1.5) == [Arrived("A2", AGAIN)]
