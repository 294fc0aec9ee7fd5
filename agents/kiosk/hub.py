"""The thread that draws what changed, and the pages that wait for it."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from typing import Final

from agents.kiosk.view import Frame, View
from agents.shell.clock import monotonic

_log = logging.getLogger(__name__)
_LOOK_S: Final = 1.0
"""How often it looks without being told: outbox, clock and time-outs change by themselves."""
_AT_MOST_S: Final = 0.15
"""Between two drawings: progress comes from every port twice a second."""
BEAT_S: Final = 2.0
"""How often a page hears that the agent lives."""
_MOST_PAGES: Final = 20


class Hub:
    """Draws frames in a thread of its own and hands the newest to every page. `start` in the server's event loop."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pages: set[asyncio.Event] = set()
        self._text = ""
        self._number = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._draw, name="kiosk", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to draw."""
        self._loop = loop
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and let the pages go."""
        self._stopping.set()
        self._view.screen.changed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def page(self) -> str:
        """The whole page, as it is now."""
        with self._lock:
            return self._view.page()

    def frame(self) -> Frame:
        """The screen now."""
        with self._lock:
            return self._view.frame()

    @property
    def full(self) -> bool:
        """Whether so many pages are open that one more is a mistake."""
        return len(self._pages) >= _MOST_PAGES

    async def events(self) -> AsyncIterator[str]:
        """Server-sent events for one page: each new frame, and a beat in between."""
        news = asyncio.Event()
        self._pages.add(news)
        sent, beat_at = -1, 0.0
        try:
            yield f"retry: {int(BEAT_S * 1000)}\n\n"
            while not self._stopping.is_set():
                news.clear()
                if self._number != sent and self._text:
                    sent = self._number
                    yield f"event: frame\ndata: {self._text}\n\n"
                if monotonic() >= beat_at:
                    beat_at = monotonic() + BEAT_S
                    yield "event: beat\ndata: .\n\n"
                try:
                    await asyncio.wait_for(news.wait(), BEAT_S)
                except TimeoutError:
                    continue
        finally:
            self._pages.discard(news)

    def _draw(self) -> None:
        changed = self._view.screen.changed
        while not self._stopping.is_set():
            changed.clear()
            text = json.dumps(self.frame().to_json(), ensure_ascii=False)
            if text != self._text:
                self._text = text
                self._number += 1
                self._wake()
            changed.wait(_LOOK_S)
            self._stopping.wait(_AT_MOST_S)
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for news in self._pages:
            news.set()
