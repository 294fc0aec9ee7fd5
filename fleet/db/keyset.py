"""Keyset pagination: a page continues after the last row seen, whatever was added since; never OFFSET."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from fleet.errors import N_, Invalid

MAX_PAGE = 200
DEFAULT_PAGE = 50

Row = TypeVar("Row")


class CursorInvalid(Invalid):
    """A cursor is taken from a page's `next`; this one was not."""

    msgid = N_("This page link is not valid any more. Go back to the first page.")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and where to go on (None at the end)."""

    items: Sequence[Row]
    next: str | None


def encode(key: Sequence[str]) -> str:
    """A cursor from the sort key of the last row."""
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode("ascii").rstrip("=")


def decode(cursor: str, parts: int, *, or_else: type[CursorInvalid] = CursorInvalid) -> tuple[str, ...]:
    """The sort key in a cursor. Raises CursorInvalid; `or_else` where it is a cursor, but of another number of parts."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid from error
    if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
        raise CursorInvalid
    if len(key) != parts:
        raise or_else
    return tuple(key)


def decode_moment(cursor: str) -> tuple[datetime, UUID]:
    """The sort key of a list by moment and id. Raises CursorInvalid."""
    moment, row_id = decode(cursor, 2)
    try:
        at, last = datetime.fromisoformat(moment), UUID(row_id)
    except ValueError as error:
        raise CursorInvalid from error
    if at.tzinfo is None:
        raise CursorInvalid
    return at, last


def page_of(rows: Sequence[Row], limit: int, key: Callable[[Row], Sequence[str]]) -> Page[Row]:
    """A page from at most `limit + 1` rows: the extra one only tells that there is more."""
    kept = rows[:limit]
    return Page(kept, encode(key(kept[-1])) if len(rows) > limit and kept else None)
