"""The sheet of action codes: every code on it is read back by an independent decoder."""

import json
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from agents.cli.app import run
from agents.kiosk.actions import cards
from agents.kiosk.languages import Languages
from agents.kiosk.outlines import outline
from agents.kiosk.pictograms import DRAWINGS
from agents.kiosk.sheet import sheet_pdf
from tests.sim.screen_bench import screen_config

BENCH = """
station = "Werkbank 1"
[[ports]]
name = "A1"
path = "a.img"
[[ports]]
name = "shelf_2"
path = "b.img"
"""


def codes_on(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [document[number].render(scale=200 / 72).to_pil().copy() for number in range(len(document))]
    finally:
        document.close()
    return [found.text for page in pages for found in zxingcpp.read_barcodes(page)]


def test_every_code_of_the_sheet_is_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bench.toml").write_text(BENCH)
    file = tmp_path / "codes.pdf"
    arguments = ["--config", str(tmp_path / "bench.toml"), "kiosk", "sheet", str(file), "--language", "nl", "--language", "fr"]
    assert run([*arguments, "--json"]) == 0
    wanted = json.loads(capsys.readouterr().out)["codes"]
    assert {"HP:GOOD", "HP:NEXT", "HP:LANG-FR", "HP:PORT-A1", "HP:PORT-SHELF_2"} <= set(wanted)
    assert sorted(codes_on(file.read_bytes())) == sorted(wanted)


def test_the_same_bench_gives_the_same_sheet(tmp_path: Path) -> None:
    languages, config = Languages(), screen_config(tmp_path)
    drawn = [
        sheet_pdf(list(cards(["A1"], languages.names.items())), [languages.tongue("nl", "nl")], config.station) for _ in range(2)
    ]
    assert drawn[0] == drawn[1]


def test_the_checker_tells_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "uk.toml"
    own.write_text('language = "uk"\nname = "U"\n[phrases]\nunplug = "x"\n')
    assert run(["kiosk", "phrases", str(own), "--json"]) == 2
    assert "help" in json.loads(capsys.readouterr().out)["missing"]
    own.write_text("language = 3")
    assert run(["kiosk", "phrases", str(own)]) == 3


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_drawing_stays_on_its_grid(name: str) -> None:
    """Roughly: control points may lie a little outside."""
    for path in DRAWINGS[name].split(' d="')[1:]:
        for segment in outline(path.split('"')[0]):
            assert all(-3 <= number <= 103 for point in segment.points for number in point), segment


def test_an_arc_is_round() -> None:
    ends = [segment.points[-1] for segment in outline("M50 8a42 42 0 1 0 0 84 42 42 0 0 0 0-84z") if segment.points]
    assert all(abs(((x - 50) ** 2 + (y - 50) ** 2) ** 0.5 - 42) < 0.01 for x, y in ends)
    assert min(x for x, _ in ends) == pytest.approx(8)
    assert max(x for x, _ in ends) == pytest.approx(92)
