from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.accounts import rules
from fleet.accounts.rules import FREE_FAILURES, LONGEST_WAIT_S, Failures

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("text", "login"), [("Els", "els"), (" mo.noord ", "mo.noord"), ("an@stad.example", "an@stad.example")])
def test_logins(text: str, login: str) -> None:
    assert rules.login_of(text) == login


@pytest.mark.parametrize("text", ["", "a", "-els", "els peeters", "élise", "x" * 65])
def test_wrong_logins(text: str) -> None:
    with pytest.raises(rules.LoginInvalid):
        rules.login_of(text)


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("kort", rules.PasswordTooShort),
        ("x" * 201, rules.PasswordTooLong),
        ("elspeeters1", rules.PasswordIsLogin),
        ("ElsPeeters1", rules.PasswordIsLogin),
    ],
)
def test_wrong_passwords_say_what_to_do(password: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        rules.check_password("elspeeters1", password)


def test_a_good_password() -> None:
    rules.check_password("els", "vier groene fietsen")


def test_some_failures_are_free_then_one_waits_longer_and_longer() -> None:
    assert all(Failures(count, NOW).wait_s(NOW) == 0 for count in range(FREE_FAILURES))
    waits = [Failures(count, NOW).wait_s(NOW) for count in range(FREE_FAILURES, FREE_FAILURES + 20)]
    assert waits[:4] == [5, 10, 20, 40]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT_S


def test_the_wait_ends() -> None:
    locked = Failures(FREE_FAILURES, NOW)
    assert locked.wait_s(NOW + timedelta(seconds=4)) == 1
    assert locked.wait_s(NOW + timedelta(seconds=5)) == 0


@given(st.floats(0, 1000), st.integers(0, 10**7))
def test_failures_are_forgotten_and_never_negative(count: float, seconds: int) -> None:
    found = Failures(count, NOW)
    later = NOW + timedelta(seconds=seconds)
    assert 0 <= found.remaining(later) <= count
    assert found.another(later).count == found.remaining(later) + 1
    assert 0 <= found.wait_s(later) <= LONGEST_WAIT_S
