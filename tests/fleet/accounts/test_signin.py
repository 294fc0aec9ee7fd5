from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from fleet.accounts import passwords, service, signin
from fleet.accounts.rules import FREE_FAILURES
from fleet.accounts.signin import SignedIn, SignInRefused, SignInTooOften
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.session import unit_of_work
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db
PASSWORD = "vier groene fietsen"
HERE, THERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def els(workshop: Workshop) -> Workshop:
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with workshop.unit() as session:
        service.create(session, admin, "Els", "Els", PASSWORD, frozenset({Role.WORKSHOP}))
    return workshop


def sign_in(world: Workshop, login: str = "els", password: str = PASSWORD, address: str = HERE) -> SignedIn:
    return signin.sign_in(world.database.engine(), login, password, address, timedelta(hours=12))


def fail(world: Workshop, times: int, login: str = "els", address: str = HERE) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            sign_in(world, login, "wrong password", address)


def test_a_session_is_opened_and_its_token_is_nowhere_in_the_database(els: Workshop) -> None:
    opened = sign_in(els, " ELS ")
    assert timedelta(hours=11) < opened.expires_at - datetime.now(UTC) <= timedelta(hours=12)
    with els.unit() as session:
        dump = str(session.execute(text("SELECT row_to_json(account_session) FROM account_session")).all())
    assert opened.token not in dump
    assert opened.csrf_token not in dump


def test_wrong_password_and_unknown_login_look_alike(els: Workshop) -> None:
    with pytest.raises(SignInRefused) as wrong:
        sign_in(els, password="wrong password")
    with pytest.raises(SignInRefused) as unknown:
        sign_in(els, login="nobody-here")
    assert (str(wrong.value), wrong.value.data) == (str(unknown.value), unknown.value.data)


def test_who_guesses_must_wait_even_with_the_right_password(els: Workshop) -> None:
    fail(els, FREE_FAILURES)
    with pytest.raises(SignInTooOften) as caught:
        sign_in(els)
    assert 0 < int(str(caught.value.data["seconds"])) <= 5


def test_nobody_is_locked_out_by_somebody_else(els: Workshop) -> None:
    fail(els, FREE_FAILURES)
    assert sign_in(els, address=THERE).token


def test_an_unknown_login_is_held_up_in_the_same_way(els: Workshop) -> None:
    fail(els, FREE_FAILURES, login="nobody-here")
    with pytest.raises(SignInTooOften):
        sign_in(els, login="nobody-here")


def test_one_ipv6_network_is_one_address(els: Workshop) -> None:
    for last in range(FREE_FAILURES):
        fail(els, 1, address=f"2001:db8:1:2::{last + 1}")
    with pytest.raises(SignInTooOften):
        sign_in(els, address="2001:db8:1:2:ffff::1")
    assert sign_in(els, address="2001:db8:1:3::1").token


def test_the_right_password_ends_the_count(els: Workshop) -> None:
    fail(els, FREE_FAILURES - 1)
    sign_in(els)
    fail(els, FREE_FAILURES - 1)
    assert sign_in(els).token


def test_failures_decay(els: Workshop) -> None:
    fail(els, FREE_FAILURES)
    with unit_of_work(els.database.engine()) as session:
        session.execute(text("UPDATE sign_in_failures SET at = at - interval '1 hour'"))
    assert sign_in(els).token


def test_many_tries_at_once_are_no_way_round(els: Workshop) -> None:
    def one(_: int) -> str:
        try:
            sign_in(els, password="wrong password")
        except SignInTooOften:
            return "held up"
        except SignInRefused:
            return "refused"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert answers.count("refused") == FREE_FAILURES
    assert answers.count("held up") == 8 - FREE_FAILURES


def test_an_account_that_is_closed_cannot_sign_in(els: Workshop) -> None:
    admin = Principal(els.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    opened = sign_in(els)
    with els.unit() as session:
        service.set_active(session, admin, opened.account_id, active=False)
    with pytest.raises(SignInRefused):
        sign_in(els)


def test_a_new_password_ends_all_sessions(els: Workshop) -> None:
    admin = Principal(els.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    opened = sign_in(els)
    with els.unit() as session:
        service.set_password(session, admin, opened.account_id, "vijf rode fietsen")
        assert session.execute(text("SELECT count(*) FROM account_session WHERE revoked_at IS NULL")).scalar_one() == 0
    with pytest.raises(SignInRefused):
        sign_in(els)
    assert sign_in(els, password="vijf rode fietsen").token


def test_colleagues_who_share_a_login_sign_in_at_once(els: Workshop) -> None:
    with ThreadPoolExecutor(4) as pool:
        tokens = {opened.token for opened in pool.map(lambda _: sign_in(els), range(12))}
    assert len(tokens) == 12


@pytest.mark.parametrize("login", ["", "els\x00", "\u00e9lise", "x" * 500])
def test_what_cannot_be_a_login_is_refused_like_any_other(els: Workshop, login: str) -> None:
    with pytest.raises(SignInRefused):
        sign_in(els, login=login)


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(els: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, plain = Principal(els.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup"), passwords.check

    def meanwhile(password: str, stored: str | None) -> passwords.Checked:
        checked = plain(password, stored)
        with els.unit() as session:
            account = session.execute(text("SELECT id FROM account WHERE login = 'els'")).scalar_one()
            service.set_password(session, admin, account, "een ander wachtwoord")
        return checked

    monkeypatch.setattr(passwords, "check", meanwhile)
    with pytest.raises(SignInRefused):
        sign_in(els)
    with els.unit() as session:
        open_now = session.execute(text("SELECT count(*) FROM account_session WHERE revoked_at IS NULL")).scalar_one()
    assert open_now == 0
