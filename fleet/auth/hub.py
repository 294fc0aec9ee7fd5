"""From the thread that listens to the open pages of this process: who waits for what, and what happened since."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from fleet.db.listen import Change, Topic
from fleet.errors import N_, TooMany

MOST_A_SESSION: Final = 5
"""Streams of one sign-in: a browser opens six connections to one address at most, and needs one for its pages."""


class TooManyStreams(TooMany):
    """This sign-in has as many open pages with live news as it may; the others ask by themselves now and then."""

    msgid = N_("Too many pages of yours wait for news. This one asks every {seconds} seconds.")


@dataclass(eq=False)
class Waiting:
    """One open page. Changes are counted by topic until they are taken."""

    session_id: UUID
    organisation_id: UUID
    topics: frozenset[Topic]
    counts: dict[Topic, int] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, change: Change) -> None:
        """Take note of a change that is for this page."""
        if change.organisation_id is None:
            for topic in self.topics:
                self.counts.setdefault(topic, 0)
        elif change.organisation_id == self.organisation_id and change.topic in self.topics:
            self.counts[change.topic] = self.counts.get(change.topic, 0) + 1
        if self.counts:
            self.news.set()

    def take(self) -> dict[Topic, int]:
        """How often each topic changed since the last time; 0: perhaps."""
        counts, self.counts = self.counts, {}
        self.news.clear()
        return counts


class Hub:
    """The open pages of this process. All but `heard` is called in the event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[Waiting] = set()
        self.closing = asyncio.Event()

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on changes are passed on."""
        self._loop = loop

    def close(self) -> None:
        """The process ends: every stream ends."""
        self._loop = None
        self.closing.set()
        for waiting in self._waiting:
            waiting.news.set()

    def heard(self, change: Change) -> None:
        """Called by the listening thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._pass_on, change)

    def _pass_on(self, change: Change) -> None:
        for waiting in self._waiting:
            waiting.hear(change)

    @contextmanager
    def waiting(self, session_id: UUID, organisation_id: UUID, topics: frozenset[Topic]) -> Iterator[Waiting]:
        """A page waits within the block. Raises TooManyStreams."""
        self.admit(session_id)
        waiting = Waiting(session_id, organisation_id, topics)
        self._waiting.add(waiting)
        try:
            yield waiting
        finally:
            self._waiting.discard(waiting)

    def admit(self, session_id: UUID) -> None:
        """Raises TooManyStreams when this sign-in has enough of them."""
        if sum(waiting.session_id == session_id for waiting in self._waiting) >= MOST_A_SESSION:
            raise TooManyStreams(seconds=30)

    def __len__(self) -> int:
        return len(self._waiting)
