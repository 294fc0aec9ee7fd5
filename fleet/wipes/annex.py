"""The annex of a printed certificate: commands, capabilities, logs and errors in full, on as many pages as they need."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from fleet.contract.certificate import Certificate
from fleet.errors import N_
from fleet.wipes.drawing import BRAND, HEIGHT, INK, LINE, MARGIN, SOFT, WIDTH, broken, one_line, rule, text, text_right
from fleet.wipes.sheet import Translate
from labels.text import Font

_TOP: Final = HEIGHT - 30 * mm
_BOTTOM: Final = 20 * mm
_INDENT: Final = 5 * mm
_ROOM: Final = WIDTH - 2 * MARGIN
_FITS: Final = 90
"""A text of so many characters stands on the first page in full."""


class Kind(StrEnum):
    """How a line of the annex looks."""

    HEADING = "heading"
    TERM = "term"
    VALUE = "value"


@dataclass(frozen=True)
class Line:
    """One line that fits the page's width."""

    kind: Kind
    content: str


_STYLE: Final = {
    Kind.HEADING: (Font.BOLD, 11.0, 9.5 * mm, BRAND),
    Kind.TERM: (Font.BOLD, 8.0, 5.4 * mm, INK),
    Kind.VALUE: (Font.REGULAR, 7.5, 3.9 * mm, INK),
}
"""Font, size in points, distance to the line before, colour."""


@dataclass(frozen=True)
class Section:
    """A heading with terms and what belongs to each, in full."""

    title: str
    entries: Sequence[tuple[str, Sequence[str]]]


def sections(certificate: Certificate, t: Translate) -> list[Section]:
    """What does not fit the first page; a section without entries is left out."""
    wipe, check = certificate.sanitization, certificate.verification
    commands = [
        (
            " ".join(command.argv),
            [t(N_("Exit code {code}")).format(code=command.exit_code), *(command.output or "").splitlines()],
        )
        for command in wipe.commands
    ]
    seed = [(t(N_("Seed of the samples")), [check.sample_seed])] if check.sample_seed else []
    told = [(t(N_("Technique")), wipe.technique), (t(N_("Chosen because")), wipe.reason or "")]
    found = [
        Section(t(N_("Technique in full")), [(term, [value]) for term, value in told if len(value) > _FITS]),
        Section(t(N_("Commands as they ran")), commands),
        Section(t(N_("What else was reached")), [(item, ()) for item in wipe.scope]),
        Section(t(N_("Errors")), [(item, ()) for item in wipe.errors]),
        Section(t(N_("Sampled verification")), seed),
        Section(
            t(N_("Capabilities as the medium told them")), [(name, [value]) for name, value in certificate.capabilities.items()]
        ),
        Section(t(N_("Logs of the medium")), [(name, value.splitlines()) for name, value in certificate.logs.items()]),
    ]
    return [section for section in found if section.entries]


def pages(found: Sequence[Section]) -> list[list[Line]]:
    """Lines cut into pages; a heading or a term never stands alone at the end of one."""
    made: list[list[Line]] = [[]]
    left = _TOP - _BOTTOM
    for group in _groups(found):
        needed = sum(_STYLE[line.kind][2] for line in group)
        if needed > left and made[-1]:
            made.append([])
            left = _TOP - _BOTTOM
        made[-1].extend(group)
        left -= needed
    return made if made[0] else []


def _groups(found: Sequence[Section]) -> Iterator[list[Line]]:
    """What must stay together: a heading with the first line of its first term, a term with its first value."""
    for section in found:
        kept = [Line(Kind.HEADING, section.title)]
        for term, values in section.entries:
            lines = [
                *(Line(Kind.TERM, piece) for piece in broken(term, Font.BOLD, _STYLE[Kind.TERM][1], _ROOM)),
                *(
                    Line(Kind.VALUE, piece)
                    for value in values
                    for piece in broken(value, Font.REGULAR, _STYLE[Kind.VALUE][1], _ROOM - _INDENT)
                ),
            ]
            yield [*kept, *lines[:2]]
            kept = []
            yield from ([line] for line in lines[2:])


def draw(canvas: Canvas, made: Sequence[Sequence[Line]], title: str, t: Translate) -> None:
    """The annex's pages, each with its number, behind the first page that was drawn already."""
    total = len(made) + 1
    for number, lines in enumerate(made, start=2):
        canvas.setFillColor(BRAND)
        one_line(canvas, MARGIN, HEIGHT - 16 * mm, title, Font.BOLD, (7.0, 10.0), _ROOM - 40 * mm)
        page_number(canvas, HEIGHT - 16 * mm, number, total, t)
        rule(canvas, MARGIN, HEIGHT - 19 * mm, _ROOM, LINE)
        y = _TOP + 6 * mm
        for line in lines:
            font, size, leading, colour = _STYLE[line.kind]
            y -= leading
            canvas.setFillColor(colour)
            text(canvas, MARGIN + (_INDENT if line.kind is Kind.VALUE else 0), y, line.content, font, size)
        canvas.showPage()


def page_number(canvas: Canvas, y: float, number: int, total: int, t: Translate) -> None:
    """`Page 2 of 3`, at the right."""
    canvas.setFillColor(SOFT)
    shown = t(N_("Page {number} of {total}")).format(number=number, total=total)
    text_right(canvas, WIDTH - MARGIN, y, shown, Font.REGULAR, 8)
