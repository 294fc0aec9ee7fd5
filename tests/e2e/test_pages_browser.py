"""Every page in Chromium, in each language, on a phone and on a desk; and the way of a device by hand, in taps and scans."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fleet.ui.i18n import Language
from tests.e2e.workshop_site import Site, workshop_site

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("pages")]

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = f"axe.run(document, {{runOnly: {json.dumps(RULES)}}}).then(r => JSON.stringify([r.passes.length, r.violations]))"
WIDTHS = (320, 360, 1280)


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


def sign_in(context: BrowserContext, site: Site, login: str) -> Page:
    page = context.new_page()
    page.goto(f"{site.address}/sign-in")
    page.fill("#login", login)
    page.fill("#password", site.passwords[login])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.address}/")
    return page


def paths(site: Site) -> list[str]:
    codes = site.codes
    return [
        "/",
        "/styleguide",
        "/help",
        "/accessibility",
        "/devices",
        "/devices?state=ready",
        *(f"/devices/{code}" for code in codes.values()),
        f"/devices/{codes['received']}/inspect",
        f"/devices/{codes['testing']}/test",
        f"/devices/{codes['tested']}/release",
        f"/devices/{codes['testing']}/release",
        f"/devices/{codes['tested']}/steps/quarantine",
        f"/devices/{codes['tested']}/steps/stage_recycling",
        f"/devices/{codes['tested']}/correct",
        f"/devices/{codes['checked']}/condition",
        f"/devices/{codes['quarantined']}/condition",
        f"/devices/{codes['drive']}/condition",
        "/donations",
        f"/donations/{site.donation}",
        "/donations/new",
        "/receive",
        "/drives",
        "/drives?group=usable",
        "/drives/fit",
        f"/drives/fit?drive={codes['drive']}",
        f"/drives/life?key={quote(site.storage_key)}",
        f"/destructions/{site.destruction}",
        f"/devices/{codes['wiped']}/take-out",
        f"/devices/{codes['wipe_failed']}/destroy",
        "/tasks",
        "/scan",
        "/scan?q=nothing-like-this",
        f"/certificates/{site.certificate}",
        f"/verify/{site.certificate}",
        "/verify",
        "/verify/nothing-like-this",
        "/wipe-policy",
        "/wipe-policy?preset=strict",
        "/nowhere",
    ]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", Language)
def test_pages_can_be_used_by_everybody(browser: Browser, site: Site, language: Language, width: int) -> None:
    axe = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
    scheme: Any = "dark" if width == WIDTHS[1] else "light"
    context = browser.new_context(viewport={"width": width, "height": 800}, locale=language.value, color_scheme=scheme)
    context.set_default_timeout(20_000)
    page = sign_in(context, site, "lies")
    noise: list[str] = []
    # Chromium itself says that an answer was a 404; everything else on the console is ours
    page.on(
        "console", lambda said: noise.append(said.text) if said.type in {"error", "warning"} and "404" not in said.text else None
    )
    page.on("pageerror", lambda error: noise.append(str(error)))
    reader = context.new_cdp_session(page)
    faults: list[str] = []
    # a phone in each language, a desk in one: the rest differs in its words only, and axe takes a second a page
    judged = width == WIDTHS[1] or (language is Language.NL and width == WIDTHS[2])
    for path in paths(site):
        answer = page.goto(site.address + path)
        assert answer is not None
        expected = 404 if "nothing" in path or "nowhere" in path or path == "/scan" else 200
        if answer.status != expected:
            faults.append(f"{path}: {answer.status}")
        if page.locator("html").get_attribute("lang") != language:
            faults.append(f"{path}: in another language")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{path}: scrolls sideways")
        faults += [f"{path}: console: {text}" for text in noise]
        noise.clear()
        if not judged:
            continue
        # the whole page at once: what the bar at the foot of a phone covers is free after scrolling, which axe does not do
        page.set_viewport_size({"width": width, "height": max(800, page.evaluate("document.documentElement.scrollHeight"))})
        # through the debugger: the pages' own policy lets no foreign script in
        reader.send("Runtime.evaluate", {"expression": axe})
        told = reader.send("Runtime.evaluate", {"expression": AXE, "awaitPromise": True})
        passes, violations = json.loads(told["result"]["value"])
        assert passes > 10
        faults += [f"{path}: {found['id']}: {found['nodes'][0]['html'][:160]}" for found in violations]
        page.set_viewport_size({"width": width, "height": 800})
    context.close()
    faults += [f"the policy stopped something: {dict(report)}" for report in site.app.state.reports.last]
    assert faults == []


def test_the_policy_stops_a_script_that_is_not_ours(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = sign_in(context, site, "mo")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.got = 1\">')")
    page.evaluate("const s = document.createElement('script'); s.textContent = 'window.got = 1'; document.body.append(s)")
    page.wait_for_timeout(200)
    assert page.evaluate("window.got") is None
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_monitor_goes_from_the_van_to_ready_on_a_phone(browser: Browser, site: Site, scripts: bool) -> None:
    """Received, inspected with its label scanned back, tested by one, released by another; also without JavaScript."""
    mo = browser.new_context(viewport={"width": 360, "height": 740}, locale="nl", java_script_enabled=scripts, has_touch=True)
    fatma = browser.new_context(viewport={"width": 360, "height": 740}, locale="nl", java_script_enabled=scripts)
    page = sign_in(mo, site, "mo")
    page.goto(f"{site.address}/receive")
    page.check("input[name=kind][value=monitor]")
    page.fill("#model", f"P2419H {scripts}")
    page.fill("#place", "Rek 9")
    page.click("main form button.main")
    page.wait_for_url("**/inspect")
    code = page.url.split("/")[-2]

    token = page.input_value("main input[name=csrf_token] >> nth=0")
    label = mo.request.post(f"{site.address}/devices/{code}/label", form={"csrf_token": token}, headers={"Origin": site.address})
    assert (label.status, label.headers["content-type"]) == (200, "application/pdf")
    page.reload()
    page.check("input[name=visual][value=good]")
    other = site.codes["ready"]
    page.fill("#scanned", f"HTTP://127.0.0.1/A/{other}")
    page.keyboard.press("Enter")  # as a scanner does
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#place") == "Rek 9"
    page.fill("#scanned", f"HTTP://127.0.0.1/A/{code}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/devices/{code}")
    assert page.locator(".chip.large").inner_text() == "Nagekeken"

    page.click("text=Testen")
    page.check("input[name=functional][value=true]")
    page.check("input[name=electrical][value=true]")
    page.click("main form button.main")
    page.wait_for_url(f"**/devices/{code}")
    assert page.locator(".chip.large").inner_text() == "Getest"

    page = sign_in(fatma, site, "fatma")
    page.fill("#scan", code.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/scan?q=*")  # a scan offers what can be done, and does nothing by itself
    page.click("main a.button.main")
    page.click("main form button.main")
    page.wait_for_url(f"**/devices/{code}")
    assert page.locator(".chip.large").inner_text() == "Klaar voor gebruik"
    mo.close()
    fatma.close()


def test_a_stranger_who_scans_a_label_learns_only_whose_it_is(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="fr")
    page = context.new_page()
    page.goto(f"{site.address}/A/{site.codes['ready'].lower()}")
    text = page.locator("main").inner_text()
    assert "Kringwinkel De Herstart" in text
    assert "Stationsstraat 1" in text
    assert "ThinkPad" not in text
    assert "EliteBook" not in text
    assert "Rek" not in text
    page.goto(f"{site.address}/devices/{site.codes['ready']}")
    assert "/sign-in?next=" in page.url
    context.close()


def test_a_session_that_ended_leads_to_the_sign_in_and_back(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="nl")
    page = context.new_page()
    page.goto(f"{site.address}/donations/{site.donation}")
    page.fill("#login", "an")
    page.fill("#password", "not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert page.input_value("#password") == ""
    page.fill("#password", site.passwords["an"])
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/donations/{site.donation}")
    context.close()
