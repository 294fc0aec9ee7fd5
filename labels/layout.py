"""Where everything stands on a label: arithmetic in points from the label's top left corner, y downwards.

Every edge of the QR symbol lies on a whole dot of the printer, so that no module comes out wider than another.
"""

from dataclasses import dataclass
from typing import Final

from labels import codes, qr
from labels.stock import STOCKS, LabelSize, Resolution, Stock
from labels.text import Font, clip_middle, drawable, shrink, width_pt

MM: Final = 72 / 25.4
SMALLEST_MODULE_MM: Final = 0.396
"""Below this, phones fail on a scratched label (measured)."""
_MARGIN_MM: Final = 1.0
_TEXT_MARGIN_MM: Final = 1.5
_WIDEST_SYMBOL: Final = 0.46
"""Share of the label's width that the symbol with its quiet zone may take: the rest is for people."""
_SMALLEST_PT: Final = 5.0
_LARGEST_CODE_PT: Final = 18.0
_SMALLEST_CODE_PT: Final = 8.0
_LEADING: Final = 1.16
_CAPITAL: Final = 0.73
"""Height of a capital letter of Vera, as a share of its size."""


class LabelDoesNotFitError(ValueError):
    """This does not fit on the label. Use a larger label or a shorter host name."""


@dataclass(frozen=True, slots=True)
class AssetLabel:
    """What a label says. `code` is in stored form (8 characters); `base_url` is https://HOST of the service."""

    code: str
    organisation: str
    base_url: str
    model: str
    serial: str
    lower_case_scheme: bool = False

    @property
    def payload(self) -> str:
        """What the QR code says. Raises LabelAddressError, and ValueError for a code that is not valid."""
        return qr.asset_url(self.base_url, self.code, lower_case_scheme=self.lower_case_scheme)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, by the left end of its baseline."""

    text: str
    font: Font
    size_pt: float
    x: float
    baseline: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A label ready to be drawn; the symbol by the top left corner of its first module."""

    symbol: qr.Symbol
    symbol_x: float
    symbol_y: float
    module_pt: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one size under one another."""

    lines: tuple[str, ...]
    font: Font
    size_pt: float

    @property
    def height(self) -> float:
        """From the top of its first capital to its last baseline."""
        return (_CAPITAL + _LEADING * (len(self.lines) - 1)) * self.size_pt if self.lines else 0.0

    def placed(self, x: float, top: float) -> tuple[Line, ...]:
        """Its lines, the top of the first capital at `top`."""
        first = top + _CAPITAL * self.size_pt
        return tuple(
            Line(text, self.font, self.size_pt, x, first + number * _LEADING * self.size_pt)
            for number, text in enumerate(self.lines)
        )


def snapped(points: float, resolution: Resolution) -> float:
    """The nearest whole printer dot, in points."""
    dot = 72 / resolution
    return round(points / dot) * dot


def arrange(label: AssetLabel, size: LabelSize, resolution: Resolution) -> Layout:
    """Lay a label out. Raises LabelDoesNotFitError, LabelAddressError, QrTooLongError."""
    stock = STOCKS[size]
    symbol = qr.symbol(label.payload)
    module = _module_pt(symbol, stock, resolution)
    side, quiet = symbol.size * module, qr.QUIET_ZONE * module
    symbol_x = snapped(_MARGIN_MM * MM + quiet, resolution)
    symbol_y = snapped((stock.height * MM - side) / 2, resolution)
    left = symbol_x + side + quiet
    room = stock.width * MM - left - _TEXT_MARGIN_MM * MM
    return Layout(symbol, symbol_x, symbol_y, module, _column(label, left, symbol_y, room, side))


def _module_pt(symbol: qr.Symbol, stock: Stock, resolution: Resolution) -> float:
    """The largest module of whole dots that leaves room for the text. Raises LabelDoesNotFitError."""
    modules = symbol.size + 2 * qr.QUIET_ZONE
    room_mm = min(stock.height - 2 * _MARGIN_MM, stock.width * _WIDEST_SYMBOL)
    dots = int(room_mm / 25.4 * resolution / modules)
    if dots * 25.4 / resolution < SMALLEST_MODULE_MM:
        raise LabelDoesNotFitError(
            f"The QR code has {modules} modules a side with its quiet zone: on a label of {stock.width:g} x {stock.height:g} mm "
            f"they would be smaller than {SMALLEST_MODULE_MM} mm. Use a larger label or a shorter host name."
        )
    return dots * 72 / resolution


def _column(label: AssetLabel, x: float, top: float, room: float, height: float) -> tuple[Line, ...]:
    """Organisation level with the symbol's top, model and serial number with its foot, the code between them."""
    small = max(_SMALLEST_PT, height * 0.125)
    name = _wrapped(label.organisation, Font.BOLD, small, room)
    code = _code(codes.show(label.code), room)
    model, serial = _wrapped(label.model, Font.REGULAR, small, room), _serial(label.serial, small, room)
    gap = small * 0.45
    foot = serial.height + (model.height + gap if model.lines else 0.0)
    spare = height - name.height - code.height - foot
    if spare < 2 * gap:
        raise LabelDoesNotFitError("The text does not fit on this label. Use a larger label.")
    bottom = top + height
    return (
        *name.placed(x, top),
        *code.placed(x, top + name.height + spare / 2),
        *model.placed(x, bottom - foot),
        *serial.placed(x, bottom - serial.height),
    )


def _wrapped(text: str, font: Font, largest_pt: float, room: float) -> _Block:
    size, lines = shrink(drawable(text, font), font, (_SMALLEST_PT, largest_pt), room, lines=2)
    return _Block(lines, font, size)


def _serial(serial: str, largest_pt: float, room: float) -> _Block:
    """On one line and whole where it can be; else its middle goes, never its ends."""
    text = f"S/N {drawable(serial)}"
    natural = width_pt(text, Font.REGULAR, 1.0)
    size = min(largest_pt, max(_SMALLEST_PT, room / natural))
    return _Block((clip_middle(text, Font.REGULAR, size, room),), Font.REGULAR, size)


def _code(shown: str, room: float) -> _Block:
    """As large as the room allows: it must be legible at arm's length. Raises LabelDoesNotFitError."""
    size = min(_LARGEST_CODE_PT, room / width_pt(shown, Font.BOLD, 1.0))
    if size < _SMALLEST_CODE_PT:
        raise LabelDoesNotFitError("The code does not fit beside the QR symbol. Use a larger label or a shorter host name.")
    return _Block((shown,), Font.BOLD, size)
