"""The sheet of action codes: a pictogram, words and a QR symbol for each thing that the screen can do, as PDF on A4."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from markupsafe import Markup
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from agents.kiosk.actions import Card
from agents.kiosk.label_picture import modules_path
from agents.kiosk.languages import Tongue
from agents.kiosk.outlines import outline
from agents.kiosk.pictograms import DRAWINGS
from labels.qr import QUIET_ZONE, symbol
from labels.text import Font, drawable, shrink, width_pt

_MM: Final = 72 / 25.4
_MARGIN: Final = 12 * _MM
_COLUMNS: Final = 3
_ROWS: Final = 5
_HEAD: Final = 14 * _MM
_GAP: Final = 3 * _MM
_PICTURE: Final = 27 * _MM
_SIZES: Final = (9.0, 15.0)
_TRANSFORM: Final = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\) scale\(([\d.]+)\)")
_FILLS: Final = {"paper": (1, 1, 1), "fill": (0, 0, 0), "good": (0.04, 0.39, 0.19), "bad": (0.65, 0.09, 0.05)}


def qr_svg(text: str) -> Markup:
    """A QR symbol with its quiet zone, for a page."""
    drawn = symbol(text)
    side = drawn.size + 2 * QUIET_ZONE
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}"><path transform="translate({2} {2})" d="{3}"/></svg>'
    ).format(side, text, QUIET_ZONE, modules_path(drawn))


def sheet_pdf(cards: Sequence[Card], tongues: Sequence[Tongue], station: str) -> bytes:
    """The sheet in one or more languages; the same bench gives the same bytes.

    The letters are Western European: a language that they lack is on the page /sheet of the screen, which any browser prints.
    """
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, pageCompression=1, invariant=1)
    title = drawable(f"{station} · {' / '.join(tongue.plain('sheet') for tongue in tongues)}")
    canvas.setTitle(title)
    for number, card in enumerate(cards):
        place = number % (_COLUMNS * _ROWS)
        if place == 0:
            if number:
                canvas.showPage()
            width_pt(title, Font.BOLD, 1.0)  # makes the face known
            canvas.setFont(Font.BOLD.value, 16)
            canvas.drawString(_MARGIN, A4[1] - _MARGIN - 12, title)
        _card(canvas, card, tongues, place)
    canvas.save()
    return buffer.getvalue()


def _card(canvas: Canvas, card: Card, tongues: Sequence[Tongue], place: int) -> None:
    """One card: pictogram and symbol beside one another, the words below."""
    row, column = divmod(place, _COLUMNS)
    width = (A4[0] - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) / _COLUMNS
    height = (A4[1] - 2 * _MARGIN - _HEAD - (_ROWS - 1) * _GAP) / _ROWS
    left = _MARGIN + column * (width + _GAP)
    bottom = A4[1] - _MARGIN - _HEAD - row * (height + _GAP) - height
    canvas.setLineWidth(0.8)
    canvas.setStrokeColorRGB(0, 0, 0)
    canvas.roundRect(left, bottom, width, height, 6)
    top = bottom + height - _PICTURE - 2 * _MM
    _picture(canvas, DRAWINGS[card.picture], left + 3 * _MM, top, _PICTURE)
    _symbol(canvas, card.action.code, left + width - _PICTURE - 2 * _MM, top, _PICTURE)
    words = [card.name] if card.name else [tongue.plain(card.phrase) for tongue in tongues]
    _words(canvas, list(dict.fromkeys(words)), left + width / 2, top - 1 * _MM, width - 4 * _MM)


def _words(canvas: Canvas, words: Sequence[str], middle: float, top: float, room: float) -> None:
    canvas.setFillColorRGB(0, 0, 0)
    for text in words:
        size, lines = shrink(drawable(text, Font.BOLD), Font.BOLD, (_SIZES[0], _SIZES[1] - 2 * len(words)), room, lines=2)
        canvas.setFont(Font.BOLD.value, size)
        for line in lines:
            top -= size * 1.15
            canvas.drawCentredString(middle, top, line)


def _symbol(canvas: Canvas, text: str, left: float, bottom: float, side: float) -> None:
    drawn = symbol(text)
    module = side / (drawn.size + 2 * QUIET_ZONE)
    path = canvas.beginPath()
    for y, row in enumerate(drawn.modules):
        for x, dark in enumerate(row):
            if dark:
                path.rect(left + (x + QUIET_ZONE) * module, bottom + side - (y + QUIET_ZONE + 1) * module, module, module)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(path, stroke=0, fill=1)


def _picture(canvas: Canvas, drawing: str, left: float, bottom: float, side: float) -> None:
    """A pictogram in a square."""
    canvas.saveState()
    canvas.translate(left, bottom + side)
    canvas.scale(side / 100, -side / 100)
    canvas.setLineCap(1)
    canvas.setLineJoin(1)
    # our own drawings alone are read here
    for classes, place, path in _paths(ET.fromstring(f"<g>{drawing}</g>"), (0.0, 0.0, 1.0)):  # noqa: S314
        _path(canvas, classes, place, path)
    canvas.restoreState()


def _paths(node: ET.Element, place: tuple[float, float, float]) -> Iterator[tuple[set[str], tuple[float, float, float], str]]:
    """Every path below a node with its classes and where it stands: moved by two numbers, enlarged by one."""
    for child in node:
        if child.tag == "path":
            yield set(child.get("class", "").split()), place, child.get("d", "")
            continue
        moved = _TRANSFORM.fullmatch(child.get("transform", ""))
        yield from _paths(child, (float(moved[1]), float(moved[2]), float(moved[3])) if moved else place)


def _path(canvas: Canvas, classes: set[str], place: tuple[float, float, float], data: str) -> None:
    x, y, scale = place
    path = canvas.beginPath()
    for segment in outline(data):
        at = [number for px, py in segment.points for number in (x + scale * px, y + scale * py)]
        match segment.kind:
            case "move":
                path.moveTo(*at)
            case "line":
                path.lineTo(*at)
            case "curve":
                path.curveTo(*at)
            case _:
                path.close()
    fill = next((colour for name, colour in reversed(_FILLS.items()) if name in classes), None)
    line = (
        (1, 1, 1)
        if "over" in classes
        else _FILLS["good" if "good" in classes else "bad"]
        if classes & {"good", "bad", "beam"}
        else (0, 0, 0)
    )
    canvas.setStrokeColorRGB(*line)
    canvas.setFillColorRGB(*(fill or (1, 1, 1)))
    canvas.setLineWidth(1 if "thin" in classes else 5.5)
    canvas.setDash(9, 9) if "dashed" in classes else canvas.setDash()
    canvas.drawPath(path, stroke=1, fill=int(fill is not None))
