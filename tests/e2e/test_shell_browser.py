"""The frame around every page in Chromium: how much it weighs, its menus and dialogs, its look, and what it says to a policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.test_pages_browser import FLAGS, sign_in
from tests.e2e.workshop_site import Site, workshop_site

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("shell")]

FIRST_VIEW_BYTES = 100_000
"""Over the wire with an empty cache (issue: first view below 100 kB, scan pages aside)."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with workshop_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def state(browser: Browser, site: Site) -> object:
    """The cookies of a lead."""
    context = browser.new_context(locale="en")
    sign_in(context, site, "lies")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def page(browser: Browser, state: object, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of the lead, 1280 wide unless the test asks for another width."""
    width = getattr(request, "param", 1280)
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="en", storage_state=state)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def weight(page: Page, address: str) -> dict[str, int]:
    """Bytes over the wire by kind of file, with an empty cache."""
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    debugger = page.context.new_cdp_session(page)
    debugger.send("Network.enable")
    debugger.send("Network.setCacheDisabled", {"cacheDisabled": True})
    debugger.on("Network.responseReceived", lambda told: kinds.update({told["requestId"]: told["type"]}))
    debugger.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: int(told["encodedDataLength"])}))
    page.goto(address, wait_until="networkidle")
    found: dict[str, int] = {}
    for request_id, size in sizes.items():
        kind = kinds.get(request_id, "Other")
        found[kind] = found.get(kind, 0) + size
    return found


@pytest.mark.parametrize("path", ["/", "/devices"])
def test_the_first_view_is_light(page: Page, site: Site, path: str) -> None:
    told = weight(page, site.address + path)
    assert {"Document", "Stylesheet", "Script", "Font"} <= set(told)
    assert sum(told.values()) < FIRST_VIEW_BYTES, told


def test_pages_and_static_files_arrive_packed_and_are_kept(page: Page, site: Site) -> None:
    answers = {}
    page.on("response", lambda answer: answers.update({answer.url.rsplit("/", 1)[-1]: answer.headers}))
    page.goto(f"{site.address}/tasks", wait_until="networkidle")
    assert answers["tasks"]["content-encoding"] == "gzip"
    assert answers["tasks"]["cache-control"] == "no-store"
    assert answers["heropstart.css"]["content-encoding"] == "gzip"
    assert "immutable" in answers["heropstart.css"]["cache-control"]


def test_light_and_dark_are_chosen_in_the_persons_menu(page: Page, site: Site) -> None:
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    page.goto(f"{site.address}/help")
    light = page.evaluate(colour)
    page.click(".who > summary")
    page.click("button[name=look][value=dark]")
    page.wait_for_url("**/help")
    assert page.evaluate(colour) != light
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "none"
    page.emulate_media(media="screen")
    page.click(".who > summary")
    page.click("button[name=look][value=auto]")
    page.wait_for_url("**/help")
    assert page.evaluate(colour) == light


def test_a_menu_closes_with_escape_and_gives_the_focus_back(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/help")
    page.click(".who > summary")
    panel = page.locator(".who > .panel")
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_dialog_opens_in_place_holds_the_focus_and_closes(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/styleguide")
    page.click("a[data-dialog=ask]")
    dialog = page.locator("dialog#ask")
    expect(dialog).to_be_visible()
    assert page.url.endswith("/styleguide")
    assert page.evaluate("document.getElementById('ask').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.click("a[data-dialog=ask]")
    dialog.locator(".close").click()
    expect(dialog).to_be_hidden()


def test_the_box_above_a_column_chooses_all_rows(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/styleguide")
    boxes = page.locator("input[name=code]")
    page.check("input[data-select-all=code]")
    assert [boxes.nth(number).is_checked() for number in range(2)] == [True, True]
    page.uncheck("input[data-select-all=code]")
    assert [boxes.nth(number).is_checked() for number in range(2)] == [False, False]


def test_a_toast_appears_is_announced_and_can_be_closed(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/help")
    source = page.evaluate("fetch(document.querySelector('link[rel=stylesheet]').href).then(() => location.origin)")
    page.evaluate(f"import('{source}/static/now/toast.js').then(m => m.toast('<b>Saved</b>', 'good'))")
    note = page.locator("#toasts .note")
    expect(note).to_contain_text("<b>Saved</b>")
    assert page.locator("#toasts").get_attribute("aria-live") == "polite"
    note.locator("button").click()
    expect(note).to_have_count(0)


@pytest.mark.parametrize("page", [360], indirect=True)
def test_a_phone_has_a_bar_of_five_at_its_foot(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/devices")
    dock = page.locator("nav.dock > ul > li")
    assert dock.count() == 5
    expect(page.locator("nav.rail")).to_be_hidden()
    assert page.locator("nav.dock [aria-current=page]").first.get_attribute("href") == "/devices"
    for number in range(5):
        box = dock.nth(number).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["width"] >= 44
    page.click("nav.dock summary")
    page.click("nav.dock .panel a[href='/donations']")
    page.wait_for_url("**/donations")


def test_the_first_tab_leads_past_the_navigation(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/help")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_what_the_policy_stops_is_reported(page: Page, site: Site) -> None:
    """The other tests ask for an empty list; this one shows that it would fill."""
    before = len(site.app.state.reports.last)
    page.goto(f"{site.address}/help")
    with page.expect_request("**/csp-report"):
        page.evaluate(
            "document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.invalid/x.png'}))"
        )
    for _ in range(50):
        if len(site.app.state.reports.last) > before:
            break
        page.wait_for_timeout(20)
    assert site.app.state.reports.last[-1]["directive"].startswith("img-src")
