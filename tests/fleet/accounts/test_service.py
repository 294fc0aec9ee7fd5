from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from fleet.accounts import rules, service
from fleet.accounts.repository import Member
from fleet.auth.rules import SYSTEM, Principal, Role, RoleMissing
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db
PASSWORD = "vier groene fietsen"


@pytest.fixture
def admin(workshop: Workshop) -> Principal:
    return Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")


def add(workshop: Workshop, admin: Principal, login: str, *roles: Role) -> Member:
    with workshop.unit() as session:
        return service.create(session, admin, login, login.title(), PASSWORD, frozenset(roles))


def test_an_account_is_created_and_recorded_without_its_name(workshop: Workshop, admin: Principal) -> None:
    account = add(workshop, admin, "Els", Role.WORKSHOP)
    assert account.login == "els"
    with workshop.unit() as session:
        query = text("SELECT convert_from(body, 'UTF8') FROM audit_event WHERE type = 'account.created'")
        bodies = session.execute(query).scalars().all()
    assert any(str(account.id) in body for body in bodies)
    assert not any("els" in body.lower() for body in bodies)


def test_logins_are_unique_whatever_their_case_and_organisation(workshop: Workshop, admin: Principal, stranger: Workshop) -> None:
    add(workshop, admin, "els", Role.WORKSHOP)
    with pytest.raises(service.LoginTaken):
        add(workshop, admin, "ELS", Role.WORKSHOP)
    other = Principal(stranger.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with pytest.raises(service.LoginTaken):
        add(stranger, other, "els", Role.WORKSHOP)


@pytest.mark.parametrize(
    ("login", "name", "password", "roles", "error"),
    [
        ("e", "E", PASSWORD, {Role.WORKSHOP}, rules.LoginInvalid),
        ("els", "  ", PASSWORD, {Role.WORKSHOP}, service.NameMissing),
        ("els", "Els", "kort", {Role.WORKSHOP}, rules.PasswordTooShort),
        ("els", "Els", PASSWORD, set(), service.RolesWrong),
        ("els", "Els", PASSWORD, {Role.BENCH}, service.RolesWrong),
    ],
)
def test_bad_accounts(
    workshop: Workshop, admin: Principal, login: str, name: str, password: str, roles: set[Role], error: type[Exception]
) -> None:
    with pytest.raises(error), workshop.unit() as session:
        service.create(session, admin, login, name, password, frozenset(roles))


def test_only_an_admin_may(workshop: Workshop) -> None:
    with pytest.raises(RoleMissing), workshop.unit() as session:
        service.create(session, workshop.lead, "els", "Els", PASSWORD, frozenset({Role.WORKSHOP}))


def test_the_last_admin_stays(workshop: Workshop, admin: Principal) -> None:
    one, two = add(workshop, admin, "one", Role.ADMIN), add(workshop, admin, "two", Role.ADMIN)
    with workshop.unit() as session:
        service.set_active(session, admin, one.id, active=False)
    with pytest.raises(service.LastAdmin), workshop.unit() as session:
        service.set_active(session, admin, two.id, active=False)
    with pytest.raises(service.LastAdmin), workshop.unit() as session:
        service.change(session, admin, two.id, "Two", frozenset({Role.LEAD}), None)
    with workshop.unit() as session:
        service.set_active(session, admin, one.id, active=True)
        service.change(session, admin, two.id, "Two", frozenset({Role.LEAD}), "fr")


def test_two_admins_cannot_remove_each_other(workshop: Workshop, admin: Principal) -> None:
    both = [add(workshop, admin, "one", Role.ADMIN), add(workshop, admin, "two", Role.ADMIN)]

    def close(account: Member) -> bool:
        try:
            with workshop.unit() as session:
                service.set_active(session, admin, account.id, active=False)
        except service.LastAdmin:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(close, both)) == [False, True]


def test_accounts_of_others_do_not_exist(workshop: Workshop, admin: Principal, stranger: Workshop) -> None:
    with stranger.unit() as session:
        theirs = session.execute(text("SELECT id FROM account LIMIT 1")).scalar_one()
    with pytest.raises(service.AccountNotFound), workshop.unit() as session:
        service.set_active(session, admin, theirs, active=False)
    with workshop.unit() as session:
        assert service.names(session, {theirs}) == {}


def test_who_may_work_at_a_bench(workshop: Workshop, admin: Principal) -> None:
    ine = add(workshop, admin, "ine", Role.AUDITOR, Role.LENDING)
    els = add(workshop, admin, "els", Role.WORKSHOP)
    with workshop.unit() as session:
        assert service.worker(session, " Els") == els.id
        assert service.worker(session, "ine") is None
        assert service.worker(session, "nobody") is None
        assert set(service.worker_logins(session)) == {"els", "mo.noord", "fatma.noord", "lies.noord"}
        service.set_active(session, admin, els.id, active=False)
        assert service.worker(session, "els") is None
        assert service.names(session, {els.id, ine.id}) == {els.id: "Els", ine.id: "Ine"}


def test_pages_of_accounts(workshop: Workshop) -> None:
    with workshop.unit() as session:
        first = service.page(session, workshop.lead, limit=3)
        second = service.page(session, workshop.lead, limit=3, cursor=first.next)
        logins = [account.login for account in (*first.items, *second.items)]
    assert logins == ["an.noord", "fatma.noord", "lies.noord", "mo.noord"]
    assert second.next is None
