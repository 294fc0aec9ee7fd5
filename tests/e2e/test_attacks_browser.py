"""Another site in the same browser as somebody who is signed in: it changes nothing, shows nothing, and reaches no window.

The other site is a page on another port of this computer. For a browser that is the same site, so it sends the cookie of the
session along: what stands here is what the service itself refuses, without help of SameSite.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import UUID

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fleet.accounts.resolver import PLAIN_COOKIE
from fleet.db.session import unit_of_work
from fleet.demo.people import settle
from fleet.demo.server import serving
from fleet.organisations import service as organisations
from tests.e2e.test_pages_browser import FLAGS

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("shell")]
NAME = "Aanvaller"


@dataclass
class Elsewhere:
    """The other site: it shows whatever page it is given."""

    address: str = ""
    pages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Victim:
    """A running service and somebody signed in at it."""

    address: str
    context: BrowserContext
    app: FastAPI
    organisation: UUID

    def places(self) -> list[str]:
        """What an attack would change."""
        with unit_of_work(self.app.state.database.engine(), self.organisation) as session:
            return [row.name for row in organisations.sites(session)]


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    shown = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = shown.pages.get(self.path, "").encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_told: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shown.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield shown
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def victim(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with serving(tmp_path_factory.mktemp("attacked"), 0) as (app, address):
        team = settle(app)
        context = browser.new_context(locale="en")
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        page.fill("#login", "lies")
        page.fill("#password", team.passwords["lies"])
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/")
        page.close()
        yield Victim(address, context, app, team.organisation_id)
        context.close()


@pytest.fixture
def page(victim: Victim) -> Iterator[Page]:
    opened = victim.context.new_page()
    yield opened
    opened.close()


def form(action: str, kind: str) -> str:
    fields = f'<input name="name" value="{NAME}"><input name="csrf_token" value="{"x" * 43}">'
    # a form goes by a click: so does that of a page which moves itself under somebody's finger
    return f'<!doctype html><form action="{action}" method="post" enctype="{kind}">{fields}<button>Win</button></form>'


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
@pytest.mark.parametrize("path", ["/sites", "/api/v1/sites", "/sign-out"])
def test_a_form_of_another_site_is_refused(elsewhere: Elsewhere, victim: Victim, page: Page, path: str, kind: str) -> None:
    before = victim.places()
    elsewhere.pages["/form"] = form(victim.address + path, kind)
    page.goto(f"{elsewhere.address}/form")
    with page.expect_navigation() as gone, page.expect_request(lambda asked: asked.method == "POST") as asked:
        page.click("button")
    assert PLAIN_COOKIE in asked.value.all_headers().get("cookie", "")  # else this would prove nothing
    assert gone.value.status == 403
    assert victim.places() == before
    still = page.goto(f"{victim.address}/sites")
    assert still is not None
    assert (still.status, page.url) == (200, f"{victim.address}/sites")


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
def test_a_script_of_another_site_changes_and_reads_nothing(elsewhere: Elsewhere, victim: Victim, page: Page, mode: str) -> None:
    before = victim.places()
    elsewhere.pages["/script"] = "<!doctype html><title>Elsewhere</title>"
    page.goto(f"{elsewhere.address}/script")
    answers: dict[str, int] = {}
    page.on("response", lambda answer: answers.update({f"{answer.request.method} {answer.url}": answer.status}))
    read = page.evaluate(
        """async ([address, mode, name]) => {
          const got = [];
          const ask = async (path, more) => {
            try { got.push(await (await fetch(address + path, {mode, credentials: 'include', ...more})).text()); }
            catch (error) { got.push(''); }
          };
          await ask('/sites', {method: 'POST', body: new URLSearchParams({name})});
          await ask('/api/v1/sites', {method: 'POST', body: JSON.stringify({name})});
          const headers = {'Content-Type': 'application/json'};
          await ask('/api/v1/sites', {method: 'POST', body: JSON.stringify({name}), headers});
          await ask('/devices');
          await ask('/api/v1/me');
          return got;
        }""",
        [victim.address, mode, NAME],
    )
    assert read == [""] * 5
    assert {status for asked, status in answers.items() if asked.startswith("POST")} <= {403}
    assert victim.places() == before


def test_no_page_stands_in_a_frame(elsewhere: Elsewhere, victim: Victim, page: Page) -> None:
    elsewhere.pages["/frame"] = f'<!doctype html><iframe src="{victim.address}/sites"></iframe>'
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    page.goto(f"{elsewhere.address}/frame", wait_until="networkidle")
    [frame] = page.main_frame.child_frames
    assert not frame.url.startswith(victim.address)
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in refused), refused


def test_windows_do_not_reach_each_other(elsewhere: Elsewhere, victim: Victim, page: Page) -> None:
    """Neither who opened the service, nor what the service was opened by."""
    elsewhere.pages["/opener"] = "<!doctype html><button onclick=\"window.got = window.open('/opened')\">Open</button>"
    elsewhere.pages["/opened"] = "<!doctype html><title>Opened</title>"
    page.goto(f"{elsewhere.address}/opener")
    with page.expect_popup() as opened:
        page.click("button")
    service = opened.value
    service.wait_for_load_state()
    assert service.evaluate("window.opener !== null")  # so far they do
    page.evaluate("address => { window.got.location = address; }", f"{victim.address}/devices")
    service.wait_for_url(f"{victim.address}/devices")
    assert service.evaluate("window.opener") is None
    assert page.evaluate("window.got.closed") is True  # as far as the other site can see
    service.close()


def test_scripts_do_not_read_the_session(victim: Victim, page: Page) -> None:
    page.goto(f"{victim.address}/")
    [cookie] = [kept for kept in victim.context.cookies() if kept["name"] == PLAIN_COOKIE]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert PLAIN_COOKIE not in page.evaluate("document.cookie")
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])").count(cookie["value"]) == 0
    assert cookie["value"] not in page.content()
