"""How many devices stand in each state, remembered for a moment: with 100,000 devices counting costs more than a page's list.

What this organisation does is counted at once, because each step is an event of its chain. What another organisation does with a
device that is held here shows after `STALE_S` at the latest.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import repository as chain
from fleet.devices import repository
from fleet.devices.states import State

STALE_S: Final = 5.0
MOST: Final = 500
"""Counts that one process remembers."""


@dataclass(frozen=True)
class _Counted:
    head: int
    at: float
    counts: Mapping[State, int]


_lock: Final = threading.Lock()
_remembered: Final[OrderedDict[tuple[str, UUID, str], _Counted]] = OrderedDict()


def counts(session: Session, organisation: UUID) -> Mapping[State, int]:
    """How many devices the organisation owns or holds, by state. The session acts for it, and has written nothing yet."""
    return remembered(session, organisation, "devices", lambda: repository.counts(session))


def remembered(session: Session, organisation: UUID, what: str, count: Callable[[], Mapping[State, int]]) -> Mapping[State, int]:
    """The counts of this name, of the organisation for which the session acts; counted when they are not known, or too old."""
    head, _ = chain.head(session, organisation)
    place = (str(session.get_bind().engine.url), organisation, what)  # a process of tests has many databases
    now = time.monotonic()
    known = _remembered.get(place)
    if known is not None and known.head == head and now - known.at < STALE_S:
        return known.counts
    counted = _Counted(head, now, count())
    with _lock:
        _remembered[place] = counted
        _remembered.move_to_end(place)
        while len(_remembered) > MOST:
            _remembered.popitem(last=False)
    return counted.counts
