"""Lists as CSV for a spreadsheet in Belgium: UTF-8 with a mark at its start, semicolons, headings in the viewer's language.

The answer is streamed: rows come window by window from whoever reads them, and no transaction stays open while a slow line takes
what was read.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from starlette.responses import StreamingResponse

from fleet.web.lists import Column, Plain

Row = TypeVar("Row")
MARK: Final = "\ufeff"
_FORMULA: Final = re.compile(r"^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What makes a spreadsheet calculate (OWASP, CSV injection), full-width forms included."""


def safe(cell: str) -> str:
    """A cell that a spreadsheet takes for text: one that looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def lines(columns: Sequence[Column[Row]], rows: Iterable[Row], plain: Plain) -> Iterator[str]:
    """The file in pieces: the mark with the headings, then a line for each row."""
    yield MARK + _line([plain.translate(column.label) for column in columns])
    for row in rows:
        yield _line([column.cell(row, plain) for column in columns])


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerow([safe(cell) for cell in cells])
    return written.getvalue()


def csv_response(name: str, pieces: Iterator[str]) -> StreamingResponse:
    """A download of this name (letters, digits, dashes)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)
