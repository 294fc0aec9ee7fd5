"""Takes the pictures of the documentation from the test site; before that it adds what only they show."""

from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pypdfium2
from playwright.sync_api import Browser, BrowserContext, expect

from fleet.accounts.ways import ways_of
from fleet.auth.rules import Actor, ActorKind, Principal, Role
from fleet.contract.kinds import DeviceKind
from fleet.contract.ports import PortPhase, PortShown, PortsShown
from fleet.db.session import unit_of_work
from fleet.stations import service as stations
from labels import codes
from labels.pdf import AssetLabel
from tests.e2e.further import Further
from tests.e2e.page_list import misread
from tests.e2e.workshop_site import Site
from tests.fleet.desk.worn import film
from tests.pictures import CAMERA, PAGES, Shot, keep, png, taken

PROVIDERS = """
[providers.city]
name = "City of Gent"
issuer = "https://login.city.example"
client_id = "heropstart"
client_secret = "nobody signs in with it here"
scopes = ["openid"]
unknown_people = "refuse"
"""
FAKE_CAMERA = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
PAPER_SCALE = 1.2
"""Pixels a point: an A4 page is 714 pixels wide."""


def take_all(browser: Browser, site: Site, more: Further, cookies: dict[str, Any], scratch: Path) -> None:
    """Every picture of the application.

    Args:
        browser: Chromium.
        site: the workshop.
        more: what was added to it.
        cookies: what each person's browser keeps, by login.
        scratch: a folder for files of this run.
    """
    _offer_every_way(site, scratch)
    _tell_ports(site, more)
    names = {
        **site.codes,
        "certificate": str(site.certificate),
        "draft": str(more.draft),
        "sent": str(more.sent),
        "misread": misread(site.codes["tested"]),
        "badge": _badge(browser, site, cookies["mo"]),
    }
    with ExitStack() as opened:
        seats: dict[object, BrowserContext] = {}
        for shot in PAGES:
            if (seat := (shot.who, shot.size, shot.language)) not in seats:
                seats[seat] = opened.enter_context(closing(_context(browser, shot, cookies[shot.who])))
            address = site.address + shot.path.format_map(names)
            take = _paper if shot.path.endswith(".pdf") else _page
            keep(take(seats[seat], address, shot, names), shot.name)
    keep(_before_the_camera(browser, site, cookies[CAMERA.who], scratch), CAMERA.name)


def _offer_every_way(site: Site, scratch: Path) -> None:
    """The sign-in page as at a service that has a name, with a provider beside it."""
    file = scratch / "providers.toml"
    file.write_text(PROVIDERS)
    changed = {"public_url": site.address.replace("127.0.0.1", "localhost"), "oidc_file": file}
    site.app.state.ways = ways_of(site.app.state.settings.model_copy(update=changed))


def _tell_ports(site: Site, more: Further) -> None:
    """The bench tells what stands in its ports."""
    bench = Principal(site.organisation, Actor(ActorKind.BENCH, more.bench), frozenset({Role.BENCH}), "bench")
    wiping, known = site.codes["wiping"], site.codes["inspected"]
    ports = (
        _port("A1", PortPhase.WIPING, "ThinkPad T480", asset_code=wiping, percent=62, seconds_left=840),
        _port("A2", PortPhase.LABELLING, "EliteBook 840 G5"),
        _port("A3", PortPhase.VERIFYING, "Latitude 5490", asset_code=known, percent=18, seconds_left=1500),
        PortShown(name="A4", phase=PortPhase.EMPTY),
    )
    with unit_of_work(site.app.state.database.engine(), site.organisation) as session:
        stations.tell(session, bench, PortsShown(ports=ports))


def _port(name: str, phase: PortPhase, model: str, **more: Any) -> PortShown:
    return PortShown(name=name, phase=phase, kind=DeviceKind.LAPTOP, model=model, **more)


def _badge(browser: Browser, site: Site, state: Any) -> str:
    """A new badge for Mo, whose PIN stays; its code."""
    with closing(_context(browser, Shot("", ""), state)) as context:
        page = context.new_page()
        page.goto(f"{site.address}/account/badge")
        page.click("text=Make a new badge")
        return page.input_value("main input[name=code]")


def _context(browser: Browser, shot: Shot, state: Any) -> BrowserContext:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=shot.language.value,
        color_scheme="light",
        reduced_motion="reduce",
        storage_state=state or None,
    )
    context.set_default_timeout(20_000)
    return context


def _page(context: BrowserContext, address: str, shot: Shot, names: dict[str, str]) -> bytes:
    page = context.new_page()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == shot.status, shot.name
    if shot.before:
        shot.before(page, names)
    data = taken(page, shot)
    page.close()
    return data


def _paper(context: BrowserContext, address: str, shot: Shot, _: dict[str, str]) -> bytes:
    """The first page of a file for the printer."""
    answer = context.request.get(address, headers={"Accept-Language": shot.language.value})
    assert answer.headers["content-type"] == "application/pdf"
    with pypdfium2.PdfDocument(answer.body()) as document:
        return png(document[0].render(scale=PAPER_SCALE).to_pil())


def _before_the_camera(browser: Browser, site: Site, state: Any, scratch: Path) -> bytes:
    """A label of a tested device is held before the camera of a phone, and found."""
    code = site.codes["tested"]
    label = AssetLabel(code, "Kringwinkel De Herstart", site.address, "ThinkPad", "")
    path = scratch / "camera.mjpeg"
    path.write_bytes(film([label], seconds=3, between=0))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", *FAKE_CAMERA, f"--use-file-for-fake-video-capture={path}"]
    with (
        closing(browser.browser_type.launch(executable_path="/usr/bin/chromium", args=flags)) as seeing,
        closing(_context(seeing, CAMERA, state)) as context,
    ):
        page = context.new_page()
        page.goto(site.address + CAMERA.path)
        expect(page.locator("#scanned > li").first).to_contain_text(codes.show(code))
        expect(page.locator(".flash")).to_have_count(0)
        return taken(page, CAMERA)
