"""The bench's screen where a browser changes the colours: a contrast theme, and paper out of the dark look."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from agents.kiosk.server import Kiosk
from tests.agents.kiosk.test_kiosk_browser import FLAGS
from tests.sim.screen_bench import ScreenBench, every_scene, screen_config

pytestmark = [pytest.mark.process, pytest.mark.browser]

SURFACE = "(tile) => getComputedStyle(tile).backgroundColor"


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    config = screen_config(tmp_path_factory.mktemp("bench"), 12)
    with Kiosk(config, ScreenBench.at(config, every_scene())) as kiosk:
        yield kiosk


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched.new_page(color_scheme="dark")
        launched.close()


def test_a_contrast_theme_leaves_the_colours_of_the_shelves(screen: Kiosk, page: Page) -> None:
    """Green and red say where a device goes; a label stays black on white, a bar of progress stays a bar."""
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.goto(screen.url)
    surfaces = {name: page.locator(f".scene-{name}").first.evaluate(SURFACE) for name in ("good", "bad", "stop", "working")}
    assert surfaces["working"] == "rgb(0, 0, 0)"  # the theme is there
    assert surfaces["good"] == "rgb(10, 99, 49)"
    assert surfaces["bad"] == "rgb(165, 22, 13)"
    assert surfaces["stop"] == "rgb(255, 194, 75)"
    assert page.locator(".sticker").first.evaluate(SURFACE) == "rgb(255, 255, 255)"
    assert page.locator("progress").first.evaluate("(bar) => getComputedStyle(bar).forcedColorAdjust") == "none"


def test_the_sheet_is_black_on_white_on_paper(screen: Kiosk, page: Page) -> None:
    page.emulate_media(media="print", forced_colors="none", color_scheme="dark")
    page.goto(f"{screen.url}/sheet")
    assert page.locator("h1").evaluate("(title) => getComputedStyle(title).color") == "rgb(0, 0, 0)"
    assert page.locator("html").evaluate(SURFACE) == "rgb(255, 255, 255)"
