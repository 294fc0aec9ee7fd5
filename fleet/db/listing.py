"""Windows of a long list: keyset paging both ways on any sort that has its index; never OFFSET, at any depth the same cost.

A list may be read as several branches that exclude one another (what an organisation owns, what it only holds), so that each
has an index of its own; each branch gives its first rows and the database merges them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, tuple_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, func, select
from sqlmodel.sql.expression import SelectOfScalar

from fleet.db.keyset import CursorInvalid, decode, encode
from fleet.db.session import unit_of_work
from fleet.errors import N_

Row = TypeVar("Row", bound=SQLModel)
Item = TypeVar("Item")
AFTER: Final = "after"
BEFORE: Final = "before"


class CursorOfAnotherSort(CursorInvalid):
    """A cursor belongs to the sort of the page that it was taken from."""

    msgid = N_("This page link belongs to another order of the list. Go back to the first page.")


@dataclass(frozen=True)
class Order:
    """How a list is sorted: names of columns, none of them nullable, the last one unique; all in one direction."""

    name: str
    columns: tuple[str, ...]
    descending: bool = False

    @property
    def tag(self) -> str:
        """What a cursor says of it."""
        return f"{self.name}{'-' if self.descending else '+'}"


@dataclass(frozen=True)
class Window(Generic[Row]):
    """Some rows in order, and the cursors before and after them (None at an end of the list)."""

    items: Sequence[Row]
    before: str | None
    after: str | None


def window(
    session: Session,
    model: type[Row],
    branches: Sequence[SelectOfScalar[Row]],
    order: Order,
    *,
    limit: int,
    cursor: str | None = None,
) -> Window[Row]:
    """At most `limit` rows on one side of a cursor, from the top without one. Raises CursorInvalid, CursorOfAnotherSort."""
    side, key = _position(model, order, cursor) if cursor else (AFTER, None)
    back = side == BEFORE
    falling = order.descending != back
    parts = [_first(model, branch, order, key, falling, limit + 1) for branch in branches]
    rows = list(session.exec(_merged(model, parts, order, falling, limit + 1)).all())
    more, rows = len(rows) > limit, rows[:limit]
    if back:
        rows.reverse()
    if not rows:
        return Window((), None, None)
    first, last = (_cursor(order, at, row) for at, row in ((BEFORE, rows[0]), (AFTER, rows[-1])))
    return Window(rows, first if (more if back else cursor) else None, last if (back or more) else None)


def count_up_to(session: Session, branches: Sequence[SelectOfScalar[Row]], most: int) -> int:
    """How many rows there are, counted to `most` and no further."""
    taken = [branch.limit(most).subquery() for branch in branches]
    return min(most, sum(session.exec(select(func.count()).select_from(part)).one() for part in taken))


def walk(
    engine: Engine, organisation: UUID, read: Callable[[Session, str | None], tuple[Sequence[Item], str | None]]
) -> Iterator[Item]:
    """Every row of a list, window after window, each in a transaction of its own: for an export that a slow line takes.

    `read` gives the rows of the window at a cursor (None: the first one), and the cursor after them, None at the end.
    """
    cursor: str | None = None
    while True:
        with unit_of_work(engine, organisation) as session:
            rows, cursor = read(session, cursor)
            session.expunge_all()
        yield from rows
        if cursor is None:
            return


def _first(
    model: type[Row], branch: SelectOfScalar[Row], order: Order, key: Sequence[object] | None, falling: bool, limit: int
) -> SelectOfScalar[Row]:
    columns = [_column(model, name) for name in order.columns]
    if key is not None:
        here = tuple_(*columns)
        branch = branch.where(here < tuple_(*key) if falling else here > tuple_(*key))
    return branch.order_by(*_sorted(columns, falling)).limit(limit)


def _merged(
    model: type[Row], parts: Sequence[SelectOfScalar[Row]], order: Order, falling: bool, limit: int
) -> SelectOfScalar[Row]:
    if len(parts) == 1:
        return parts[0]
    both = aliased(model, union_all(*parts).subquery())
    columns = [_column(both, name) for name in order.columns]
    return select(both).order_by(*_sorted(columns, falling)).limit(limit)


def _column(model: Any, name: str) -> Any:  # noqa: ANN401 - a mapped attribute, of a class or of its alias
    return getattr(model, name)


def _sorted(columns: Sequence[Any], falling: bool) -> list[ColumnElement[Any]]:
    return [column.desc() if falling else column.asc() for column in columns]


def _cursor(order: Order, side: str, row: SQLModel) -> str:
    return encode([order.tag, side, *(_text(getattr(row, name)) for name in order.columns)])


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _position(model: type[Row], order: Order, cursor: str) -> tuple[str, Sequence[object]]:
    tag, side, *key = decode(cursor, 2 + len(order.columns), or_else=CursorOfAnotherSort)
    if tag != order.tag:
        raise CursorOfAnotherSort
    if side not in {AFTER, BEFORE}:
        raise CursorInvalid
    return side, [_value(model.model_fields[name].annotation, text) for name, text in zip(order.columns, key, strict=True)]


_READ: Final[dict[Any, Callable[[str], object]]] = {
    datetime: datetime.fromisoformat,
    UUID: UUID,
    int: int,
    str: str,
}


def _value(kind: Any, text: str) -> object:  # noqa: ANN401 - a field's annotation
    try:
        value = _READ[kind](text)
    except ValueError as error:
        raise CursorInvalid from error
    if (isinstance(value, datetime) and value.tzinfo is None) or "\x00" in text:
        raise CursorInvalid
    return value
