"""Passkeys in Chromium, with the authenticator that its debugger can put in (WebDriver's virtual authenticators, over CDP)."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import URL

from fleet.accounts import service
from fleet.app import create_app
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.session import unit_of_work
from fleet.organisations import service as organisations
from tests.fleet.conftest import fresh_settings

pytestmark = [pytest.mark.db, pytest.mark.process, pytest.mark.browser]
PASSWORD = "vier groene fietsen"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    """The application over HTTP, in a thread, until the end of the block."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", proxy_headers=False, server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        assert time.monotonic() < deadline, "the service did not start in time"
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="module")
def address(postgres: URL, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service at `localhost`, where browsers allow passkeys without HTTPS, and in it the lead Lies."""
    with (
        fresh_settings(postgres, template, tmp_path_factory.mktemp("browser")) as settings,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        address = f"http://localhost:{listener.getsockname()[1]}"
        app = create_app(settings.model_copy(update={"public_url": address}))
        with served(app, listener):
            with unit_of_work(app.state.database.engine()) as session:
                organisation = organisations.create(session, SYSTEM, "Noord")
                setup = Principal(organisation.id, SYSTEM, frozenset({Role.ADMIN}), "setup")
                service.create(session, setup, "lies", "Lies", PASSWORD, frozenset({Role.LEAD, Role.ADMIN}))
            yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield launched
        launched.close()


@dataclass(frozen=True)
class Visitor:
    """A browser of its own with an authenticator in it."""

    page: Page
    debugger: Any
    authenticator: str
    noise: list[str]

    def credentials(self) -> list[dict[str, Any]]:
        told = self.debugger.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        found: list[dict[str, Any]] = told["credentials"]
        return found


def visitor(context: BrowserContext) -> Visitor:
    context.set_default_timeout(15_000)
    page, noise = context.new_page(), list[str]()
    page.on("console", lambda said: noise.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: noise.append(str(error)))
    debugger = context.new_cdp_session(page)
    debugger.send("WebAuthn.enable")
    made = debugger.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return Visitor(page, debugger, made["authenticatorId"], noise)


def test_a_passkey_from_the_offer_to_its_removal(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en", viewport={"width": 360, "height": 800})
    lies = visitor(context)
    page = lies.page
    page.goto(f"{address}/sign-in?next=/donations")
    page.fill("#login", "lies")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")

    # asked once, as a lead who has none
    expect(page.locator("h1")).to_have_text("Sign in without a password")
    page.fill("#passkey-name", "My phone")
    page.get_by_role("button", name="Make a passkey").click()
    page.wait_for_url("**/donations")
    expect(page.get_by_text("The passkey is ready")).to_be_visible()
    [key] = lies.credentials()
    assert key["isResidentCredential"]

    # in without login and password, to where one wanted to be
    context.clear_cookies()
    page.goto(f"{address}/sign-in?next=/account/passkeys")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="My phone")).to_be_visible()

    # the same device makes no second one
    page.fill("#passkey-name", "Once more")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("This device has a passkey for your account already.")).to_be_visible()

    page.get_by_text("Rename or remove").click()
    page.get_by_role("button", name="Remove this passkey").click()
    expect(page.get_by_text("You have no passkey yet")).to_be_visible()

    # what is removed opens nothing, and that is said
    context.clear_cookies()
    page.goto(f"{address}/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey was not accepted")).to_be_visible()
    assert [text for text in lies.noise if "401" not in text] == []
    context.close()


def test_a_person_who_is_not_verified_or_says_no_is_told(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="en")
    lies = visitor(context)
    lies.page.goto(f"{address}/sign-in")
    lies.page.get_by_role("button", name="Sign in with a passkey").click()  # a device without any passkey
    expect(lies.page.get_by_text("No passkey was given")).to_be_visible()
    expect(lies.page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
    # nobody is asked a second time
    lies.page.fill("#login", "lies")
    lies.page.fill("#password", PASSWORD)
    lies.page.keyboard.press("Enter")
    lies.page.wait_for_url(f"{address}/")
    lies.debugger.send("WebAuthn.setUserVerified", {"authenticatorId": lies.authenticator, "isUserVerified": False})
    lies.page.goto(f"{address}/account/passkeys")
    lies.page.fill("#passkey-name", "Not me")
    lies.page.get_by_role("button", name="Make a passkey").click()
    expect(lies.page.get_by_text("No passkey was made")).to_be_visible()
    assert lies.credentials() == []
    context.close()
