"""An open list follows the work of others without taking anything out of a person's hands; and one action for several devices."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from fleet.auth.rules import Actor, ActorKind, Principal, Role
from fleet.contract.ports import PortPhase, PortShown, PortsShown
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.stations import repository, service
from tests.e2e.test_pages_browser import FLAGS, sign_in
from tests.e2e.workshop_site import Site, workshop_site

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("pages")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with workshop_site(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


def listening(page: Page) -> None:
    """Wait until the page hears what changes."""
    page.wait_for_selector("html[data-live=on]", state="attached")


def test_a_list_follows_others_and_keeps_what_is_in_hand(browser: Browser, site: Site) -> None:
    lies, mo = browser.new_context(locale="en"), browser.new_context(locale="en", java_script_enabled=False)
    page, noise = sign_in(lies, site, "lies"), []
    page.on("console", lambda said: noise.append(said.text) if said.type in {"error", "warning"} else None)
    page.goto(f"{site.address}/devices?sort=code")
    listening(page)
    ticked = page.locator(f"input[name=codes][value='{site.codes['wiped']}']")
    ticked.check()
    page.click("#gone summary")
    page.fill("#f-q", "half a wo")
    lost = page.locator("a[href='/devices?state=lost&sort=code'] b")
    before = int(lost.inner_text())

    other = sign_in(mo, site, "mo")  # works without scripts
    other.goto(f"{site.address}/devices/{site.codes['unlabelled']}/steps/report_lost")
    other.fill("#text", "Niet meer in het rek")
    other.click("main form button.button")
    expect(lost).to_have_text(str(before + 1), timeout=15_000)
    expect(page.locator("#toasts")).to_contain_text("by others")
    expect(ticked).to_be_checked()
    assert page.evaluate("document.activeElement.id") == "f-q"
    assert page.input_value("#f-q") == "half a wo"
    assert page.locator("#gone").get_attribute("open") is not None
    assert noise == []
    lies.close()
    mo.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_several_devices_at_once_with_a_preview_and_back(browser: Browser, site: Site, *, scripts: bool) -> None:
    context = browser.new_context(locale="en", viewport={"width": 360, "height": 740}, java_script_enabled=scripts)
    page = sign_in(context, site, "lies")
    page.goto(f"{site.address}/devices?state=ready")
    for box in page.locator("input[name=codes]").all()[:3]:
        box.check()
    page.select_option("#action", "quarantine")
    page.click("text=Show what will change")
    expect(page.locator("#confirm-title")).to_have_text("3 devices will change")
    page.select_option("#choice", "donor_question")
    page.click("main form button.main")
    expect(page.locator("main")).to_contain_text("3 devices changed.")
    page.click("main form button.button")
    expect(page.locator("main")).to_contain_text("3 devices changed.")
    page.goto(f"{site.address}/devices?state=ready")
    assert page.locator("input[name=codes]").count() == 6
    context.close()


def test_ports_are_seen_live(browser: Browser, site: Site) -> None:
    database = site.app.state.database
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        bench = session.connection().exec_driver_sql("SELECT id, organisation_id FROM bench").one()
    principal = Principal(bench.organisation_id, Actor(ActorKind.BENCH, bench.id), frozenset({Role.BENCH}), "bench")
    context = browser.new_context(locale="en")
    page = sign_in(context, site, "mo")
    page.goto(f"{site.address}/benches")
    listening(page)
    for percent in (10.0, 60.0):
        port = PortShown(name="A1", phase=PortPhase.WIPING, asset_code=site.codes["wiping"], percent=percent, seconds_left=600)
        with unit_of_work(database.engine(), bench.organisation_id) as session:
            service.tell(session, principal, PortsShown(ports=(port,)))
        expect(page.locator(f"progress[value='{percent}']")).to_have_count(1, timeout=15_000)
    with unit_of_work(database.engine(), bench.organisation_id) as session:
        assert len(repository.latest(session, bench.organisation_id)) == 1
    context.close()
