"""The stock that labels are printed on, and the printers' resolutions."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final


class LabelSize(StrEnum):
    """Standard sizes: width x height in millimetres, or the sheet's number."""

    SMALL_50X25 = "50x25"
    TAPE_62X29 = "62x29"
    SHEET_L7160 = "a4-l7160"


class Resolution(IntEnum):
    """Dots an inch of the printer; a module of the QR symbol is a whole number of them."""

    DPI_203 = 203
    DPI_300 = 300


@dataclass(frozen=True, slots=True)
class Stock:
    """Geometry in millimetres: one label, and where labels stand on a page."""

    width: float
    height: float
    page_width: float
    page_height: float
    columns: int = 1
    rows: int = 1
    left: float = 0.0
    top: float = 0.0
    column_pitch: float = 0.0
    row_pitch: float = 0.0

    @property
    def positions(self) -> int:
        """Labels a page."""
        return self.columns * self.rows

    def origin(self, position: int) -> tuple[float, float]:
        """Top left corner of a label, y downwards; positions count from 1, row by row. Raises ValueError."""
        if not 1 <= position <= self.positions:
            raise ValueError(f"this stock has the positions 1 to {self.positions}, not {position}")
        row, column = divmod(position - 1, self.columns)
        return self.left + column * self.column_pitch, self.top + row * self.row_pitch


STOCKS: Final = {
    LabelSize.SMALL_50X25: Stock(50, 25, 50, 25),
    LabelSize.TAPE_62X29: Stock(62, 29, 62, 29),
    LabelSize.SHEET_L7160: Stock(
        63.5, 38.1, 210, 297, columns=3, rows=7, left=7.25, top=15.15, column_pitch=66.0, row_pitch=38.1
    ),
}
