"""A badge as PDF at true size: a name and a QR symbol on a card of 85.6 x 54 mm (ISO/IEC 7810, ID-1)."""

import io
from dataclasses import dataclass
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from labels import qr
from labels.layout import MM
from labels.pdf import mask
from labels.text import Font, drawable, shrink

WIDTH_MM: Final = 85.6
HEIGHT_MM: Final = 54.0
_MARGIN_MM: Final = 5.0
_SIDE_MM: Final = 34.0
"""Of the symbol: 35 letters make 29 modules of more than a millimetre, which any scanner reads at arm's length."""
_GAP_MM: Final = 5.0


@dataclass(frozen=True, slots=True)
class BadgeCard:
    """What stands on the card; `payload` is what the symbol says, `foot` a line for whoever finds it."""

    name: str
    organisation: str
    payload: str
    foot: str = ""


def badge_card(card: BadgeCard) -> bytes:
    """The card as a page of its own size. Raises QrTooLongError; text that has no room is shortened, the symbol never."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH_MM * MM, HEIGHT_MM * MM), pageCompression=1, invariant=1)
    canvas.setTitle(drawable(card.name))
    canvas.setViewerPreference("PrintScaling", "None")
    symbol, side = qr.symbol(card.payload), _SIDE_MM * MM
    left, foot = _MARGIN_MM * MM, (HEIGHT_MM - _SIDE_MM) / 2 * MM
    canvas.addLiteral(mask(symbol, left, foot, side))
    x = left + side + _GAP_MM * MM
    room = (WIDTH_MM - _MARGIN_MM) * MM - x
    _write(canvas, card.name, Font.BOLD, (9.0, 17.0), (x, foot + side, room), lines=3)
    _write(canvas, card.organisation, Font.REGULAR, (6.0, 9.0), (x, foot + side * 0.52, room), lines=2)
    _write(canvas, card.foot, Font.REGULAR, (5.0, 6.5), (x, foot + side * 0.2, room), lines=3)
    canvas.roundRect(2, 2, WIDTH_MM * MM - 4, HEIGHT_MM * MM - 4, 9, stroke=1, fill=0)
    canvas.save()
    return buffer.getvalue()


def _write(
    canvas: Canvas, text: str, font: Font, sizes_pt: tuple[float, float], place: tuple[float, float, float], *, lines: int
) -> None:
    """Text from its top left corner downwards; `place` is x, top and room in points."""
    x, top, room = place
    size, wrapped = shrink(drawable(text, font), font, sizes_pt, room, lines=lines)
    canvas.setFont(font.value, size)
    for number, line in enumerate(wrapped, start=1):
        canvas.drawString(x, top - number * size * 1.15, line)
