"""A certificate as one A4 page. The signed JSON is the truth; this is a rendering to print and to hand over."""

import base64
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fleet.contract.certificate import Act, Certificate
from fleet.errors import N_
from fleet.ui import words
from fleet.ui.i18n import Language
from fleet.web.formats import Formats
from fleet.wipes.models import WipeCertificate
from fleet.wipes.service import read
from labels import qr
from labels.codes import show
from labels.text import Font, clip_middle, drawable, shrink

Translate = Callable[[str], str]
_WIDTH, _HEIGHT = A4
_MARGIN: Final = 18 * mm
_GUTTER: Final = 9 * mm
_COLUMN: Final = (_WIDTH - 2 * _MARGIN - _GUTTER) / 2
_BAND: Final = 34 * mm
_TERM: Final = 30 * mm
_LEADING: Final = 4.3 * mm
_TEXT_PT: Final = 8.5
_SIGN_AT: Final = 66 * mm
_FOOT_AT: Final = 31 * mm
_INK, _SOFT, _BRAND, _GOOD, _GOOD_INK, _LINE = (
    HexColor(code) for code in ("#14241f", "#4b5b55", "#0c3a30", "#d8f0df", "#0b5127", "#cfd8d3")
)


@dataclass(frozen=True)
class Block:
    """A heading and its terms with values; what is empty is left out."""

    title: str
    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Sheet:
    """Everything that stands on the page, in the reader's language."""

    title: str
    organisation: str
    code: str
    verdict: str
    subtitle: str
    left: Sequence[Block]
    right: Sequence[Block]
    signers: Sequence[tuple[str, str]]
    foot: Sequence[str]
    qr_text: str


def certificate_pdf(row: WipeCertificate, public_url: str, language: Language, translate: Translate) -> bytes:
    """The PDF. `translate` turns English into the reader's language, `language` says how dates and numbers are written."""
    return _draw(sheet_of(row, public_url, Formats(language), translate))


def sheet_of(row: WipeCertificate, public_url: str, formats: Formats, t: Translate) -> Sheet:
    """What the page says."""
    certificate = read(row)
    return Sheet(
        title=t(N_("Wipe certificate")),
        organisation=certificate.organisation,
        code=show(certificate.asset_code),
        verdict=t(words.VERDICTS[certificate.verdict].text),
        subtitle=t(words.KINDS[certificate.device_kind].text),
        left=_left(certificate, formats, t),
        right=_right(certificate, formats, t),
        signers=[
            (t(N_("Carried out by")), certificate.sanitization.act.person),
            (t(N_("Verified by")), certificate.verification.act.person),
            (t(N_("For the organisation")), certificate.organisation),
        ],
        foot=_foot(row, t),
        qr_text=qr.asset_url(public_url, certificate.asset_code),
    )


def _left(certificate: Certificate, formats: Formats, t: Translate) -> list[Block]:
    medium, tool = certificate.storage, certificate.tool
    return [
        Block(
            t(N_("Device")),
            [
                (t(N_("Asset code")), show(certificate.asset_code)),
                (t(N_("Kind")), t(words.KINDS[certificate.device_kind].text)),
                (t(N_("Came in with")), certificate.source or ""),
            ],
        ),
        Block(
            t(N_("Storage")),
            [
                (t(N_("Kind")), t(words.MEDIA[medium.media])),
                (t(N_("Make")), medium.manufacturer or ""),
                (t(N_("Model")), medium.model),
                (t(N_("Serial number")), medium.serial),
                (t(N_("WWN")), medium.wwn or ""),
                (t(N_("Firmware")), medium.firmware or ""),
                (t(N_("Size")), _bytes(medium.capacity_bytes, formats)),
            ],
        ),
        Block(
            t(N_("Tool")),
            [
                (t(N_("Program")), f"{tool.name} {tool.version}"),
                (t(N_("Kernel")), tool.kernel),
                (t(N_("Certificate")), str(certificate.id)),
            ],
        ),
    ]


def _right(certificate: Certificate, formats: Formats, t: Translate) -> list[Block]:
    wipe, check = certificate.sanitization, certificate.verification
    return [
        Block(
            t(N_("Wiping")),
            [
                (t(N_("Standard")), certificate.standard),
                (t(N_("Level")), t(words.METHODS[wipe.level])),
                (t(N_("Method")), t(words.METHODS[wipe.method])),
                (t(N_("Technique")), wipe.technique),
                (t(N_("Written")), _bytes(wipe.bytes_written, formats)),
                (t(N_("Way of writing")), t(words.METHODS[wipe.io_mode])),
                (t(N_("Hidden areas")), t(words.METHODS[wipe.hidden_areas])),
                *_act(wipe.act, formats, t),
            ],
        ),
        Block(
            t(N_("Verification")),
            [
                (t(N_("Method")), t(words.METHODS[check.method])),
                (t(N_("Expected")), check.expected),
                (t(N_("Read back")), _bytes(check.bytes_read, formats)),
                (t(N_("Bytes that differ")), formats.number(check.mismatched_bytes)),
                *_act(check.act, formats, t),
            ],
        ),
    ]


def _act(act: Act, formats: Formats, t: Translate) -> list[tuple[str, str]]:
    return [
        (t(N_("Place")), act.place),
        (t(N_("From")), formats.plain_moment(act.started_at)),
        (t(N_("Until")), formats.plain_moment(act.finished_at)),
    ]


def _bytes(count: int, formats: Formats) -> str:
    return f"{formats.size(count)} ({formats.number(count)} B)"


def _foot(row: WipeCertificate, t: Translate) -> list[str]:
    signature = base64.b64encode(row.signature).decode("ascii")
    digest = hashlib.sha256(row.payload).hexdigest()
    return [
        t(N_("This page renders a certificate that the bench signed with Ed25519. The JSON file is the proof.")),
        t(N_("Check it without this service: fleet verify-certificate certificate-{id}.json")).format(id=row.id),
        t(N_("Key of the bench: {key}")).format(key=row.key_id),
        f"SHA-256 {digest}",
        f"Ed25519 {signature}",
    ]


def _draw(sheet: Sheet) -> bytes:
    target = io.BytesIO()
    # invariant: equal certificates are equal files
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setTitle(f"{sheet.title} {sheet.code}")
    canvas.setAuthor(sheet.organisation)
    canvas.setCreator("Heropstart")
    _head(canvas, sheet)
    top = _HEIGHT - _BAND - 32 * mm
    _column(canvas, _MARGIN, top, sheet.left)
    _column(canvas, _MARGIN + _COLUMN + _GUTTER, top, sheet.right)
    _signatures(canvas, sheet.signers)
    _bottom(canvas, sheet.foot)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def _text(canvas: Canvas, x: float, y: float, text: str, font: Font, size_pt: float) -> None:
    shown = drawable(text, font)  # first: it makes the font known to reportlab
    canvas.setFont(font.value, size_pt)
    canvas.drawString(x, y, shown)


def _head(canvas: Canvas, sheet: Sheet) -> None:
    """The band with the title, the symbol at its right, and the verdict below."""
    room = _WIDTH - 2 * _MARGIN - _BAND
    canvas.setFillColor(_BRAND)
    canvas.rect(0, _HEIGHT - _BAND, _WIDTH, _BAND, stroke=0, fill=1)
    canvas.setFillColor(white)
    size, lines = shrink(drawable(sheet.organisation, Font.BOLD), Font.BOLD, (7.0, 11.0), room, 1)
    _text(canvas, _MARGIN, _HEIGHT - 12 * mm, lines[0] if lines else "", Font.BOLD, size)
    _text(canvas, _MARGIN, _HEIGHT - 23 * mm, sheet.title, Font.BOLD, 22)
    _text(canvas, _MARGIN, _HEIGHT - 29 * mm, "NIST SP 800-88 Rev. 2 · Heropstart", Font.REGULAR, 8)
    _symbol(canvas, sheet.qr_text, _WIDTH - _MARGIN - _BAND + 6 * mm, _HEIGHT - _BAND + 3 * mm, _BAND - 6 * mm)
    y = _HEIGHT - _BAND - 22 * mm
    canvas.setFillColor(_GOOD)
    canvas.roundRect(_MARGIN, y, _WIDTH - 2 * _MARGIN, 16 * mm, 2.5 * mm, stroke=0, fill=1)
    canvas.setFillColor(_GOOD_INK)
    canvas.setStrokeColor(_GOOD_INK)
    canvas.setLineWidth(1.6)
    canvas.setLineCap(1)
    canvas.lines([(_MARGIN + 6 * mm, y + 8 * mm, _MARGIN + 8.5 * mm, y + 5.2 * mm)])
    canvas.lines([(_MARGIN + 8.5 * mm, y + 5.2 * mm, _MARGIN + 13 * mm, y + 11 * mm)])
    _text(canvas, _MARGIN + 17 * mm, y + 5.6 * mm, sheet.verdict, Font.BOLD, 15)
    canvas.setFont(Font.BOLD.value, 15)
    canvas.drawRightString(_WIDTH - _MARGIN - 6 * mm, y + 5.6 * mm, f"{sheet.subtitle} {sheet.code}")


def _symbol(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    """The QR symbol with its quiet zone, on white."""
    drawn = qr.symbol(text)
    module = side / (drawn.size + 2 * qr.QUIET_ZONE)
    canvas.setFillColor(white)
    canvas.rect(x, y, side, side, stroke=0, fill=1)
    canvas.setFillColor(_INK)
    for row, modules in enumerate(drawn.modules):
        for column, dark in enumerate(modules):
            if dark:
                at_x = x + (column + qr.QUIET_ZONE) * module
                at_y = y + side - (row + 1 + qr.QUIET_ZONE) * module
                canvas.rect(at_x, at_y, module, module, stroke=0, fill=1)


def _column(canvas: Canvas, x: float, y: float, blocks: Sequence[Block]) -> None:
    for block in blocks:
        canvas.setFillColor(_BRAND)
        _text(canvas, x, y, block.title, Font.BOLD, 11)
        canvas.setStrokeColor(_LINE)
        canvas.setLineWidth(0.8)
        canvas.line(x, y - 1.8 * mm, x + _COLUMN, y - 1.8 * mm)
        y -= 7 * mm
        for term, value in block.rows:
            if value:
                y = _row(canvas, x, y, term, value)
        y -= 4.5 * mm


def _row(canvas: Canvas, x: float, y: float, term: str, value: str) -> float:
    """One term with its value on up to three lines; where the next row begins."""
    canvas.setFillColor(_SOFT)
    size, lines = shrink(drawable(term), Font.REGULAR, (6.0, _TEXT_PT), _TERM - 2 * mm, 1)
    _text(canvas, x, y, lines[0], Font.REGULAR, size)
    canvas.setFillColor(_INK)
    room = _COLUMN - _TERM
    size, lines = shrink(drawable(value), Font.REGULAR, (6.5, _TEXT_PT), room, 3)
    for line in lines:
        _text(canvas, x + _TERM, y, clip_middle(line, Font.REGULAR, size, room), Font.REGULAR, size)
        y -= _LEADING
    return y - 0.7 * mm


def _signatures(canvas: Canvas, signers: Sequence[tuple[str, str]]) -> None:
    """Lines to sign on, each with its role and the name as recorded."""
    width = (_WIDTH - 2 * _MARGIN - 2 * _GUTTER) / len(signers)
    for number, (role, name) in enumerate(signers):
        x = _MARGIN + number * (width + _GUTTER)
        canvas.setFillColor(_SOFT)
        _text(canvas, x, _SIGN_AT, role, Font.REGULAR, 8)
        canvas.setFillColor(_INK)
        size, lines = shrink(drawable(name), Font.REGULAR, (6.5, 9.0), width, 1)
        _text(canvas, x, _SIGN_AT - 4.5 * mm, lines[0] if lines else "", Font.REGULAR, size)
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(0.6)
        canvas.line(x, _SIGN_AT - 19 * mm, x + width, _SIGN_AT - 19 * mm)


def _bottom(canvas: Canvas, lines: Sequence[str]) -> None:
    canvas.setStrokeColor(_LINE)
    canvas.line(_MARGIN, _FOOT_AT + 5 * mm, _WIDTH - _MARGIN, _FOOT_AT + 5 * mm)
    canvas.setFillColor(_SOFT)
    for number, line in enumerate(lines):
        size, fitted = shrink(drawable(line), Font.REGULAR, (5.5, 7.5), _WIDTH - 2 * _MARGIN, 1)
        _text(canvas, _MARGIN, _FOOT_AT - number * 3.9 * mm, fitted[0], Font.REGULAR, size)
