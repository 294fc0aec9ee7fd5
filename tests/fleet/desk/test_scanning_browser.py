"""Scanners and cameras in Chromium: keys as they lie on the keyboard, and a worn label before the fake camera."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import BrowserContext, CDPSession, Page, expect, sync_playwright

from fleet.accounts.resolver import PLAIN_COOKIE
from labels import codes
from labels.pdf import AssetLabel
from tests.fleet.desk.worn import film
from tests.fleet.page_client import Browser, browser_of, running

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser, pytest.mark.xdist_group("pages")]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FAKE_CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
SCANNER_MS, PERSON_MS = 12, 160
SHIFT = 8
FLASH = """new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
  if (node.matches?.(".flash")) sessionStorage.flash = node.className;
}))).observe(document, { childList: true, subtree: true })"""
"""Remembers the screen after a scan, which is gone before a slow machine looks."""
expect.set_options(timeout=20_000)
BELGIAN = dict(zip("AZQWM:/.-azqwm;1234567890", "QWAZ?M=;)qwaz,m&é\"'(§è!çà", strict=True))
"""What a Belgian keyboard makes of the keys that give these characters on a US one; the others are the same."""
NAMES = {":": ("Semicolon", True), "/": ("Slash", False), ".": ("Period", False), "-": ("Minus", False), "&": ("Digit7", True)}


@dataclass
class Keys:
    """The keyboard of a Belgian computer, on which a scanner that is set to US presses physical keys."""

    wire: CDPSession
    now: float = field(default_factory=time.time)

    def scan(self, text: str, end: str = "Enter", gap_ms: float = SCANNER_MS) -> None:
        self.now = max(self.now, time.time()) + 1
        for char in text:
            name, shift = NAMES.get(char, (f"Digit{char}" if char.isdigit() else f"Key{char.upper()}", char.isupper()))
            self._press(name, BELGIAN.get(char, char), shift, gap_ms)
        self._press(end, end, False, gap_ms)

    def _press(self, code: str, key: str, shift: bool, gap_ms: float) -> None:
        self.now += gap_ms / 1000
        text = {"Enter": "\r", "Tab": ""}.get(key, key)
        number = {"Enter": 13, "Tab": 9}.get(key, 0)
        common = {"code": code, "key": key, "modifiers": SHIFT * shift, "windowsVirtualKeyCode": number, "timestamp": self.now}
        self.wire.send("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", "text": text, **common})
        self.wire.send("Input.dispatchKeyEvent", {"type": "keyUp", **common})


@dataclass(frozen=True)
class Desk:
    """A service with two devices, and somebody of the workshop who is signed in."""

    app: FastAPI
    address: str
    mo: Browser
    codes: tuple[str, str]

    def label(self, code: str) -> str:
        return f"HTTP://TESTSERVER/A/{code}"

    def enter(self, context: BrowserContext) -> tuple[Page, list[str]]:
        """A page, and everything that it complains of."""
        token = self.mo.http.cookies[PLAIN_COOKIE]
        context.add_cookies([{"name": PLAIN_COOKIE, "value": token, "url": self.address}])
        context.set_default_timeout(20_000)
        context.add_init_script(FLASH)
        page, noise = context.new_page(), []
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("console", lambda said: noise.append(said.text) if said.type == "error" and "404" not in said.text else None)
        return page, noise


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """An application that has started already, on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def desk(settings, workshop) -> Iterator[Desk]:
    with running(settings) as app, listening(app) as address:
        mo = browser_of(app, workshop.worker)
        made = []
        for model in ("P2419H", "U2415"):
            answer = mo.post("/receive", kind="monitor", model=model, place="Rek 1", origin="found")
            made.append(answer.url.path.split("/")[2])
        yield Desk(app, address, mo, (made[0], made[1]))


@contextmanager
def chromium(*flags: str) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *flags])
        yield browser.new_context(viewport={"width": 360, "height": 740}, locale="en", permissions=[])
        browser.close()


def until(page: Page, expression: str, wanted: object) -> None:
    """Wait for a value. Playwright's own waiting looks again by `eval` in the page, which the policy of every page forbids."""
    for _ in range(250):
        if (found := page.evaluate(expression)) == wanted:
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"{expression} is {found!r}, not {wanted!r}")


def test_a_scanner_is_heard_on_every_page_and_a_person_is_never_swallowed(desk: Desk) -> None:
    first, second = (desk.label(code) for code in desk.codes)
    shown = [codes.show(code) for code in desk.codes]
    with chromium() as context:
        page, noise = desk.enter(context)
        keys = Keys(context.new_cdp_session(page))
        card = page.locator("[data-outcome=good]")

        page.goto(f"{desk.address}/devices")
        keys.scan(first, end="Tab")
        expect(card).to_contain_text(shown[0])
        until(page, "sessionStorage.flash", "flash tone-good")

        # the next one at once, also with the focus on the big button: its Enter presses nothing
        card.locator("a.main").focus()
        keys.scan(second)
        expect(card).to_contain_text(shown[1])
        page.wait_for_timeout(200)
        assert page.url.startswith(f"{desk.address}/scan?q=")

        # a code typed by a person into the box, with its Enter
        page.locator("#scan").press_sequentially(desk.codes[0].lower())
        page.locator("#scan").press("Enter")
        expect(card).to_contain_text(shown[0])

        # in the middle of a form: nothing typed is lost, the code does not stay in the field, the form is not sent
        page.goto(f"{desk.address}/receive")
        page.locator("#model").press_sequentially("Dell")
        keys.scan(first)
        over = page.locator("dialog.scanned")
        expect(over).to_contain_text(shown[0])
        over.get_by_role("button", name="Back to the form").click()
        expect(over).to_have_count(0)
        expect(page.locator("#model")).to_have_value("Dell")
        assert page.url == f"{desk.address}/receive"

        # another code stays where it was scanned into; its Enter does not send the form
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        page.locator("main form").evaluate("form => { form.noValidate = true; }")
        page.locator("#manufacturer").focus()
        keys.scan("XPS&&22CC", gap_ms=SCANNER_MS)
        expect(page.locator("#manufacturer")).not_to_have_value("")
        page.wait_for_timeout(100)
        assert sent == []

        # a person's typing is a person's, letter by letter, even when it is the code of a label
        page.locator("#place").focus()
        keys.scan(shown[0], end="Tab", gap_ms=PERSON_MS)
        expect(page.locator("#place")).to_have_value("".join(BELGIAN.get(char, char) for char in shown[0]))

        # a field that waits for a label takes it, wherever the focus is
        page.goto(f"{desk.address}/devices/{desk.codes[0]}/inspect")
        keys.scan(first)
        expect(page.locator("#scanned")).to_have_value(first)
        assert page.url.endswith("/inspect")
        assert noise == []


class Misprinted(AssetLabel):
    """A label whose code has a wrong check character; the code that it says stands in `serial`."""

    @property
    def payload(self) -> str:
        return f"HTTP://TESTSERVER/A/{self.serial}"


def film_of(desk: Desk, folder: Path) -> tuple[Path, str]:
    """A good label and one whose check character is wrong, as the camera sees them; and that wrong code."""
    good = desk.codes[0]
    wrong = next(text for text in (good[:-1] + char for char in codes.ALPHABET if char != good[-1]) if not codes.is_valid(text))
    named = (good, "Werkplaats Noord", "http://testserver", "P2419H")
    path = folder / "camera.mjpeg"
    path.write_bytes(film([AssetLabel(*named, ""), Misprinted(*named, wrong)]))
    return path, wrong


def test_a_worn_label_before_the_camera_is_found_and_a_wrong_check_character_is_red(desk: Desk, tmp_path: Path) -> None:
    path, wrong = film_of(desk, tmp_path)
    with chromium(*FAKE_CAMERA, f"--use-file-for-fake-video-capture={path}") as context:
        page, noise = desk.enter(context)
        page.goto(f"{desk.address}/scan/camera")
        listed = page.locator("#scanned > li")
        found = listed.filter(has=page.locator("[data-outcome=good]"))
        expect(found).to_contain_text(codes.show(desk.codes[0]))
        # not by its role: the next label, which may be read by now, folds this one up
        expect(found.locator("a", has_text="Inspect")).to_have_attribute("href", f"/devices/{desk.codes[0]}/inspect")
        refused = listed.filter(has=page.locator("[data-outcome=bad]"))
        expect(refused).to_contain_text(codes.show(wrong))
        expect(page.locator("#camera")).to_have_attribute("data-state", "ready")

        # the film goes round: what was just scanned is not counted again; a hand scanner works here too
        Keys(context.new_cdp_session(page)).scan(desk.label(desk.codes[1]))
        expect(listed.filter(has_text=codes.show(desk.codes[1]))).to_have_count(1)
        expect(listed).to_have_count(3)
        assert noise == []
