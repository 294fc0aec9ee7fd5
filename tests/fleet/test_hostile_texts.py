"""Names and texts that want to be a program: stored in every noun and sent in every address, they stay text on every page."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal, Role
from fleet.donations import service as donations
from fleet.organisations import service as organisations
from tests.fleet.desk.test_pages import receive
from tests.fleet.page_client import Browser, browser_of, running
from tests.fleet.strangers.test_walk import routes

pytestmark = pytest.mark.db
EVIL = "\"'><b class=pwned>{{7*7}}</b><script>pwned()</script>"
REFLECTED = (
    "/scan?q={}",
    "/devices?q={}",
    "/devices?state={}",
    "/devices?cursor={}",
    "/devices?sort={}",
    "/tasks?cursor={}",
    "/donations?status={}",
    "/drives?group={}",
    "/sign-in?next={}",
    "/sign-in?next=/{}",
    "/receive?serial={}",
    "/drives/fit?drive={}",
    "/drives/life?key={}",
    "/verify?q={}",
    "/verify/{}",
    "/A/{}",
    "/{}",
    "/devices/{}",
    "/kept/{}",
)


class Tags(HTMLParser):
    """Finds what a browser would have made an element, a handler or a program of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script" and "src" not in dict(attrs) and dict(attrs).get("type") != "application/json"
        for name, value in attrs:
            if name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:text")):
                self.found.append(f"{tag} {name}={value}")
            if "pwned" in (value or "") and name in {"class", "src", "action", "formaction"} and value != EVIL:
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.found.append(f"inline script: {data[:80]}")
        if "49</b>" in data or data == "49":
            self.found.append("the template ran what was typed")


def programs(page: str) -> list[str]:
    """What is not mere text in it."""
    tags = Tags()
    tags.feed(page)
    return tags.found


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def code(app, workshop) -> str:
    """A device of an organisation in which every text is hostile."""
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN, Role.LEAD}), EVIL)
    with workshop.unit() as session:
        organisations.change(session, admin, contact=EVIL, nis_code=None, two_persons=False)
        site = organisations.add_site(session, admin, EVIL)
        session.flush()
        organisations.add_location(session, admin, site.id, EVIL)
        accounts.create(session, admin, "evil", EVIL, "vier groene fietsen", frozenset({Role.ADMIN, Role.LEAD}))
        accounts.create(session, admin, "chief", "Chief", "vier groene fietsen", frozenset({Role.ADMIN, Role.LEAD}))
        donor = donations.register_donor(session, admin, donations.NewDonor(EVIL, contact=EVIL, town=EVIL))
        session.flush()
        donations.register(session, admin, donations.NewDonation(donor.id, declared_serials=(EVIL,), note=EVIL))
    mo = browser_of(app, workshop.worker)
    made = receive(mo, model=EVIL, manufacturer=EVIL, place=EVIL, serial=EVIL)
    path = f"/devices/{made}/steps/quarantine"
    assert mo.post(path, expected_version=mo.form_version(path), choice="account_lock", text=EVIL).status_code == 200
    return made


def chief(app: FastAPI, workshop) -> Browser:
    """Somebody who may see everything."""
    with workshop.unit() as session:
        account = next(row for row in accounts.page(session, workshop.lead).items if row.login == "chief")
    principal = Principal(
        workshop.organisation_id, Actor(ActorKind.ACCOUNT, account.id), frozenset({Role.ADMIN, Role.LEAD}), "Chief"
    )
    return browser_of(app, principal)


def pages(app: FastAPI, code: str) -> list[str]:
    """Every page without a parameter, and every page of the device."""
    known = {"{code}": code, "{device_code}": code, "{step}": "report_lost", "{name}": "devices"}
    found = []
    for method, route in routes(app):
        path = route
        for name, value in known.items():
            path = path.replace(name, value)
        if method == "GET" and "{" not in path and not path.startswith(("/api/", "/live", "/sign-in")):
            found.append(path)
    return found


def test_stored_texts_stay_texts(app, workshop, code) -> None:
    browser = chief(app, workshop)
    walked, shown, faults = 0, 0, []
    for path in pages(app, code):
        answer = browser.get(path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        walked += 1
        shown += "pwned" in answer.text
        faults += [f"{path}: {found}" for found in programs(answer.text)]
    assert faults == []
    assert walked >= 45
    assert shown >= 8, "the hostile texts really are on the pages"


def test_what_an_address_says_stays_text(app, workshop) -> None:
    for browser in (browser_of(app, workshop.lead), Browser(app, None)):
        for address in REFLECTED:
            answer = browser.get(address.format(quote(EVIL, safe="")))
            assert answer.status_code < 500, address
            assert programs(answer.text) == [], address
            assert answer.url.host == "testserver", address


def test_the_check_would_see_it() -> None:
    assert programs(f"<p>{EVIL}</p>") != []
    assert programs('<a href="javascript:x()">x</a>') != []
    assert programs('<img src="/x.png" onerror="x()">') != []
