"""The quick switch at a desk: scan, six digits, somebody else. With large keys, with the keyboard, and without JavaScript."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from fleet.accounts import badges, workstations
from fleet.accounts import repository as people
from fleet.accounts.workstations_cookie import PLAIN_COOKIE
from fleet.auth.rules import Actor, ActorKind, Principal
from fleet.db.session import unit_of_work
from fleet.demo.people import settle
from fleet.demo.server import serving
from tests.sim import wedge

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("pages")]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PINS = {"mo": "274951", "fatma": "483920"}


@dataclass(frozen=True)
class Desk:
    """A running service with one enrolled computer, and the badges of two people."""

    address: str
    station: str
    codes: dict[str, str]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with serving(tmp_path_factory.mktemp("desk"), 0) as (app, address):
        team = settle(app)
        codes = {}
        with unit_of_work(app.state.database.engine(), team.organisation_id) as session:
            known = {row.login: row for row in people.page(session, team.organisation_id, 50, None).items}
            who = {
                login: Principal(team.organisation_id, Actor(ActorKind.ACCOUNT, row.id), frozenset(row.roles), row.display_name)
                for login, row in known.items()
            }
            for login, pin in PINS.items():
                codes[login] = badges.issue(session, who[login], known[login].id, None).code
                badges.set_pin(session, who[login], pin, pin)
            code = workstations.issue_code(session, who["lies"], team.site_id, "Balie 1")
        with unit_of_work(app.state.database.engine()) as session:
            station = workstations.enrol(session, code).token
        yield Desk(address, station, codes)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


def sit_down(browser: Browser, desk: Desk, **more: object) -> tuple[BrowserContext, Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en", **more)  # type: ignore[arg-type]
    context.add_cookies([{"name": PLAIN_COOKIE, "value": desk.station, "url": desk.address}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{desk.address}/badge")
    expect(page.locator("#badge")).to_be_focused()
    return context, page


def scan(page: Page, code: str) -> None:
    """What a hand scanner does, at its own pace, however busy this computer is."""
    debugger = page.context.new_cdp_session(page)
    wedge.scan(debugger, code)
    debugger.detach()


def signed_in(page: Page, name: str) -> None:
    page.wait_for_url(lambda url: not url.endswith("/badge"))
    expect(page.locator("header summary")).to_contain_text(name)


def test_two_people_take_turns(browser: Browser, desk: Desk) -> None:
    context, page = sit_down(browser, desk)
    noise: list[str] = []
    page.on("console", lambda said: noise.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: noise.append(str(error)))

    scan(page, desk.codes["mo"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Mo")
    keys = page.locator("[data-keypad] button")
    sizes = [box for key in keys.all() if (box := key.bounding_box())]
    assert len(sizes) == 12
    assert all(box["width"] >= 64 and box["height"] >= 64 for box in sizes)
    for digit in PINS["mo"]:
        page.locator(f"[data-digit='{digit}']").click()
    signed_in(page, "Mo")
    [first] = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "heropstart"]

    # nothing has the focus: a scan counts all the same, and another one while a PIN is asked for begins anew
    page.goto(f"{desk.address}/badge")
    page.locator("#badge").evaluate("field => field.blur()")
    scan(page, desk.codes["mo"].lower())
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Mo")
    scan(page, desk.codes["fatma"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Fatma")
    page.locator("#pin").focus()
    page.keyboard.type(PINS["fatma"])
    signed_in(page, "Fatma")

    former = browser.new_context()
    former.add_cookies([{"name": "heropstart", "value": first, "url": desk.address}])
    assert former.request.get(f"{desk.address}/api/v1/me").status == 401
    assert context.request.get(f"{desk.address}/api/v1/me").json()["name"] == "Fatma"
    former.close()
    context.close()
    assert noise == []


def test_without_javascript(browser: Browser, desk: Desk) -> None:
    context, page = sit_down(browser, desk, java_script_enabled=False)
    scan(page, desk.codes["mo"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello Mo")
    expect(page.locator("[data-keypad]")).to_be_hidden()
    page.keyboard.type("905172")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_contain_text("Tries left: 4")
    page.keyboard.type(PINS["mo"])
    page.keyboard.press("Enter")
    signed_in(page, "Mo")
    context.close()
