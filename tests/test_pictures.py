"""The pictures of the documentation: each is there, is shown, is described, is small, and can be taken anew."""

import re
from pathlib import Path

import pytest
from PIL import Image

from tests import pictures

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "img"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = [(page, alt, target) for page in PAGES for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text())]
"""Every picture where it stands: page, words for those who do not see it, address."""
FILES = sorted(FOLDER.iterdir())


def test_every_page_that_should_shows_pictures() -> None:
    """Without this, a change of how they are written would leave nothing to look at."""
    assert {"README.md", "index.md", "kiosk.md", "scanning.md", "sign-in.md"} <= {page.name for page, _, _ in SHOWN}


@pytest.mark.parametrize(("page", "alt", "target"), SHOWN, ids=[f"{page.stem}-{Path(target).stem}" for page, _, target in SHOWN])
def test_a_picture_that_is_shown_is_there_and_is_described(page: Path, alt: str, target: str) -> None:
    assert (page.parent / target).resolve().parent == FOLDER
    assert (page.parent / target).is_file()
    assert len(alt.split()) >= 4, "say what there is to see"


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_picture_is_small_and_shown_somewhere(file: Path) -> None:
    assert file.stat().st_size <= pictures.MOST
    with Image.open(file) as picture:
        assert (picture.format, picture.mode) == ("PNG", "P")
    assert file in {(page.parent / target).resolve() for page, _, target in SHOWN}


def test_every_picture_can_be_taken_anew() -> None:
    assert {file.name for file in FILES} == {f"{name}.png" for name in pictures.NAMES}, (
        "run `make pictures`, and remove what is left"
    )


def test_a_picture_is_kept_in_as_many_colours_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "FOLDER", str(tmp_path / "img"))
    pictures.keep(pictures.png(Image.linear_gradient("L")), "plain")
    with Image.open(tmp_path / "img" / "plain.png") as kept:
        assert kept.size == (256, 256)
        assert len(kept.getcolors() or ()) > 128
    pictures.keep(pictures.png(Image.effect_noise((300, 300), 90)), "grainy")
    assert (tmp_path / "img" / "grainy.png").stat().st_size <= pictures.MOST
    with pytest.raises(ValueError, match=r"huge: .* smaller part"):
        pictures.keep(pictures.png(Image.effect_noise((1200, 900), 90)), "huge")


def test_nothing_is_kept_where_nobody_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "FOLDER", "")
    monkeypatch.chdir(tmp_path)
    pictures.keep(pictures.png(Image.new("RGB", (10, 10))), "unasked")
    assert list(tmp_path.iterdir()) == []
