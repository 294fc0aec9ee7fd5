"""The stylesheets: their size, and that a page asks for those that it needs."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet import ui
from fleet.ui import words
from fleet.ui.words import Tone
from fleet.web.minify import minified

FLEET = Path(ui.__file__).parents[1]
MAIN, SECOND = "heropstart.css", ("tiles.css", "parts.css", "badge.css")
LIMITS = {"heropstart.css": (15_750, 4_700), "tiles.css": (2_000, 800), "parts.css": (3_600, 1_300), "badge.css": (600, 350)}
"""Bytes minified, and packed for the wire."""
MODIFIERS = {"none"}
"""Never alone: they change what another class draws."""
STYLEGUIDE = FLEET / "desk/templates/styleguide.html"


HOOKS = {"who", "name"}
"""Names for scripts and tests, without a look of their own."""


def css(name: str) -> str:
    return re.sub(r"/\*.*?\*/", "", (ui.STATIC_DIR / name).read_text(), flags=re.DOTALL)


def classes(name: str) -> set[str]:
    """Every class that the sheet has a rule for."""
    return {found for selectors in re.findall(r"([^{};]*)\{", css(name)) for found in re.findall(r"\.([a-z][a-z-]*)", selectors)}


def used(template: str) -> set[str]:
    """The classes that a template writes; an element with a style of its own counts as one."""
    written = {word for text in re.findall(r'class="([^"]*)"', template) for word in re.findall(r"\b[a-z][a-z-]*\b(?!-)", text)}
    return written | ({"progress"} if "<progress" in template else set())


def macros() -> dict[str, set[str]]:
    """What each macro of the design system writes, by its name."""
    parts = (FLEET / "ui/templates/macros.html").read_text().split("{% macro ")[1:]
    return {part.partition("(")[0]: used(part) for part in parts}


def sheets(template: str, drawn: dict[str, set[str]]) -> set[str]:
    """The second sheets that a template needs: for its own classes and for those of the macros that it calls."""
    wanted = used(template).union(*(drawn.get(name, set()) for name in re.findall(r"\bui\.([a-z_]+)\(", template)))
    if "accounts/qr.html" in template:
        wanted |= {"qr"}
    return {name for name in SECOND if wanted & (classes(name) - classes(MAIN) - MODIFIERS)}


def pages() -> Iterator[Path]:
    return (path for path in sorted(FLEET.rglob("templates/*.html")) if "extends 'web/layout.html'" in path.read_text())


def asked(page: Path) -> set[str]:
    return set(re.findall(r"static\('([a-z-]+\.css)'\)", page.read_text()))


@pytest.mark.parametrize("name", LIMITS)
def test_a_stylesheet_stays_small(name: str) -> None:
    served = minified((ui.STATIC_DIR / name).read_text()).encode()
    plain, packed = LIMITS[name]
    assert len(served) < plain
    assert len(gzip.compress(served, 9)) < packed


def test_every_stylesheet_has_a_limit() -> None:
    """The one for print is no bigger than a remark."""
    assert {path.name for path in ui.STATIC_DIR.glob("*.css")} - {"print.css"} == set(LIMITS)


def test_a_page_asks_for_the_sheets_that_it_needs() -> None:
    drawn = macros()
    lacking = {page.name: sheets(page.read_text(), drawn) - asked(page) for page in pages() if page != STYLEGUIDE}
    assert {name: sheet for name, sheet in lacking.items() if sheet} == {}


def test_a_page_asks_for_no_sheet_that_it_does_not_need() -> None:
    drawn = macros()
    idle = {page.name: (asked(page) & set(SECOND)) - sheets(page.read_text(), drawn) for page in pages() if page != STYLEGUIDE}
    assert {name: sheet for name, sheet in idle.items() if sheet} == {}


def test_the_style_guide_asks_for_what_its_samples_need() -> None:
    drawn = macros()
    needed = set().union(*(sheets(path.read_text(), drawn) for path in (STYLEGUIDE.parent / "samples").iterdir()))
    assert needed <= asked(STYLEGUIDE)


def test_no_class_is_written_that_no_sheet_knows() -> None:
    """Except the names that only scripts ask for."""
    known = set().union(*(classes(path.name) for path in ui.STATIC_DIR.glob("*.css")), _camera())
    written = {word: page.name for page in FLEET.rglob("templates/**/*.html") for word in used(plain(page.read_text()))}
    assert {word: page for word, page in written.items() if word not in known and word not in HOOKS} == {}


def plain(template: str) -> str:
    """Without what Jinja puts in: a class that is computed is asked for where it is written."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", template, flags=re.DOTALL)


def _camera() -> set[str]:
    text = (FLEET / "web/static/scan-camera.css").read_text()
    return set(re.findall(r"\.([a-z][a-z-]*)", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))


def test_the_stylesheet_knows_every_tone() -> None:
    used_tones = {word.tone for word in words.STATES.values()}
    for tone in used_tones - {Tone.TODO}:  # the chip's own look
        assert f".tone-{tone} " in css(MAIN)
