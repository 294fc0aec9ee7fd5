import re

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels import codes
from labels.layout import MM, SMALLEST_MODULE_MM, arrange, snapped
from labels.pdf import AssetLabel, LabelDoesNotFitError, LabelSize, Resolution, asset_label, asset_labels
from labels.stock import STOCKS
from labels.text import MISSING

CODES = [code for number in range(30_000_000_000, 30_000_000_060) if (code := codes.from_number(number))]
HOST = "https://fleet.example.org"


def label(code: str = CODES[0], **changes: str) -> AssetLabel:
    fields = {"organisation": "Kringwinkel Zuid", "base_url": HOST, "model": "Latitude 5490", "serial": "5CG1234XYZ"}
    return AssetLabel(code=code, **(fields | changes))


def render(pdf: bytes, dpi: float, page: int = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return document[page].render(scale=dpi / 72, grayscale=True).to_pil().copy()
    finally:
        document.close()


def words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return str(document[0].get_textpage().get_text_range())
    finally:
        document.close()


def read(image: Image.Image) -> list[str]:
    return [result.text for result in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize("size", LabelSize)
@pytest.mark.parametrize("resolution", Resolution)
def test_a_printed_label_reads_back_as_its_code(size: LabelSize, resolution: Resolution) -> None:
    drawn = label()
    image = render(asset_label(drawn, size, resolution=resolution), resolution)
    black_and_white = image.point(lambda grey: 255 * (grey > 127))
    assert read(black_and_white) == [drawn.payload]


@pytest.mark.parametrize("size", LabelSize)
def test_the_page_has_the_true_size_and_asks_not_to_be_scaled(size: LabelSize) -> None:
    pdf = asset_label(label(), size)
    box = re.search(rb"/MediaBox \[ *([\d. ]+)\]", pdf)
    assert box is not None
    left, bottom, right, top = map(float, box[1].split())
    stock = STOCKS[size]
    assert (left, bottom) == (0, 0)
    assert right / MM == pytest.approx(stock.page_width, abs=0.01)
    assert top / MM == pytest.approx(stock.page_height, abs=0.01)
    assert b"/PrintScaling /None" in pdf


@pytest.mark.parametrize("size", LabelSize)
@pytest.mark.parametrize("resolution", Resolution)
def test_modules_are_whole_dots_and_large_enough(size: LabelSize, resolution: Resolution) -> None:
    layout = arrange(label(), size, resolution)
    dot = 72 / resolution
    for length in (layout.module_pt, layout.symbol_x, layout.symbol_y):
        assert length / dot == pytest.approx(round(length / dot), abs=1e-6)
    assert layout.module_pt / MM >= SMALLEST_MODULE_MM
    quiet = 4 * layout.module_pt
    assert min(layout.symbol_x, layout.symbol_y) >= quiet - dot


@pytest.mark.parametrize("resolution", Resolution)
def test_every_dot_of_the_rendered_symbol_is_where_the_symbol_says(resolution: Resolution) -> None:
    drawn = label()
    layout = arrange(drawn, LabelSize.SMALL_50X25, resolution)
    image = render(asset_label(drawn, LabelSize.SMALL_50X25, resolution=resolution), resolution)
    dot = 72 / resolution
    module, x, y = (round(length / dot) for length in (layout.module_pt, layout.symbol_x, layout.symbol_y))
    for row, modules in enumerate(layout.symbol.modules):
        for column, dark in enumerate(modules):
            box = (x + column * module + 1, y + row * module + 1, x + (column + 1) * module - 1, y + (row + 1) * module - 1)
            shades = image.crop(box).getextrema()
            assert shades == ((0, 0) if dark else (255, 255)), (row, column)


def test_all_text_is_on_the_label_and_inside_it() -> None:
    text = words(asset_label(label(), LabelSize.SMALL_50X25))
    for expected in ("Kringwinkel Zuid", codes.show(CODES[0]), "Latitude 5490", "S/N 5CG1234XYZ"):
        assert expected in text


@given(
    st.text(max_size=90),
    st.text(max_size=90),
    st.text(max_size=60),
    st.sampled_from(LabelSize),
    st.sampled_from(Resolution),
)
@settings(max_examples=60)
def test_any_text_stays_inside_its_label(
    organisation: str, model: str, serial: str, size: LabelSize, resolution: Resolution
) -> None:
    layout = arrange(label(organisation=organisation, model=model, serial=serial), size, resolution)
    stock = STOCKS[size]
    symbol_right = layout.symbol_x + (layout.symbol.size + 4) * layout.module_pt
    baselines = [line.baseline for line in layout.lines]
    assert baselines == sorted(baselines)
    assert min(line.x for line in layout.lines) >= symbol_right - 0.01
    assert all(layout.symbol_y <= line.baseline < stock.height * MM - 2 for line in layout.lines)
    for above, below in zip(layout.lines, layout.lines[1:], strict=False):
        assert below.baseline - above.baseline >= 0.95 * below.size_pt * 0.73


def test_letters_that_cannot_be_drawn_are_shown_as_lozenges_and_the_code_still_reads() -> None:
    drawn = label(model="\u0414\u0440\u0443\u0433 3", serial="\u4e2d\u6587-77")
    pdf = asset_label(drawn, LabelSize.TAPE_62X29)
    assert f"{MISSING * 4} 3" in words(pdf)
    assert read(render(pdf, 203)) == [drawn.payload]


def test_a_host_too_long_for_the_stock_is_refused_and_says_what_to_do() -> None:
    drawn = label(base_url="https://" + ".".join(["a" * 40] * 4) + ".example.org")
    with pytest.raises(LabelDoesNotFitError, match=r"50 x 25 mm.*larger label or a shorter host name"):
        asset_label(drawn, LabelSize.SMALL_50X25)
    assert read(render(asset_label(drawn, LabelSize.SHEET_L7160, resolution=Resolution.DPI_300), 300)) == [drawn.payload]


def test_the_same_label_is_the_same_bytes() -> None:
    assert asset_label(label(), LabelSize.SMALL_50X25) == asset_label(label(), LabelSize.SMALL_50X25)


def test_a_sheet_begins_where_it_is_told_and_goes_on_to_the_next_page() -> None:
    many = [label(code) for code in CODES[:25]]
    pdf = asset_labels(many, LabelSize.SHEET_L7160, resolution=Resolution.DPI_300, first=20)
    found = [set(read(render(pdf, 300, page))) for page in range(3)]
    assert [len(texts) for texts in found] == [2, 21, 2]
    assert set.union(*found) == {one.payload for one in many}
    assert {one.payload for one in many[:2]} == found[0]


def test_a_sheets_label_lies_in_its_own_cell() -> None:
    stock, size = STOCKS[LabelSize.SHEET_L7160], LabelSize.SHEET_L7160
    image = render(asset_label(label(), size, resolution=Resolution.DPI_300, position=8), 300)
    left, top = (round(side / 25.4 * 300) for side in stock.origin(8))
    width, height = round(stock.width / 25.4 * 300), round(stock.height / 25.4 * 300)
    assert stock.origin(8) == (7.25 + 66.0, 15.15 + 2 * 38.1)
    inside = image.crop((left, top, left + width, top + height))
    assert read(inside) == [label().payload]
    image.paste(255, (left, top, left + width, top + height))
    assert image.getextrema() == (255, 255)


@pytest.mark.parametrize("position", [0, 22])
def test_a_position_that_the_sheet_has_not_is_refused(position: int) -> None:
    with pytest.raises(ValueError, match="positions 1 to 21"):
        asset_label(label(), LabelSize.SHEET_L7160, position=position)
    with pytest.raises(ValueError, match="no label"):
        asset_labels([], LabelSize.SHEET_L7160)


def test_snapping_goes_to_the_nearest_dot() -> None:
    assert snapped(72.1, Resolution.DPI_203) == pytest.approx(72)
