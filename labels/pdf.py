"""Labels as PDF at true size; the same label gives the same bytes, so that a reprint has the same hash.

The QR symbol is a 1-bit inline image mask: smaller and faster than rectangles, and free of seams between them.
"""

import io
from collections.abc import Sequence
from dataclasses import replace

from reportlab.pdfgen.canvas import Canvas

from labels import codes
from labels.layout import MM, AssetLabel, LabelDoesNotFitError, Layout, arrange, snapped
from labels.qr import Symbol
from labels.stock import STOCKS, LabelSize, Resolution, Stock

__all__ = ["AssetLabel", "LabelDoesNotFitError", "LabelSize", "Resolution", "asset_label", "asset_labels"]


def asset_label(label: AssetLabel, size: LabelSize, *, resolution: Resolution = Resolution.DPI_203, position: int = 1) -> bytes:
    """One label as PDF.

    Args:
        label: what it says.
        size: the stock; the page has exactly its size.
        resolution: the printer's; modules are whole dots of it.
        position: on a sheet, which label of the sheet (1 is the top left one).

    Raises:
        LabelDoesNotFitError: the symbol or the text has no room on this stock.
        LabelAddressError, QrTooLongError: the service's address cannot stand on a label.
        ValueError: the code is not valid, or the sheet has no such position.
    """
    return asset_labels([label], size, resolution=resolution, first=position)


def asset_labels(
    labels: Sequence[AssetLabel], size: LabelSize, *, resolution: Resolution = Resolution.DPI_203, first: int = 1
) -> bytes:
    """Labels as pages of one PDF, the first at position `first` of its sheet. Raises as `asset_label`."""
    stock = STOCKS[size]
    if not labels:
        raise ValueError("there is no label to draw")
    stock.origin(first)
    laid_out = [arrange(label, size, resolution) for label in labels]
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(stock.page_width * MM, stock.page_height * MM), pageCompression=1, invariant=1)
    canvas.setTitle(" ".join(codes.show(label.code) for label in labels))
    canvas.setViewerPreference("PrintScaling", "None")
    for place, layout in enumerate(laid_out, start=first - 1):
        if place > first - 1 and place % stock.positions == 0:
            canvas.showPage()
        _draw(canvas, _moved(layout, stock, place % stock.positions + 1, resolution), stock)
    canvas.save()
    return buffer.getvalue()


def _moved(layout: Layout, stock: Stock, position: int, resolution: Resolution) -> Layout:
    """The same label at its place on the page, on whole dots again."""
    left, top = (snapped(side * MM, resolution) for side in stock.origin(position))
    lines = tuple(replace(line, x=line.x + left, baseline=line.baseline + top) for line in layout.lines)
    return replace(layout, symbol_x=layout.symbol_x + left, symbol_y=layout.symbol_y + top, lines=lines)


def _draw(canvas: Canvas, layout: Layout, stock: Stock) -> None:
    height = stock.page_height * MM
    side = layout.symbol.size * layout.module_pt
    canvas.addLiteral(mask(layout.symbol, layout.symbol_x, height - layout.symbol_y - side, side))
    for line in layout.lines:
        canvas.setFont(line.font.value, line.size_pt)
        canvas.drawString(line.x, height - line.baseline, line.text)


def mask(symbol: Symbol, x: float, y: float, side: float) -> str:
    """PDF operators that paint the dark modules black (ISO 32000-1, 8.9.6.2 and 8.9.7): a 0 bit is painted."""
    width = (symbol.size + 7) // 8
    rows = (sum(1 << (width * 8 - 1 - column) for column, dark in enumerate(row) if not dark) for row in symbol.modules)
    data = b"".join(row.to_bytes(width, "big") for row in rows).hex()
    return (
        f"q 0 g {side:.5f} 0 0 {side:.5f} {x:.5f} {y:.5f} cm "
        f"BI /W {symbol.size} /H {symbol.size} /IM true /BPC 1 /F /AHx ID {data}> EI Q"
    )
