"""Wrong passwords of strangers: counted from all sides, and never at the cost of who sits at a computer of their own."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from fleet.accounts import signin
from fleet.accounts.passwords import Checked
from fleet.accounts.rules import ALL_NETWORKS, FREE_FAILURES, ONE_NETWORK
from fleet.accounts.signin import SignedIn, SignInRefused, SignInTooOften
from fleet.auth.rules import Role
from tests.fleet.conftest import Workshop, make_account

pytestmark = pytest.mark.db
RIGHT, DEVICE = "vier groene fietsen", b"12345678"


@pytest.fixture(autouse=True)
def cheap_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is not the subject here, and hashing a hundred of them takes ten seconds."""
    monkeypatch.setattr(
        "fleet.accounts.passwords.check", lambda password, stored: Checked(stored is not None and password == RIGHT)
    )


@pytest.fixture
def els(workshop: Workshop) -> Workshop:
    with workshop.unit() as session:
        make_account(session, workshop.organisation_id, "els", Role.WORKSHOP)
        make_account(session, workshop.organisation_id, "jan", Role.WORKSHOP)
    return workshop


def sign_in(world: Workshop, login: str, password: str, address: str, device: bytes | None = None) -> SignedIn:
    return signin.sign_in(world.database.engine(), login, password, address, timedelta(hours=1), device=device)


def fail(world: Workshop, login: str, address: str, device: bytes | None = None) -> None:
    with pytest.raises(SignInRefused):
        sign_in(world, login, "wrong", address, device)


def test_one_password_tried_on_many_logins_is_stopped_for_the_whole_network(els: Workshop) -> None:
    for number in range(ONE_NETWORK.free):
        fail(els, f"nobody{number}", "192.0.2.7")
    with pytest.raises(SignInTooOften):
        sign_in(els, "els", RIGHT, "192.0.2.7")
    assert sign_in(els, "els", RIGHT, "192.0.2.7", DEVICE).token
    assert sign_in(els, "els", RIGHT, "192.0.2.8").token


def test_one_login_attacked_from_many_networks_is_slowed_but_not_in_its_own_browser(els: Workshop) -> None:
    for number in range(ALL_NETWORKS.free):
        fail(els, "els", f"198.51.100.{number}")
    with pytest.raises(SignInTooOften) as slowed:
        sign_in(els, "els", RIGHT, "203.0.113.9")
    assert 0 < int(str(slowed.value.data["seconds"])) <= ALL_NETWORKS.longest_wait_s
    assert sign_in(els, "els", RIGHT, "203.0.113.9", DEVICE).token
    assert sign_in(els, "jan", RIGHT, "203.0.113.9").token


def test_a_colleague_behind_the_same_address_cannot_lock_out_a_known_browser(els: Workshop) -> None:
    for _ in range(FREE_FAILURES):
        fail(els, "els", "192.0.2.7")
    with pytest.raises(SignInTooOften):
        sign_in(els, "els", RIGHT, "192.0.2.7")
    assert sign_in(els, "els", RIGHT, "192.0.2.7", DEVICE).token


def test_a_known_browser_may_not_guess_either(els: Workshop) -> None:
    for _ in range(FREE_FAILURES):
        fail(els, "els", "192.0.2.7", DEVICE)
    with pytest.raises(SignInTooOften):
        sign_in(els, "els", RIGHT, "192.0.2.7", DEVICE)


def test_a_password_that_one_knows_does_not_clear_the_way_for_guessing_others(els: Workshop) -> None:
    for number in range(10):
        fail(els, f"nobody{number}", "192.0.2.7")
    sign_in(els, "els", RIGHT, "192.0.2.7")
    with els.unit() as session:
        counts = session.execute(text("SELECT count FROM sign_in_failures ORDER BY count DESC LIMIT 1")).scalar_one()
    assert counts > 9


def test_ten_right_sign_ins_in_a_row_count_as_none(els: Workshop) -> None:
    for _ in range(10):
        sign_in(els, "els", RIGHT, "192.0.2.7")
    with els.unit() as session:
        assert session.execute(text("SELECT max(count) FROM sign_in_failures")).scalar_one() < 1
