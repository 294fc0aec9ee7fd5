"""The pictures of the documentation: which there are, of what, and how they are kept. `make pictures` takes them anew."""

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from fleet.ui.i18n import Language
from labels import codes

FOLDER = os.environ.get("HEROPSTART_PICTURES", "")
"""Where they are kept. Without it they are taken all the same, and thrown away: one that cannot be taken is a fault."""
MOST = 60_000
"""Bytes of a picture; a page of the documentation shows several."""
COLOURS = (255, 128, 64, 32)
EDGE = 8
"""Pixels around what a picture shows of a page."""
PHONE, DESK = (360, 740), (1280, 800)
NOBODY = ""
STATION = "station"
"""Nobody, at a computer that is enrolled for badges."""
WINDOW = ""
CONTENT = "main > *"
"""What a page says, without the bars around it."""


@dataclass(frozen=True)
class Shot:
    """One picture of one page."""

    name: str
    path: str
    """Names in braces are filled in from the site. A path that ends in `.pdf` is paper: its first page."""
    who: str = "lies"
    size: tuple[int, int] = DESK
    part: str = CONTENT
    """Selector of what is shown, at most as high as the window; WINDOW is the window itself."""
    language: Language = Language.EN
    before: Callable[[Page, Mapping[str, str]], None] | None = None
    """What a person does on the page first."""
    status: int = 200


def phone(name: str, path: str, who: str = "lies", **more: Any) -> Shot:
    """A whole screen of a phone."""
    return Shot(name, path, who, PHONE, WINDOW, **more)


def scan_badge(page: Page, names: Mapping[str, str]) -> None:
    """A badge under the scanner; its PIN is asked next."""
    page.fill("#badge", names["badge"])
    page.keyboard.press("Enter")
    expect(page.locator("#pin")).to_be_visible()


def pack(page: Page, names: Mapping[str, str]) -> None:
    """Two more devices go along."""
    for code in (names["ready"], names["checked"]):
        page.fill("#scanned", code)
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text(codes.show(code))


def build_shelves(page: Page, _: Mapping[str, str]) -> None:
    """Some places to put things."""
    for name in ("Rek 1", "Rek 2", "Kooi achteraan"):
        page.locator("form[action$='/locations'] input[name=name]").fill(name)
        page.keyboard.press("Enter")
        expect(page.locator("main table")).to_contain_text(name)


def begin_to_leave(page: Page, _: Mapping[str, str]) -> None:
    """What stands in the way is shown next; it can be stopped."""
    page.click("text=Begin to leave")
    expect(page.get_by_text("Leaving has begun.")).to_be_visible()


def choose_several(page: Page, _: Mapping[str, str]) -> None:
    """Tick all, and look at what would change."""
    for box in page.locator("input[name=codes]").all():
        box.check()
    page.select_option("#action", "stage_recycling")
    page.locator("#action").evaluate("field => field.form.requestSubmit()")
    expect(page.locator("#confirm-title")).to_be_visible()


PAGES = (
    Shot("start", "/", part=WINDOW),
    phone("start-worker", "/", "mo", language=Language.NL),
    Shot("device", "/devices/{ready}"),
    Shot("condition", "/devices/{checked}/condition"),
    Shot("tray", "/drives"),
    Shot("people", "/accounts"),
    phone("security", "/account/security"),
    phone("sign-in", "/sign-in", NOBODY),
    phone("passkeys", "/account/passkeys"),
    Shot("pin", "/badge", STATION, before=scan_badge),
    Shot("workstations", "/workstations"),
    Shot("api-tokens", "/api-tokens"),
    Shot("sites", "/sites", before=build_shelves),
    Shot("transfers", "/transfers"),
    phone("transfer", "/transfers/{draft}", before=pack),
    Shot("packing-list", "/transfers/{sent}/print"),
    phone("scan", "/scan?q={tested}", "mo"),
    phone("scan-misread", "/scan?q={misread}", "mo", status=404),
    phone("scan-unknown", "/scan?q=https%3A%2F%2Fassets.example%2Fhardware%2F9021", "mo", status=404),
    Shot("devices", "/devices?state=ready&state=tested&state=wiped", part="#tiles ~ *"),
    Shot("several", "/devices?state=wiped&state=tested", before=choose_several),
    Shot("benches", "/benches"),
    Shot("styleguide", "/styleguide"),
    Shot("certificate", "/certificates/{certificate}.pdf"),
    phone("verify", "/verify/{certificate}", NOBODY),
    Shot("wipe-policy", "/wipe-policy?preset=strict"),
    Shot("leave", "/organisation/leave", before=begin_to_leave),
)
"""Of the application, by tests/e2e/test_pages_browser.py."""
CAMERA = phone("scan-camera", "/scan/camera", "mo")
"""In a browser of its own, that has a camera."""
SCREEN = (
    Shot("kiosk", "/", part=WINDOW),
    Shot("kiosk-empty", "/", part="#port-A1"),
    Shot("kiosk-recognised", "/", part="#port-A2"),
    Shot("kiosk-label", "/", part="#port-A3"),
    Shot("kiosk-wiping", "/", part="#port-A4"),
    Shot("kiosk-good", "/", part="#port-B1"),
    Shot("kiosk-bad", "/", part="#port-B2"),
)
"""Of the screen of a bench with six ports, by tests/agents/kiosk/test_kiosk_browser.py."""
ARABIC = Shot("kiosk-arabic", "/", part=WINDOW)
"""The same screen in a language that a workshop added itself."""
NAMES = frozenset(shot.name for shot in (*PAGES, CAMERA, *SCREEN, ARABIC))


def taken(page: Page, shot: Shot) -> bytes:
    """The picture as PNG, once its letters are there."""
    page.evaluate("document.fonts.ready")
    if shot.part == WINDOW:
        return page.screenshot()
    boxes = [box for one in page.locator(shot.part).all() if (box := _box(one))]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    x, y = max(left - EDGE, 0), max(top - EDGE, 0)
    width, height = min(right + EDGE, shot.size[0]) - x, min(bottom + EDGE - y, shot.size[1])
    return page.screenshot(full_page=True, clip={"x": x, "y": y, "width": width, "height": height})


def _box(element: Locator) -> tuple[float, float, float, float] | None:
    """Left, top, right and bottom on the page; None for what cannot be seen."""
    box = element.bounding_box()
    if box is None or min(box["width"], box["height"]) < 2:
        return None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def png(image: Image.Image) -> bytes:
    """A drawn page as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def keep(data: bytes, name: str) -> None:
    """Write a picture in as many colours as fit into MOST bytes. Raises ValueError when 32 are too many."""
    if not FOLDER:
        return
    drawn, folder = Image.open(io.BytesIO(data)).convert("RGB"), Path(FOLDER)
    for colours in COLOURS:
        buffer = io.BytesIO()
        # without dithering: its dots make surfaces rough and files large
        drawn.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= MOST:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(buffer.getvalue())
            return
    raise ValueError(f"{name}: {buffer.tell()} bytes even in {COLOURS[-1]} colours; choose a smaller part of the page")
