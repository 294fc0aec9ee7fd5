import pytest

from fleet.accounts.known_devices import AT_MOST, VALID, recognised, remembered

KEY, TODAY = b"k" * 32, 20_000


def test_a_browser_knows_the_logins_that_signed_in_there() -> None:
    cookie = remembered(KEY, remembered(KEY, "", "els", TODAY), "mo", TODAY)
    els, mo = recognised(KEY, cookie, "els", TODAY), recognised(KEY, cookie, "mo", TODAY)
    assert els is not None
    assert mo is not None
    assert els != mo
    assert recognised(KEY, cookie, "lies", TODAY) is None
    assert "els" not in cookie


def test_another_key_and_a_changed_cookie_know_nobody() -> None:
    cookie = remembered(KEY, "", "els", TODAY)
    assert recognised(b"x" * 32, cookie, "els", TODAY) is None
    changed = ("B" if cookie[0] == "A" else "A") + cookie[1:]
    assert recognised(KEY, changed, "els", TODAY) is None


@pytest.mark.parametrize("cookie", ["", ".", "é", "====", "A" * 10_000, "AAAA." * 50])
def test_what_is_no_cookie_of_ours_knows_nobody(cookie: str) -> None:
    assert recognised(KEY, cookie, "els", TODAY) is None
    assert recognised(KEY, remembered(KEY, cookie, "els", TODAY), "els", TODAY) is not None


def test_a_browser_forgets() -> None:
    cookie = remembered(KEY, "", "els", TODAY)
    assert recognised(KEY, cookie, "els", TODAY + VALID.days) is not None
    assert recognised(KEY, cookie, "els", TODAY + VALID.days + 1) is None
    assert recognised(KEY, cookie, "els", TODAY - 1) is None


def test_the_cookie_stays_small_and_a_login_stands_in_it_once() -> None:
    cookie = ""
    for number in range(AT_MOST + 3):
        cookie = remembered(KEY, cookie, f"user{number}", TODAY)
    assert len(cookie) < 400
    assert recognised(KEY, cookie, "user0", TODAY) is None
    again = remembered(KEY, cookie, f"user{AT_MOST + 2}", TODAY + 1)
    assert len(again.split(".")) == AT_MOST
