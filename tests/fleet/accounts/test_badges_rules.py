"""What a PIN may be, and what wrong ones lead to."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.accounts.badges_rules import (
    TRIES_HERE,
    TRIES_IN_ALL,
    WAIT,
    PinFormWrong,
    PinsDiffer,
    PinTooEasy,
    Tries,
    check_pin,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("pin", ["274951", "908172", "112358", "135790"])
def test_pins_that_are_taken(pin):
    check_pin("mo", pin, pin)


@pytest.mark.parametrize("pin", ["000000", "123456", "654321", "987654", "345678", "890123", "121212", "112211", "123123"])
def test_pins_that_a_thief_tries_first(pin):
    with pytest.raises(PinTooEasy):
        check_pin("mo", pin, pin)


def test_a_pin_that_stands_in_the_login():
    with pytest.raises(PinTooEasy):
        check_pin("mo.27-4951", "274951", "274951")


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "27495a", "٢٧٤٩٥١", " 27495"])
def test_what_is_no_pin(pin):
    with pytest.raises(PinFormWrong):
        check_pin("mo", pin, pin)


def test_a_slip_of_the_finger():
    with pytest.raises(PinsDiffer):
        check_pin("mo", "274951", "274952")


def test_five_wrong_ones_wait_fifteen_minutes_here():
    tries = Tries(0, NOW, 0)
    for count in range(1, TRIES_HERE + 1):
        assert tries.wait_s(NOW) == 0
        tries = tries.another(NOW)
        assert tries.left == TRIES_HERE - count
    assert tries.wait_s(NOW) == 900
    assert tries.wait_s(NOW + WAIT - timedelta(milliseconds=1)) == 1
    assert tries.wait_s(NOW + WAIT) == 0
    later = tries.another(NOW + WAIT)
    assert (later.here, later.in_all, later.left) == (1, 6, 4)


def test_ten_wrong_ones_in_all_stop_the_badge():
    tries = Tries(0, NOW, TRIES_IN_ALL - 1)
    assert not tries.stopped
    tries = tries.another(NOW)
    assert tries.stopped
    assert tries.left == 0
    assert tries.another(NOW + 10 * WAIT).stopped
