"""Addresses of list pages at every depth, taken from the links that the pages themselves give."""

import html
import random
import re
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from fleet.db.keyset import encode
from tests.benchmarks.filled import Filled, Row

DEPTHS: Final = 60
WALKED: Final = 12
"""Pages of each other list; some lists are shorter: then it turns at the end."""
_NEXT: Final = re.compile(r'href="([^"]*[?&](?:amp;)?cursor=[^"]+)"')


class Asked(Protocol):
    """A request as `bench_web` makes it."""


def addresses(ask: Callable[..., tuple[float, bytes]], filled: Filled, chance: random.Random) -> Iterator[str]:
    """First pages, and pages from the middle of the workshop's devices: a cursor there, then the page's own link onwards.

    Of the other lists, the pages that one comes through by their own links.
    """
    from tests.benchmarks.bench_web import OTHERS, SEEN, Ask

    roots = ["/devices", *(f"/devices?state={state}" for state in SEEN)]
    for root in roots:
        yield root
        for row in chance.sample(filled.rows, DEPTHS // len(roots)):
            middle = f"{root}{'&' if '?' in root else '?'}cursor={_cursor(row)}"
            yield middle
            yield from _onwards(ask(Ask(middle))[1], "/devices")
    for root in OTHERS:
        yield from _walked(ask, root)


def _walked(ask: Callable[..., tuple[float, bytes]], root: str) -> Iterator[str]:
    from tests.benchmarks.bench_web import Ask

    here: str | None = root
    for _ in range(WALKED):
        if here is None:
            return
        yield here
        here = next(_onwards(ask(Ask(here))[1], root.partition("?")[0]), None)


def _onwards(page: bytes, path: str) -> Iterator[str]:
    """The link to the next page: the last one that holds a cursor, on all pages but the last, where it is the one before."""
    for link in _NEXT.findall(page.decode())[-1:]:
        onwards = html.unescape(link)
        yield onwards if onwards.startswith("/") else f"{path}{onwards}"


def _cursor(row: Row) -> str:
    return encode(("since+", "after", row.since.isoformat(), str(row.id)))
