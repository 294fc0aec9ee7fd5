"""Text on a label: which glyphs the font has, and how a long text is made to fit.

The font is Bitstream Vera, which reportlab carries, embedded as a subset. It covers Western European letters. A letter
that it lacks is drawn without its accent where that leaves a known letter (`ź` as `z`), else as a lozenge, so that
nobody takes an incomplete serial number for a whole one; the QR symbol and the code never depend on it.
"""

import unicodedata
from enum import StrEnum
from functools import cache
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

MISSING: Final = "\u25ca"
"""Stands for a letter that cannot be drawn."""
ELLIPSIS: Final = "\u2026"
_STROKED: Final = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŧ": "t", "Ŧ": "T"})  # noqa: RUF001 - the letter itself
_STEP_PT: Final = 0.25


class Font(StrEnum):
    """The two faces of a label; the value is the font's name in the PDF."""

    REGULAR = "Vera"
    BOLD = "VeraBd"


@cache
def _face(font: Font) -> TTFont:
    face = TTFont(font.value, f"{font.value}.ttf")
    pdfmetrics.registerFont(face)
    return face


def width_pt(text: str, font: Font, size_pt: float) -> float:
    """Width of a text in points."""
    return float(_face(font).stringWidth(text, size_pt))


def drawable(text: str, font: Font = Font.REGULAR) -> str:
    """The text as it can be drawn: single spaces, no control characters, unknown accents dropped, `MISSING` for the rest."""
    single = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    composed = unicodedata.normalize("NFC", single)
    return "".join(_known(char, font) for char in composed)


def _known(char: str, font: Font) -> str:
    glyphs = _face(font).face.charToGlyph
    if ord(char) in glyphs:
        return char
    base = "".join(c for c in unicodedata.normalize("NFKD", char.translate(_STROKED)) if not unicodedata.combining(c))
    return base if base and all(ord(c) in glyphs for c in base) else MISSING


def shrink(text: str, font: Font, sizes_pt: tuple[float, float], room_pt: float, lines: int) -> tuple[float, tuple[str, ...]]:
    """The largest size from `sizes_pt` (smallest, largest) at which the text fits in so many lines, and the lines.

    Where it does not fit at the smallest size, words that are too long are broken and the last line ends in an ellipsis.
    """
    smallest, largest = sizes_pt
    steps = int((largest - smallest) / _STEP_PT)
    for step in range(steps + 1):
        size = largest - step * _STEP_PT
        wrapped = _wrap(text, font, size, room_pt)
        if len(wrapped) <= lines and all(width_pt(line, font, size) <= room_pt for line in wrapped):
            return size, wrapped
    wrapped = _wrap(text, font, smallest, room_pt)
    kept = (*wrapped[: lines - 1], " ".join(wrapped[lines - 1 :]))
    return smallest, tuple(clip_end(line, font, smallest, room_pt) for line in kept)


def clip_end(text: str, font: Font, size_pt: float, room_pt: float) -> str:
    """The text, its end replaced by an ellipsis where it is too wide."""
    if width_pt(text, font, size_pt) <= room_pt:
        return text
    kept = len(text)
    while kept and width_pt(text[:kept].rstrip() + ELLIPSIS, font, size_pt) > room_pt:
        kept -= 1
    return text[:kept].rstrip() + ELLIPSIS


def clip_middle(text: str, font: Font, size_pt: float, room_pt: float) -> str:
    """The text, its middle replaced by an ellipsis where it is too wide: serial numbers differ at their ends."""
    if width_pt(text, font, size_pt) <= room_pt:
        return text
    kept = len(text) - 1
    while kept and width_pt(_middle(text, kept), font, size_pt) > room_pt:
        kept -= 1
    return _middle(text, kept)


def _middle(text: str, kept: int) -> str:
    tail = (kept + 1) // 2
    return text[: kept - tail] + ELLIPSIS + text[len(text) - tail :]


def _wrap(text: str, font: Font, size_pt: float, room_pt: float) -> tuple[str, ...]:
    """Greedy lines of whole words; a word wider than the room stands alone on its line."""
    lines: list[str] = []
    for word in text.split():
        if lines and width_pt(f"{lines[-1]} {word}", font, size_pt) <= room_pt:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)
