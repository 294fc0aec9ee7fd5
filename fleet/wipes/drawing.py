"""Drawing on an A4 page: texts that stay in their room, and the QR symbol."""

from collections.abc import Iterator, Sequence
from typing import Final

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from labels import qr
from labels.text import Font, clip_middle, drawable, width_pt

WIDTH, HEIGHT = A4
MARGIN: Final = 18 * mm
_STEP_PT: Final = 0.25
INK, SOFT, BRAND, LINE = (HexColor(code) for code in ("#14241f", "#4b5b55", "#0c3a30", "#cfd8d3"))
GOOD, GOOD_INK, WARN, WARN_INK, BAD, BAD_INK = (
    HexColor(code) for code in ("#d8f0df", "#0b5127", "#fdeecb", "#6b4200", "#fbdedb", "#8c1d18")
)


def text(canvas: Canvas, x: float, y: float, content: str, font: Font, size_pt: float) -> None:
    """One line, its baseline at y."""
    shown = drawable(content, font)  # first: it makes the font known to reportlab
    canvas.setFont(font.value, size_pt)
    canvas.drawString(x, y, shown)


def text_right(canvas: Canvas, x: float, y: float, content: str, font: Font, size_pt: float) -> None:
    """One line that ends at x."""
    shown = drawable(content, font)
    canvas.setFont(font.value, size_pt)
    canvas.drawRightString(x, y, shown)


def one_line(canvas: Canvas, x: float, y: float, content: str, font: Font, sizes: tuple[float, float], room: float) -> None:
    """One line in the largest size that fits its room; at the smallest its middle gives way."""
    size, lines = fitted(content, font, sizes, room, 1)
    if lines:
        text(canvas, x, y, lines[0], font, size)


def fitted(content: str, font: Font, sizes: tuple[float, float], room: float, lines: int) -> tuple[float, tuple[str, ...]]:
    """The largest size from `sizes` (smallest, largest) at which the text fits in so many lines, and the lines.

    At the smallest the middle of the last line gives way: serial numbers differ at their ends.
    """
    smallest, largest = sizes
    if lines > 1 and len(drawable(content, font).split()) == 1 and width_pt(drawable(content, font), font, smallest) <= room:
        lines = 1  # a number is broken only where it fits no single line
    size = largest
    while len(found := tuple(broken(content, font, size, room))) > lines and size > smallest:
        size = max(size - _STEP_PT, smallest)
    if len(found) <= lines:
        return size, found
    rest = " ".join(found[lines - 1 :])
    return smallest, (*found[: lines - 1], clip_middle(rest, font, smallest, room))


def rule(canvas: Canvas, x: float, y: float, width: float, colour: Color = LINE, weight: float = 0.8) -> None:
    """A horizontal line."""
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(weight)
    canvas.line(x, y, x + width, y)


def broken(content: str, font: Font, size_pt: float, room: float) -> Iterator[str]:
    """Lines of at most this width, broken between words, and inside words that are wider than a line. Nothing is left out."""
    line = ""
    for word in drawable(content, font).split():
        joined = f"{line} {word}" if line else word
        if width_pt(joined, font, size_pt) <= room:
            line = joined
            continue
        if line:
            yield line
        *full, line = _pieces(word, font, size_pt, room)
        yield from full
    if line:
        yield line


def _pieces(word: str, font: Font, size_pt: float, room: float) -> list[str]:
    pieces, start = [], 0
    for end in range(1, len(word) + 1):
        if width_pt(word[start:end], font, size_pt) > room and end - 1 > start:
            pieces.append(word[start : end - 1])
            start = end - 1
    return [*pieces, word[start:]]


def symbol(canvas: Canvas, content: str, x: float, y: float, side: float) -> None:
    """The QR symbol with its quiet zone, on white; dark modules beside one another are one rectangle."""
    drawn = qr.symbol(content)
    module = side / (drawn.size + 2 * qr.QUIET_ZONE)
    canvas.setFillColor(white)
    canvas.rect(x, y, side, side, stroke=0, fill=1)
    canvas.setFillColor(INK)
    for row, modules in enumerate(drawn.modules):
        at_y = y + side - (row + 1 + qr.QUIET_ZONE) * module
        for start, length in _runs(modules):
            canvas.rect(x + (start + qr.QUIET_ZONE) * module, at_y, length * module, module, stroke=0, fill=1)


def _runs(modules: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    start = None
    for place, dark in enumerate([*modules, False]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None
