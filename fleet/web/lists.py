"""Lists described as data: which columns, filters and orders they have; and their state as it stands in an address.

Pure: a list of a noun says what it offers, its page turns `ListQuery` into rows. Column texts, labels and names are English
(N_), translated where they are shown.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fleet.errors import N_, Invalid

Row = TypeVar("Row")
MAX_VALUE: Final = 200
"""Characters of one filter's value."""
MAX_VALUES: Final = 30
"""Values of one filter at once."""
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 9998
"""The day after the last one of 9999 is none."""


class FilterInvalid(Invalid):
    """An address names a value that its filter does not have."""

    msgid = N_("This list cannot be filtered by {value} ({filter}). Remove it from the address, or choose the filter again.")


class SortInvalid(Invalid):
    """An address names an order that the list does not have."""

    msgid = N_("This list cannot be sorted by {sort}. Choose a column to sort by.")


class FilterKind(StrEnum):
    """How a filter is chosen."""

    CHOICE = "choice"
    TEXT = "text"
    DAY = "day"


@dataclass(frozen=True)
class Filter:
    """One way to thin a list. `options` are the values of a choice with their English texts."""

    name: str
    label: str
    kind: FilterKind = FilterKind.TEXT
    options: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False
    """Set by links alone, so it has no field of its own; its chip takes it away."""

    def checked(self, value: str) -> str:
        """The value. Raises FilterInvalid."""
        wrong = len(value) > MAX_VALUE or "\x00" in value
        if self.kind is FilterKind.CHOICE:
            wrong = value not in self.options
        elif self.kind is FilterKind.DAY:
            wrong = _day(value) is None
        if wrong:
            raise FilterInvalid(filter=self.name, value=value[:40])
        return value


@dataclass(frozen=True)
class Plain:
    """What a cell of an export needs to become text: the viewer's language, how moments are written, and what ids are called."""

    translate: Callable[[str], str]
    moment: Callable[[datetime], str]
    names: Mapping[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its text for an export, the order that its heading offers, and whether it is shown at first."""

    name: str
    label: str
    cell: Callable[[Row, Plain], str]
    sort: str | None = None
    shown: bool = True
    fixed: bool = False
    """Always shown: without it nobody knows which row this is."""


@dataclass(frozen=True)
class Sort:
    """An order that is offered. `descending` is the direction that comes first."""

    name: str
    label: str
    descending: bool = False


@dataclass(frozen=True)
class ListSpec(Generic[Row]):
    """A list. The first sort is the usual one."""

    name: str
    path: str
    columns: Sequence[Column[Row]]
    filters: Sequence[Filter]
    sorts: Sequence[Sort]

    def column(self, name: str) -> Column[Row]:
        """The column of a name; KeyError without it."""
        return {column.name: column for column in self.columns}[name]

    def chosen(self, names: Collection[str] | None) -> Sequence[Column[Row]]:
        """The columns to show, in the list's order: those that a person chose (names that went are passed over), or the usual."""
        if names is None:
            return [column for column in self.columns if column.shown or column.fixed]
        return [column for column in self.columns if column.fixed or column.name in names]


@dataclass(frozen=True)
class Chip:
    """A filter that is set: what it says, and the address without it."""

    label: str
    value: str
    address: str
    translated: bool
    """Whether the value is English of ours, to be translated; what a person typed is shown as it is."""


@dataclass(frozen=True)
class ListQuery(Generic[Row]):
    """What an address asks of a list."""

    spec: ListSpec[Row]
    values: Mapping[str, tuple[str, ...]]
    sort: Sort
    descending: bool
    cursor: str | None = None

    def all(self, name: str) -> tuple[str, ...]:
        """The values of a filter."""
        return self.values.get(name, ())

    def one(self, name: str) -> str:
        """The first value of a filter; empty without one."""
        return next(iter(self.all(name)), "")

    def day(self, name: str) -> date | None:
        """The day of a filter."""
        return _day(self.one(name))

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.values)

    def pairs(self, *, paged: bool = False) -> list[tuple[str, str]]:
        """Names and values as an address holds them, always in the same order."""
        pairs = [(row.name, value) for row in self.spec.filters for value in self.all(row.name)]
        if (self.sort, self.descending) != (self.spec.sorts[0], self.spec.sorts[0].descending):
            pairs.append(("sort", f"{'-' if self.descending else ''}{self.sort.name}"))
        return [*pairs, ("cursor", self.cursor)] if paged and self.cursor else pairs

    @property
    def encoded(self) -> str:
        """Filters and order, as a saved view keeps them."""
        return urlencode(self.pairs())

    def address(self, below: str = "", *, cursor: str | None = None) -> str:
        """The list's address with these filters (of a page below it, if one is named), on its first page or at a cursor."""
        pairs = replace(self, cursor=cursor).pairs(paged=True)
        return self.spec.path + below + (f"?{urlencode(pairs)}" if pairs else "")

    def having(self, name: str, *values: str) -> "ListQuery[Row]":
        """The same with other values of one filter, from the first page on."""
        rest = {key: kept for key, kept in self.values.items() if key != name}
        return replace(self, values=rest | ({name: values} if values else {}), cursor=None)

    def sorted_by(self, name: str) -> "ListQuery[Row]":
        """The same in another order; the same order again turns it round."""
        wanted = _sort(self.spec, name)
        turned = not self.descending if wanted == self.sort else wanted.descending
        return replace(self, sort=wanted, descending=turned, cursor=None)

    def chips(self, spoken: Mapping[tuple[str, str], str] | None = None) -> Iterator[Chip]:
        """What is set, one by one. `spoken` says what values mean that a person cannot read (an id)."""
        for row in self.spec.filters:
            for value in self.all(row.name):
                rest = [kept for kept in self.all(row.name) if kept != value]
                told = (spoken or {}).get((row.name, value), row.options.get(value, value))
                yield Chip(row.label, told, self.having(row.name, *rest).address(), translated=value in row.options)


def parse(spec: ListSpec[Row], given: Sequence[tuple[str, str]]) -> ListQuery[Row]:
    """An address's names and values as a query; what the list does not know is passed over, empty values count as absent.

    Raises FilterInvalid, SortInvalid.
    """
    known = {row.name: row for row in spec.filters}
    values: dict[str, tuple[str, ...]] = {}
    sort, cursor = "", None
    for name, raw in given:
        value = raw.strip()
        if name == "sort":
            sort = value
        elif name == "cursor":
            cursor = value or None
        elif name in known and value and value not in values.get(name, ()):
            values[name] = (*values.get(name, ()), known[name].checked(value))
            if len(values[name]) > MAX_VALUES:
                raise FilterInvalid(filter=name, value=value[:40])
    wanted = _sort(spec, sort.removeprefix("-")) if sort else spec.sorts[0]
    return ListQuery(spec, values, wanted, sort.startswith("-") if sort else wanted.descending, cursor)


def parse_text(spec: ListSpec[Row], encoded: str) -> ListQuery[Row]:
    """The query of a saved view. Raises FilterInvalid, SortInvalid."""
    return parse(spec, parse_qsl(encoded))


def _sort(spec: ListSpec[Row], name: str) -> Sort:
    for sort in spec.sorts:
        if sort.name == name:
            return sort
    raise SortInvalid(sort=name[:40])


def _day(text: str) -> date | None:
    """A day of a year that clocks and databases can count on from."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
