"""The list of people: who stands in it, in every order both ways, by each filter, and the same as a file."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlmodel import Session

from fleet.accounts import people_list
from fleet.accounts.models import Account, Membership
from fleet.accounts.people_list import ORDERS, PEOPLE
from fleet.accounts.repository import Member
from fleet.auth.rules import Role
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.web.lists import parse
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def staffed(workshop, stranger):
    """The four people of the workshop, four more, and two guests of another organisation; one guest's door is closed."""
    here, there = workshop.organisation_id, stranger.organisation_id
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        _person(session, here, "els", "Élise Adam", [Role.ADMIN, Role.LEAD], here, language="fr")
        _person(session, here, "zed", "zoë 100%", [Role.WORKSHOP], here, closed="account")
        _person(session, here, "bob", "Bob", [Role.LENDING], here, closed="door")
        _person(session, here, "amy", "=Amy", [Role.SOCIAL], here)
        _person(session, there, "gast", "Gast Een", [Role.WORKSHOP], here)
        _person(session, there, "weg", "Gast Weg", [Role.WORKSHOP], here, closed="door")
        _person(session, there, "ver", "Ver Weg", [Role.WORKSHOP], there)
    return workshop


_ADDED = iter(range(1000))


def _person(
    session: Session,
    home: UUID,
    login: str,
    name: str,
    roles: list[Role],
    works: UUID,
    *,
    closed: str = "",
    language: str | None = None,
) -> None:
    account = Account(
        organisation_id=home,
        login=login,
        display_name=name,
        password_hash="-",
        active=closed != "account",
        language=language,
        created_at=START + timedelta(days=next(_ADDED)),
    )
    session.add(account)
    session.flush()
    session.add(Membership(account_id=account.id, organisation_id=works, roles=roles, active=closed != "door"))


def read(side, address: str = "") -> Sequence[Member]:
    with side.unit() as session:
        return people_list.page(session, side.organisation_id, parse(PEOPLE, parse_qsl(address)), limit=50)[0]


def logins(side, address: str = "") -> list[str]:
    return [person.login for person in read(side, address)]


def test_everybody_with_roles_here_and_nobody_else(staffed, stranger) -> None:
    own = {f"{name}.noord" for name in ("mo", "fatma", "lies", "an")}
    assert set(logins(staffed)) == own | {"els", "zed", "bob", "amy", "gast", "weg"}
    assert {"ver"} < set(logins(stranger)) == {f"{name}.vreemd" for name in ("mo", "fatma", "lies", "an")} | {"ver"}
    assert logins(stranger, "q=els") == []


def test_every_order_both_ways_page_by_page(staffed) -> None:
    keys = {
        "name": lambda person: (person.display_name.lower().replace("é", "É"), person.id),  # the locale C leaves É as it is
        "login": lambda person: person.login,
        "added": lambda person: (person.created_at, person.id),
    }
    assert set(keys) == set(ORDERS)
    for name, key in keys.items():
        for sign, descending in (("", False), ("-", True)):
            whole = read(staffed, f"sort={sign}{name}")
            query, mine = parse(PEOPLE, [("sort", f"{sign}{name}")]), staffed.organisation_id
            with staffed.unit() as session:
                first, found = people_list.page(session, mine, query, limit=4)
                second, later = people_list.page(session, mine, query, limit=4, cursor=found.after)
                back, _ = people_list.page(session, mine, query, limit=4, cursor=later.before)
            assert [*first, *second] == whole[:8]
            assert back == first
            ascii_only = [person for person in whole if person.display_name.isascii()]
            assert ascii_only == sorted(ascii_only, key=key, reverse=descending)


FILTERED = (
    ("q=ÉLISE", ["els"]),
    ("q=élise", ["els"]),
    ("q=adam els", ["els"]),
    ("q=adam bob", []),
    ("q=100%25", ["zed"]),
    ("q=%25", ["zed"]),
    ("q=ZO", ["zed"]),
    ("role=admin", ["els"]),
    ("role=social&role=lending", ["amy", "bob"]),
    ("role=workshop&home=guest", ["gast", "weg"]),
    ("state=closed", ["bob", "weg", "zed"]),
    ("state=closed&home=ours", ["bob", "zed"]),
    ("home=guest&state=open", ["gast"]),
    ("home=guest&home=ours&q=gast", ["gast", "weg"]),
)


def test_filters(staffed) -> None:
    for address, kept in FILTERED:
        assert sorted(logins(staffed, address)) == kept, address


def test_the_page_and_the_file(app, staffed, stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.accounts.people_list_pages.DEFAULT_PAGE", 3)
    monkeypatch.setattr("fleet.accounts.people_list_pages.EXPORT_PAGE", 3)
    an = browser_of(app, staffed.auditor)
    page = an.get("/accounts?sort=login").text
    assert re.findall(r'<span class="raw">([^<]+)</span>', page) == ["amy", "an.noord", "bob"]
    assert "Next page" in page
    assert "Nobody matches" in an.get("/accounts?q=nobody").text
    for wrong in ("role=bench", "state=ajar", "home=x", "sort=roles", "cursor=x"):
        assert an.get(f"/accounts?{wrong}").status_code == 422, wrong
    heading, *rows = an.get("/accounts.csv?sort=login&state=open").text.strip("\ufeff\r\n").split("\r\n")
    assert heading == "Person;Login;Roles here;State"
    assert rows[0] == "'=Amy;amy;Social worker;Open"
    assert [row.split(";")[1] for row in rows] == ["amy", "an.noord", "els", "fatma.noord", "gast", "lies.noord", "mo.noord"]
    data = {"csrf_token": an.token, "columns": ["person", "home", "language", "added"], "next": "/accounts?q=els"}
    chosen = an.http.post("/views/people/columns", data=data).text
    assert "Our organisation" in chosen
    assert "Français" in chosen
    an.post("/views/people", name="Gasten", query="home=guest", next="/accounts")
    assert 'href="/accounts?home=guest">Gasten' in an.get("/accounts").text
    for address in ("/accounts", "/accounts.csv"):
        assert browser_of(app, staffed.worker).get(address).status_code == 403, "only those who look after people"
    assert "els" not in browser_of(app, stranger.lead).get("/accounts.csv").text
