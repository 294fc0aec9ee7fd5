"""A certificate as an A4 page with an annex. The signed JSON is the truth; this is a rendering to print and to hand over."""

import io
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from reportlab.lib.colors import white
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fleet.errors import N_
from fleet.ui.i18n import Language
from fleet.ui.words import Tone
from fleet.web.formats import Formats
from fleet.wipes import annex
from fleet.wipes.drawing import (
    BAD,
    BAD_INK,
    BRAND,
    GOOD,
    GOOD_INK,
    HEIGHT,
    INK,
    MARGIN,
    SOFT,
    WARN,
    WARN_INK,
    WIDTH,
    fitted,
    one_line,
    rule,
    symbol,
    text,
    text_right,
)
from fleet.wipes.sheet import Block, Sheet, Signer, Source, Translate, sheet_of
from labels.text import Font

_GUTTER: Final = 9 * mm
_COLUMN: Final = (WIDTH - 2 * MARGIN - _GUTTER) / 2
_BAND: Final = 34 * mm
_TERM: Final = 31 * mm
_TEXT_PT: Final = 8.0
_LEADING: Final = 3.9 * mm
_COLUMNS_AT: Final = HEIGHT - _BAND - 30 * mm
_SIGN_AT: Final = 90 * mm
_FOOT_AT: Final = 24 * mm
_TONES: Final = {Tone.GOOD: (GOOD, GOOD_INK), Tone.WARN: (WARN, WARN_INK), Tone.BAD: (BAD, BAD_INK)}


def certificate_pdf(source: Source, public_url: str, language: Language, translate: Translate) -> bytes:
    """The PDF. `translate` turns English into the reader's language, `language` says how dates and numbers are written."""
    sheet = sheet_of(source, Formats(language), translate)
    extra = annex.pages(annex.sections(source.certificate, translate))
    target = io.BytesIO()
    # invariant: equal certificates are equal files
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1)
    title = f"{sheet.title} {sheet.code}"
    canvas.setTitle(title)
    canvas.setAuthor(sheet.organisation)
    canvas.setCreator("Heropstart")
    _first(canvas, sheet, verification_url(public_url, source.certificate.id))
    if extra:
        annex.page_number(canvas, 9 * mm, 1, len(extra) + 1, translate)
    canvas.showPage()
    heading = translate(N_("Annex to {title}")).format(title=f"{title} · {source.certificate.id}")
    annex.draw(canvas, extra, heading, translate)
    canvas.save()
    return target.getvalue()


def verification_url(public_url: str, certificate_id: UUID) -> str:
    """Where anybody can check a certificate."""
    return f"{public_url}/verify/{certificate_id}"


def _first(canvas: Canvas, sheet: Sheet, url: str) -> None:
    _head(canvas, sheet, url)
    _verdict(canvas, sheet)
    room = _COLUMNS_AT - _SIGN_AT - 8 * mm
    _column(canvas, MARGIN, sheet.left, room)
    _column(canvas, MARGIN + _COLUMN + _GUTTER, sheet.right, room)
    _signers(canvas, sheet.signers)
    rule(canvas, MARGIN, _FOOT_AT + 4.5 * mm, WIDTH - 2 * MARGIN)
    canvas.setFillColor(SOFT)
    for number, line in enumerate(sheet.foot):
        one_line(canvas, MARGIN, _FOOT_AT - number * 3.5 * mm, line, Font.REGULAR, (5.5, 7.0), WIDTH - 2 * MARGIN)


def _head(canvas: Canvas, sheet: Sheet, url: str) -> None:
    """The band with organisation and title, and the symbol that leads to the verification page."""
    room = WIDTH - 2 * MARGIN - _BAND
    canvas.setFillColor(BRAND)
    canvas.rect(0, HEIGHT - _BAND, WIDTH, _BAND, stroke=0, fill=1)
    canvas.setFillColor(white)
    one_line(canvas, MARGIN, HEIGHT - 12 * mm, sheet.organisation, Font.BOLD, (7.0, 11.0), room)
    text(canvas, MARGIN, HEIGHT - 23 * mm, sheet.title, Font.BOLD, 22)
    text(canvas, MARGIN, HEIGHT - 29 * mm, "NIST SP 800-88 Rev. 2 · Heropstart", Font.REGULAR, 8)
    side = _BAND - 5 * mm
    symbol(canvas, url, WIDTH - MARGIN - side, HEIGHT - _BAND + 2.5 * mm, side)


def _verdict(canvas: Canvas, sheet: Sheet) -> None:
    """The strip with the verdict; a tick only where it is adequate too."""
    fill, ink = _TONES[sheet.tone]
    y, edge = HEIGHT - _BAND - 20 * mm, WIDTH - MARGIN - 6 * mm
    canvas.setFillColor(fill)
    canvas.roundRect(MARGIN, y, WIDTH - 2 * MARGIN, 15 * mm, 2.5 * mm, stroke=0, fill=1)
    canvas.setFillColor(ink)
    canvas.setStrokeColor(ink)
    canvas.setLineWidth(1.6)
    canvas.setLineCap(1)
    if sheet.tone is Tone.GOOD:
        canvas.line(MARGIN + 6 * mm, y + 7.5 * mm, MARGIN + 8.5 * mm, y + 4.7 * mm)
        canvas.line(MARGIN + 8.5 * mm, y + 4.7 * mm, MARGIN + 13 * mm, y + 10.5 * mm)
    else:
        canvas.line(MARGIN + 9.5 * mm, y + 10.5 * mm, MARGIN + 9.5 * mm, y + 6.6 * mm)
        canvas.circle(MARGIN + 9.5 * mm, y + 4.2 * mm, 0.3 * mm, fill=1)
    canvas.setLineCap(0)
    baseline = y + (7.6 * mm if sheet.beneath else 5.4 * mm)
    one_line(canvas, MARGIN + 17 * mm, baseline, sheet.headline, Font.BOLD, (9.0, 14.0), 95 * mm)
    one_line(canvas, MARGIN + 17 * mm, y + 3 * mm, sheet.beneath, Font.BOLD, (7.0, 9.0), 95 * mm)
    text_right(canvas, edge, y + 8.4 * mm, sheet.code, Font.BOLD, 14)
    text_right(canvas, edge, y + 3 * mm, sheet.subtitle, Font.REGULAR, 9)


def _column(canvas: Canvas, x: float, blocks: Sequence[Block], room: float) -> None:
    """Blocks below one another; where they are too many for the room, values get fewer lines, then less air."""
    air = 1.0
    for lines in (3, 2, 1):
        if _height(blocks, lines, 1.0) <= room:
            break
    else:
        air = room / _height(blocks, 1, 1.0)
    y = _COLUMNS_AT
    for block in blocks:
        canvas.setFillColor(BRAND)
        text(canvas, x, y, block.title, Font.BOLD, 10.5)
        rule(canvas, x, y - 1.7 * mm, _COLUMN)
        y -= 6.2 * mm * air
        for term, value in block.rows:
            if value:
                y = _row(canvas, x, y, (term, value), lines, air)
        y -= 3.6 * mm * air


def _height(blocks: Sequence[Block], lines: int, air: float) -> float:
    rows = [value for block in blocks for _, value in block.rows if value]
    used = sum(len(_fitted(value, lines)[1]) * _LEADING + 0.5 * mm for value in rows)
    return (used + len(blocks) * 9.8 * mm) * air


def _fitted(value: str, lines: int) -> tuple[float, tuple[str, ...]]:
    return fitted(value, Font.REGULAR, (6.5, _TEXT_PT), _COLUMN - _TERM, lines)


def _row(canvas: Canvas, x: float, y: float, row: tuple[str, str], lines: int, air: float) -> float:
    """One term with its value; where the next row begins."""
    canvas.setFillColor(SOFT)
    one_line(canvas, x, y, row[0], Font.REGULAR, (6.0, _TEXT_PT), _TERM - 2 * mm)
    canvas.setFillColor(INK)
    size, shown = _fitted(row[1], lines)
    for line in shown:
        text(canvas, x + _TERM, y, line, Font.REGULAR, size)
        y -= _LEADING * air
    return y - 0.5 * mm * air


def _signers(canvas: Canvas, signers: Sequence[Signer]) -> None:
    """Wiping, verification and validation beside one another: person, role, place, date, signature, and a line to sign on."""
    gap = 6 * mm
    width = (WIDTH - 2 * MARGIN - gap * (len(signers) - 1)) / len(signers)
    for number, signer in enumerate(signers):
        x, y = MARGIN + number * (width + gap), _SIGN_AT
        canvas.setFillColor(BRAND)
        one_line(canvas, x, y, signer.title, Font.BOLD, (8.0, 10.5), width)
        rule(canvas, x, y - 1.7 * mm, width)
        y -= 6 * mm
        for term, value in signer.rows:
            if value:
                y = _signer_row(canvas, x, y, width, (term, value))
        rule(canvas, x, _FOOT_AT + 8.5 * mm, width, INK, 0.5)


def _signer_row(canvas: Canvas, x: float, y: float, width: float, row: tuple[str, str]) -> float:
    term, leading = 17 * mm, 3.6 * mm
    canvas.setFillColor(SOFT)
    one_line(canvas, x, y, row[0], Font.REGULAR, (5.5, 7.0), term - 1.5 * mm)
    canvas.setFillColor(INK)
    size, lines = fitted(row[1], Font.REGULAR, (5.75, 7.5), width - term, 3)
    for line in lines:
        text(canvas, x + term, y, line, Font.REGULAR, size)
        y -= leading
    return y - 0.6 * mm
