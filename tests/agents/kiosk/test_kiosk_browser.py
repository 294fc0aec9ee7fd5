"""The screen in Chromium: a device from the empty port to its shelf with a scanner alone, and every tile for everybody."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

from agents.bench import Bench
from agents.bench.phases import PortPhase
from agents.config import BenchConfig, from_tree
from agents.journal import outbox
from agents.journal.db import Journal
from agents.kiosk.server import Kiosk
from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.enrol import enrol, signing_key
from agents.report.lease import keep_stock
from fleet.contract.events import BenchEvent, DeviceInspected
from fleet.contract.kinds import VisualResult
from tests import pictures
from tests.sim.bench_service import CODE, BenchService
from tests.sim.job_process import end_jobs
from tests.sim.screen_bench import CODES, ScreenBench, about, every_scene, screen_config
from tests.sim.wedge import scan

pytestmark = [pytest.mark.process, pytest.mark.browser]

ROOT = Path(__file__).parents[3]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = f"axe.run(document, {{runOnly: {json.dumps(RULES)}}}).then(r => JSON.stringify([r.passes.length, r.violations]))"
SOUNDS = """
window.heard = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) { window.heard.push(this.type); return start.apply(this, given); };
"""
GOOD, BAD = ["sine", "sine"], ["square", "square"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def config(tmp_path: Path) -> BenchConfig:
    ports = [{"name": name, "path": f"drives/{name}.img"} for name in ("A1", "A2")]
    (tmp_path / "drives").mkdir()
    kiosk = {"enabled": True, "port": 0, "language": "en", "contact": "Lies"}
    tree = {"station": "Bench 1", "operator": "an", "poll_seconds": 0.05, "ports": ports, "kiosk": kiosk}
    return from_tree(tree, tmp_path / "bench.toml")


@pytest.fixture
def kiosk(config: BenchConfig) -> Iterator[Kiosk]:
    """A real bench at work, enrolled and stocked with codes, whose service is gone."""
    with ExitStack() as held:
        journal = held.enter_context(Journal(config.state_dir))
        with BenchService() as service:
            with ServiceClient(service.url) as stranger:
                enrol(journal, config.state_dir, stranger, code=CODE, station="Bench 1")
            with ServiceClient(service.url, key=signing_key(journal, config.state_dir)) as client:
                keep_stock(journal, client, 10)
        held.callback(end_jobs, config.state_dir)
        bench = held.enter_context(Bench(config, journal, settle_s=0.1, grace_s=1.0, backoff=Backoff(first_s=0.05, cap_s=0.2)))
        yield held.enter_context(Kiosk(config, bench))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    made.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    made.add_init_script(SOUNDS)
    yield made
    made.close()


def listened(page: Page, noise: list[str]) -> CDPSession:
    """Everything that the console says is a fault; returns the debugger."""
    page.on("console", lambda said: noise.append(said.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    # the stream ends with its page, and an icon that is still on its way when the page is left counts for nothing
    fine = ("/events", "/static/mark.svg")
    page.on("requestfailed", lambda request: noise.append(request.url) if not request.url.endswith(fine) else None)
    return page.context.new_cdp_session(page)


def at_ease(page: Page) -> None:
    """The page follows the agent: the first frame came."""
    page.wait_for_timeout(300)


def seen_label(page: Page, port: str) -> str:
    """What a scanner reads from the label on the screen: it is what is printed and stuck on."""
    picture = page.locator(f"#port-{port} .sticker").screenshot()
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return str(found.text)


def test_a_device_is_wiped_and_shelved_with_a_scanner_alone(kiosk: Kiosk, config: BenchConfig, context: BrowserContext) -> None:
    page, noise = context.new_page(), list[str]()
    scanner = listened(page, noise)
    page.goto(kiosk.url)
    tile = page.locator("#port-A1")
    expect(tile).to_have_class("tile scene-empty")
    at_ease(page)
    scan(scanner, "HP:LANG-FR")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(tile).to_contain_text("Branchez")
    at_ease(page)

    drive = config.port("A1").path
    assert drive is not None
    with drive.open("wb") as file:
        file.truncate(64 << 20)
    expect(tile).to_have_class("tile scene-stick")
    expect(tile.locator(".step")).to_have_text([re.compile(word) for word in ("Prenez", "Collez", "Scannez")])
    label = seen_label(page, "A1")
    shown = tile.locator(".code").inner_text().replace("-", "")
    assert label == f"HTTPS://FLEET.EXAMPLE.ORG/A/{shown}"

    scan(scanner, "HP:DAMAGED")
    expect(page.locator("#status")).to_contain_text("Abîmé")
    other = "HTTPS://FLEET.EXAMPLE.ORG/A/01DAZACR"
    assert other != label
    page.evaluate("heard.length = 0")
    scan(scanner, other)
    expect(page.locator("#reply .bad")).to_contain_text("Cherchez")
    assert page.evaluate("heard") == BAD
    expect(tile).to_have_class("tile scene-stick")
    page.evaluate("heard.length = 0")

    scan(scanner, label)
    expect(tile).to_have_class("tile scene-good")
    expect(tile.locator("h2")).to_contain_text("Tout est effacé")
    expect(tile.locator(".step")).to_have_text(["Débranchez-le", "Étagère verte, à gauche"])
    at_ease(page)
    assert page.evaluate("heard") == GOOD + GOOD  # the right label, and the end: each once
    expect(page.locator("#status")).to_contain_text("6 à envoyer")
    expect(page.locator("#status")).to_contain_text("Pas de connexion")

    drive.unlink()
    expect(tile).to_have_class("tile scene-empty")
    assert noise == []
    with Journal(config.state_dir) as journal, journal.transaction(durable=False) as tx:
        events = [BenchEvent.model_validate_json(row.document.payload) for row in outbox.rows(tx)]
    [inspected] = [event.data for event in events if isinstance(event.data, DeviceInspected)]
    assert inspected.visual is VisualResult.DAMAGED


def test_a_device_torn_out_leaves_a_red_cross_until_a_person_saw_it(
    kiosk: Kiosk, config: BenchConfig, context: BrowserContext
) -> None:
    page, noise = context.new_page(), list[str]()
    scanner = listened(page, noise)
    page.goto(kiosk.url)
    tile = page.locator("#port-A2")
    drive = config.port("A2").path
    assert drive is not None
    with drive.open("wb") as file:
        file.truncate(1 << 30)
    expect(tile).to_have_class("tile scene-stick")
    at_ease(page)
    scan(scanner, seen_label(page, "A2"))
    expect(tile).to_have_class("tile scene-working")
    expect(tile.locator("progress")).to_have_attribute("max", "100")
    expect(tile.locator("[data-rest]")).not_to_have_text("This takes some time")
    drive.unlink()
    expect(tile).to_have_class("tile scene-bad left")
    expect(tile.locator("h2")).to_contain_text("Not wiped!")
    expect(tile.locator(".step")).to_have_text(["Plug in again"])
    assert "unplugged" not in tile.inner_text()  # the bench's own words are for the lead
    page.wait_for_timeout(500)
    assert page.evaluate("heard").count("square") == len(BAD)
    expect(tile).to_have_class("tile scene-bad left")
    scan(scanner, "HP:LEAD")
    expect(page.locator(".technical")).to_contain_text("unplugged")
    scan(scanner, "HP:OK")
    expect(tile).to_have_class("tile scene-empty")
    assert noise == []


def test_a_page_outlives_the_agent(tmp_path: Path, context: BrowserContext) -> None:
    config = screen_config(tmp_path)
    page, noise = context.new_page(), list[str]()
    with Kiosk(config, ScreenBench.at(config)) as first:
        page.goto(first.url)
        at_ease(page)
        port = int(first.url.rsplit(":", 1)[1])
    expect(page.locator("#lost")).to_be_visible()
    again = screen_config(tmp_path, port=port)
    with Kiosk(again, ScreenBench.at(again, every_scene()[6:7])):
        expect(page.locator("#port-A1")).to_have_class("tile scene-good")
        expect(page.locator("#lost")).to_be_hidden()
        scanner = listened(page, noise)
        at_ease(page)
        scan(scanner, "HP:HELP")  # with the new agent's token
        expect(page.locator(".panel")).to_be_visible()
    assert [text for text in noise if "ERR_" not in text] == []


ARABIC = ROOT / "docs" / "phrases" / "arabic.toml"
SIZES = [(1920, 1080), (1280, 800), (360, 740)]


AXED = {("nl", 1920), ("nl", 360), ("ar", 1280), ("ar", 360), ("fr", 360), ("en", 1280)}
"""Judged by axe, which takes a second a page: each language, each width, light and dark; of fr and en the tiles alone."""
SHOWN = (
    PortPhase.EMPTY,
    PortPhase.IDENTIFYING,
    PortPhase.WAITING_SCAN,
    PortPhase.WIPING,
    PortPhase.DONE,
    PortPhase.FAILED,
)
"""The way of a device as the documentation shows it, a port each."""
PLACES = (("HP:BACK", "/"), ("HP:HELP", "/"), ("HP:SETTINGS", "/"), ("HP:LEAD", "/"), ("HP:BACK", "/sheet"))


@pytest.mark.parametrize("language", ["nl", "fr", "en", "ar"])
def test_every_tile_can_be_used_by_everybody(tmp_path: Path, browser: Browser, language: str) -> None:
    config = screen_config(tmp_path, 12, language=language, phrases=[str(ARABIC)])
    faults, noise = list[str](), list[str]()
    with Kiosk(config, ScreenBench.at(config, every_scene())) as kiosk:
        for width, height in SIZES:
            scheme: Any = "dark" if width == SIZES[1][0] else "light"
            viewport: Any = {"width": width, "height": height}
            context = browser.new_context(viewport=viewport, reduced_motion="reduce", color_scheme=scheme)
            page = context.new_page()
            debugger = listened(page, noise)
            for code, path in PLACES if language in {"nl", "ar"} else PLACES[:1]:
                kiosk.view.screen.scan(code)
                page.goto(kiosk.url + path)
                where = f"{language} {width} {code} {path}"
                faults += [f"{where}: {fault}" for fault in looked_at(page, language, width)]
                faults += [f"{where}: {fault}" for fault in (axed(debugger) if (language, width) in AXED else ())]
                if (width, path, code) == (1920, "/", "HP:BACK") and page.evaluate(
                    "document.documentElement.scrollHeight"
                ) > height:
                    faults.append(f"{where}: twelve ports do not fit")
                if (width, path, code) == (1920, "/", "HP:BACK"):
                    # whichever way the page is written, a scanner can read the label from it
                    at_ease(page)
                    assert seen_label(page, "A4").endswith(CODES[2])
            context.close()
    assert faults == [], "\n".join(faults)
    assert noise == []


def looked_at(page: Page, language: str, width: int) -> Iterator[str]:
    """What can be seen to be wrong without a judge."""
    if page.locator("html").get_attribute("dir") != ("rtl" if language == "ar" else "ltr"):
        yield "written in the wrong direction"
    if page.evaluate("document.documentElement.scrollWidth") > width:
        yield "scrolls sideways"
    yield from page.evaluate(SMALL)


def axed(debugger: CDPSession) -> Iterator[str]:
    """Violations of WCAG 2.2 AA; through the debugger, as the page's own policy lets no foreign script in."""
    debugger.send("Runtime.evaluate", {"expression": (ROOT / "node_modules/axe-core/axe.min.js").read_text()})
    told = debugger.send("Runtime.evaluate", {"expression": AXE, "awaitPromise": True})
    passes, violations = json.loads(told["result"]["value"])
    assert passes > 5
    yield from (f"{found['id']}: {found['nodes'][0]['html'][:200]}" for found in violations)


SMALL = """
[...document.querySelectorAll("button, a")].filter((one) => one.checkVisibility())
  .map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width < 64 || box.height < 64)
  .map(([one, box]) => `${one.outerHTML.slice(0, 90)} is ${box.width} x ${box.height}`)
"""


def test_pictures_of_the_documentation(tmp_path: Path, browser: Browser) -> None:
    """Six ports fit a small screen. Each picture can be taken; `make pictures` keeps them."""
    shown = [scene for scene in every_scene() if scene["phase"] in SHOWN and not scene.get("label_known")]
    shown[1] = about(0, PortPhase.IDENTIFYING) | {"asset_code": None}
    scenes = [scene | ({"model": "ThinkPad T480"} if "model" in scene else {}) for scene in shown]
    assert [scene["phase"] for scene in scenes] == list(SHOWN)
    for language, shots in (("en", pictures.SCREEN), ("ar", (pictures.ARABIC,))):
        config = screen_config(tmp_path, 6, language=language, phrases=[str(ARABIC)])
        width, height = shots[0].size
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        with Kiosk(config, ScreenBench.at(config, scenes)) as kiosk:
            page = context.new_page()
            page.goto(kiosk.url)
            at_ease(page)
            for shot in shots:
                pictures.keep(pictures.taken(page, shot), shot.name)
            assert page.evaluate("document.documentElement.scrollHeight") <= height
        context.close()
