"""How pages look in Chromium where axe does not: whole words, a focus in sight, paper, forced colours, further sheets."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.further import further
from tests.e2e.test_pages_browser import FLAGS, sign_in
from tests.e2e.workshop_site import Site, workshop_site

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("shell")]

BROKEN = """() => {
  const broken = [];
  const range = document.createRange();
  const places = '.dock > .nav > li > :is(a, details > summary) span, .flow :is(span, small), .figure span, .chip, th, h1, h2';
  for (const place of document.querySelectorAll(places)) {
    const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const word of texts.currentNode.data.matchAll(/\\p{L}+/gu)) {
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].filter((part) => part.width).map((part) => Math.round(part.top)));
        if (lines.size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""
"""The words that stand on two lines, where a word should be taken in at a glance."""
COVERED = """() => {
  const focused = document.activeElement;
  const box = (focused.closest('.choice, .tick') ?? focused).getBoundingClientRect();
  if (focused === document.body || focused.closest('.dock')) return '';
  const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, 44) / 2];
  const above = document.elementFromPoint(x, y);
  const seen = above && (focused.closest('.choice, .tick') ?? focused).contains(above);
  return seen || above?.contains(focused) ? '' : `${focused.outerHTML.slice(0, 120)} under ${above?.className}`;
}"""
"""What lies over the element with the focus, else nothing."""
SEPARATE = ("tiles.css", "parts.css", "badge.css")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with workshop_site(tmp_path_factory.mktemp("site")) as running:
        further(running)  # among them transfers, the list with the most columns
        yield running


@pytest.fixture(scope="module")
def lead(site: Site) -> Iterator[BrowserContext]:
    """The browser of a lead who reads Dutch, in which the words are longest."""
    with sync_playwright() as playwright:
        launched: Browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = launched.new_context(locale="nl", reduced_motion="reduce")
        context.set_default_timeout(10_000)
        sign_in(context, site, "lies").close()
        yield context
        launched.close()


@pytest.fixture
def page(lead: BrowserContext) -> Iterator[Page]:
    opened = lead.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("path", ["/", "/devices", "/accounts", "/transfers"])
def test_words_stay_whole_on_tiles_in_headings_and_at_the_foot(page: Page, site: Site, path: str) -> None:
    page.goto(site.address + path)
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate(BROKEN) == []


@pytest.mark.parametrize("width", [740, 1024, 1200])
def test_a_table_fits_where_columns_are_narrowest(page: Page, site: Site, width: int) -> None:
    """Just before it becomes cards, just when the rail comes, just when the columns get room."""
    page.set_viewport_size({"width": width, "height": 740})
    for path in ("/devices", "/transfers", "/donations", "/drives"):
        page.goto(site.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [640, 1280])
def test_letters_of_twice_the_size_move_no_page_sideways(page: Page, site: Site, width: int) -> None:
    """As chosen in the browser, which counts in every rem and in every condition on a width."""
    page.set_viewport_size({"width": width, "height": 740})
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for path in ("/", "/devices", "/transfers", "/receive", f"/devices/{site.codes['checked']}/condition"):
        page.goto(site.address + path)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/devices?state=ready", "/receive"])
def test_the_bar_at_the_foot_of_a_phone_never_covers_the_focus(page: Page, site: Site, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(site.address + path)
    stops = page.evaluate("document.querySelectorAll('main :is(a, button, input, select, summary)').length")
    covered = []
    for _ in range(min(stops, 45)):
        page.keyboard.press("Tab")
        covered.append(page.evaluate(COVERED))
    assert [found for found in covered if found] == []


def test_a_rail_longer_than_the_screen_shows_where_the_page_stands(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    scrolled = "document.querySelector('.rail > div').scrollTop"
    page.goto(f"{site.address}/receive")
    assert page.evaluate(scrolled) == 0
    page.goto(f"{site.address}/wipe-policy")
    shown = page.locator(".rail [aria-current]").bounding_box()
    assert page.evaluate(scrolled) > 0
    assert shown is not None
    assert shown["y"] + shown["height"] < 500


def test_the_bar_leaves_the_room_when_there_is_little(page: Page, site: Site) -> None:
    """A screen of 1280 x 1024 at 400 %: what sticks would fill a quarter of it."""
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(f"{site.address}/devices")
    assert page.evaluate("getComputedStyle(document.querySelector('.dock')).position") == "static"


@pytest.mark.parametrize("width", [690, 1100])
def test_paper_holds_the_content_alone_over_its_whole_width(page: Page, site: Site, width: int) -> None:
    """A4 upright and lying."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.address}/devices/{site.codes['checked']}")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.getElementById('main').getBoundingClientRect().width") == width
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    for hidden in (".bar", ".rail", ".foot", "main .button", "main summary"):
        assert page.locator(hidden).first.is_hidden()
    assert page.locator(".steps > li").first.is_visible()


def test_icons_take_the_colour_that_a_contrast_theme_gives_to_text(page: Page, site: Site) -> None:
    """An SVG keeps its own colour there: dark green on black would be gone."""
    page.emulate_media(forced_colors="active")
    page.goto(f"{site.address}/devices/{site.codes['checked']}")
    colours = "(icons) => icons.map((i) => [getComputedStyle(i).color, getComputedStyle(i.parentElement).color])"
    found = page.locator("main .icon").evaluate_all(colours)
    assert len(found) > 5
    assert [pair for pair in found if pair[0] != pair[1]] == []
    chosen = page.locator(".button.main").first
    assert chosen.evaluate("(b) => getComputedStyle(b).backgroundColor === getComputedStyle(b.parentElement).color")


def test_only_pages_that_use_them_load_further_sheets(page: Page, site: Site) -> None:
    loaded: list[str] = []
    page.on("request", lambda asked: loaded.append(asked.url.rsplit("/", 1)[-1]))
    page.goto(f"{site.address}/receive")
    assert not set(SEPARATE) & set(loaded)
    page.goto(f"{site.address}/devices/{site.codes['checked']}/condition")
    assert set(SEPARATE) & set(loaded) == {"tiles.css", "parts.css"}
