"""Addresses of list pages at every depth, taken from the links that the pages themselves give."""

import html
import random
import re
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from fleet.db.keyset import encode
from tests.benchmarks.filled import Filled, Row

DEPTHS: Final = 60
_NEXT: Final = re.compile(r'href="([^"]*[?&](?:amp;)?cursor=[^"]+)"')


class Asked(Protocol):
    """A request as `bench_web` makes it."""


def addresses(ask: Callable[..., tuple[float, bytes]], filled: Filled, chance: random.Random) -> Iterator[str]:
    """First pages, and pages from the middle of the workshop's devices: a cursor there, then the page's own link onwards."""
    from tests.benchmarks.bench_web import SEEN, Ask

    roots = ["/devices", *(f"/devices?state={state}" for state in SEEN)]
    for root in roots:
        yield root
        for row in chance.sample(filled.rows, DEPTHS // len(roots)):
            middle = f"{root}{'&' if '?' in root else '?'}cursor={_cursor(row)}"
            _, page = ask(Ask(middle))
            yield middle
            for link in _NEXT.findall(page.decode())[-1:]:
                onwards = html.unescape(link)
                yield onwards if onwards.startswith("/") else f"/devices{onwards}"


def _cursor(row: Row) -> str:
    return encode(("since+", "after", row.since.isoformat(), str(row.id)))
