"""Every page in Chromium, in each language, on a phone and on a desk; and the way of a device by hand, in taps and scans."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Response, sync_playwright

from fleet.accounts.resolver import PLAIN_COOKIE
from fleet.accounts.workstations_cookie import PLAIN_COOKIE as STATION_COOKIE
from fleet.ui.i18n import Language
from tests.e2e.further import DESK, Further, further, kept_form
from tests.e2e.page_list import NO_PAGE, NOBODY, STATION, Look, looks
from tests.e2e.photographer import take_all
from tests.e2e.untranslated import WORDS, left_over
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
LOOK_ONLY = ["color-contrast", "target-size", "link-in-text-block"]
"""Rules of axe about how a page looks: the same in each language, and the slow ones."""
PHONE, DESKTOP, BIG, NARROWEST = 360, 1280, 1920, 320
HEIGHTS = {PHONE: 740, DESKTOP: 800, BIG: 1080, NARROWEST: 740}
POLICY = "addEventListener('securitypolicyviolation', (e) => console.error('policy', e.violatedDirective, e.blockedURI));"
SEND = """(fields) => {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = fields.path;
  const token = document.querySelector('input[name=csrf_token]').value;
  for (const [name, value] of [['csrf_token', token], ...Object.entries(fields.posted)])
    form.append(Object.assign(document.createElement('input'), {type: 'hidden', name, value}));
  document.body.append(form);
  form.submit();
}"""
"""A form as the page would send it."""


def axe(only: dict[str, Any], without: tuple[str, ...] = ()) -> str:
    """A run of axe-core, as JavaScript; what passes is counted but not listed."""
    options = {"runOnly": only, "resultTypes": ["violations"], "rules": {rule: {"enabled": False} for rule in without}}
    return f"axe.run(document, {json.dumps(options)}).then(r => JSON.stringify([r.passes.length, r.violations]))"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with workshop_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def more(site: Site) -> Further:
    return further(site)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def cookies(browser: Browser, site: Site, more: Further) -> dict[str, Any]:
    """What each person's browser keeps; one sign-in each."""
    kept: dict[str, Any] = {NOBODY: {}}
    for login in ("lies", "mo", "an", *DESK):
        context = browser.new_context()
        sign_in(context, site, login)
        kept[login] = context.storage_state()
        context.close()
    named = {"name": STATION_COOKIE, "value": more.station, "url": site.address}
    context = browser.new_context()
    context.add_cookies([named])  # type: ignore[list-item]
    kept[STATION] = context.storage_state()
    context.close()
    return kept


@pytest.fixture(scope="module")
def pages(site: Site, more: Further, cookies: dict[str, Any]) -> list[Look]:
    [token] = [cookie["value"] for cookie in cookies["lies"]["cookies"] if cookie["name"] == PLAIN_COOKIE]
    return looks(site, more, str(kept_form(site, token)))


def sign_in(context: BrowserContext, site: Site, login: str) -> Page:
    page = context.new_page()
    page.goto(f"{site.address}/sign-in")
    page.fill("#login", login)
    page.fill("#password", site.passwords[login])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.address}/")
    return page


class Eye:
    """Looks at pages as one person in one language, and notes what is wrong."""

    def __init__(self, browser: Browser, site: Site, language: Language, state: Any) -> None:
        self.site, self.language, self.faults = site, language, list[str]()
        viewport: Any = {"width": PHONE, "height": HEIGHTS[PHONE]}
        self.context = browser.new_context(
            viewport=viewport, locale=language.value, color_scheme="dark", reduced_motion="reduce", storage_state=state or None
        )
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(POLICY)
        self.page = self.context.new_page()
        self.noise: list[str] = []
        self.page.on("console", lambda said: self.noise.append(said.text) if said.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.debugger: CDPSession = self.context.new_cdp_session(self.page)

    def at(self, look: Look) -> None:
        """Everything that is asked of a page."""
        answer = self._open(look)
        found = [] if answer.status == look.status else [f"answers {answer.status}"]
        if self.page.locator("html").get_attribute("lang") != self.language:
            found.append("in another language")
        found += [f"not translated: {text}" for text in left_over(self.page.evaluate(WORDS), self.language)]
        found += self._axe(axe({"type": "tag", "values": RULES}, () if self.language is Language.NL else tuple(LOOK_ONLY)))
        for width in (NARROWEST, BIG, DESKTOP) if self.language is Language.NL else (BIG, DESKTOP):
            found += self._sideways(width)
        if self.language is Language.NL:
            self.page.emulate_media(color_scheme="light")
            found += self._axe(axe({"type": "rule", "values": [*LOOK_ONLY, "landmark-unique", "region"]}), least=0)
        found += self._sideways(PHONE)
        # Chromium itself says that an answer was a refusal; everything else on the console is ours
        found += [f"console: {text}" for text in self.noise if f"status of {look.status}" not in text]
        self.noise.clear()
        self.page.emulate_media(color_scheme="dark")
        self.faults += [f"{look.path} ({look.who}): {text}" for text in found]

    def _open(self, look: Look) -> Response:
        if not look.posted:
            answer = self.page.goto(self.site.address + look.path)
            assert answer is not None
            return answer
        with self.page.expect_navigation() as gone:
            self.page.evaluate(SEND, {"path": look.path, "posted": dict(look.posted)})
        return gone.value

    def _sideways(self, width: int) -> list[str]:
        self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"scrolls sideways at {width}: {wide}"] if wide > width else []

    def _axe(self, run: str, least: int = 10) -> list[str]:
        width = self.page.viewport_size["width"] if self.page.viewport_size else PHONE
        # the whole page at once: what the bar at the foot of a phone covers is free after scrolling, which axe does not do
        height = max(HEIGHTS[width], self.page.evaluate("document.documentElement.scrollHeight"))
        self.page.set_viewport_size({"width": width, "height": height})
        # through the debugger: the pages' own policy lets no foreign script in
        if self.debugger.send("Runtime.evaluate", {"expression": "typeof axe"})["result"]["value"] == "undefined":
            source = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
            self.debugger.send("Runtime.evaluate", {"expression": source})
        told = self.debugger.send("Runtime.evaluate", {"expression": run, "awaitPromise": True})
        passes, violations = json.loads(told["result"]["value"])
        assert passes >= least
        self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        return [f"{broken['id']}: {broken['nodes'][0]['html'][:160]}" for broken in violations]


@pytest.mark.parametrize("language", Language)
def test_pages_can_be_used_by_everybody(
    browser: Browser, site: Site, pages: list[Look], cookies: dict[str, Any], language: Language
) -> None:
    """On a phone by night, on a desk, on a big screen: nothing scrolls sideways or is stopped, nothing shuts anybody out."""
    faults = []
    for who, state in cookies.items():
        with ExitStack() as left:
            eye = Eye(browser, site, language, state)
            left.callback(eye.context.close)
            for look in pages:
                if look.who == who:
                    eye.at(look)
            faults += eye.faults
    faults += [f"the policy stopped something: {dict(report)}" for report in site.app.state.reports.last]
    assert faults == [], "\n".join(faults)


def test_no_page_is_left_out(site: Site, pages: list[Look]) -> None:
    """A new page must be looked at too, or say in NO_PAGE why not."""

    def flat(several: Any) -> Iterator[APIRoute]:
        for one in several:
            if isinstance(one, APIRoute):
                yield one
            elif hasattr(one, "original_router"):
                yield from flat(one.original_router.routes)

    routes = [route for route in flat(site.app.routes) if "GET" in route.methods and not route.path.startswith("/api/")]
    paths = [look.path.partition("?")[0] for look in pages if not look.posted]
    seen = {next((route.path for route in routes if route.path_regex.match(path)), path) for path in paths}
    assert {route.path for route in routes} - seen == set(NO_PAGE)


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


def test_pictures_of_the_documentation(
    browser: Browser, site: Site, more: Further, cookies: dict[str, Any], tmp_path: Path
) -> None:
    """Each can be taken; `make pictures` keeps them. At the end of this file, for one of them begins to leave the service."""
    take_all(browser, site, more, cookies, tmp_path)
