"""The thread that keeps bench and service in step: events out, codes in, the profile fresh."""

import threading
from collections.abc import Callable
from typing import Final

from agents.errors import AgentError
from agents.journal import profile
from agents.journal.db import Journal, JournalBroken
from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.delivery import deliver
from agents.report.errors import ServiceError
from agents.report.lease import keep_stock
from agents.shell.clock import monotonic

_PROFILE_EVERY_S: Final = 300.0


class Courier:
    """Runs until stopped. `wake` makes it look at once; `on_trouble` hears of each failed round, and None when all is well."""

    def __init__(
        self,
        journal: Journal,
        client: ServiceClient,
        *,
        codes_in_stock: int,
        idle_s: float = 5.0,
        on_trouble: Callable[[AgentError | None], None] = lambda _error: None,
        backoff: Backoff | None = None,
    ) -> None:
        self._journal, self._client, self._stock, self._idle_s = journal, client, codes_in_stock, idle_s
        self._on_trouble = on_trouble
        self._backoff = backoff or Backoff()
        self._profile_at = monotonic()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something new waits."""
        self._wake.set()

    def stop(self) -> None:
        """End after the request that is on its way."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            error = self._round()
            self._on_trouble(error)
            if error is None:
                self._backoff.reset()
                self._wake.wait(self._idle_s)
                self._wake.clear()
            else:
                self._stopping.wait(self._backoff.next_s())

    def _round(self) -> AgentError | None:
        """Deliver, lease, refresh; the first trouble ends the round, such as a journal that another process holds too long."""
        try:
            error = deliver(self._journal, self._client).error
            if error is not None:
                return error
            keep_stock(self._journal, self._client, self._stock)
            if monotonic() >= self._profile_at:
                told = self._client.profile()
                with self._journal.transaction() as tx:
                    profile.refresh(tx, told)
                    profile.note_trouble(tx, None)
                self._profile_at = monotonic() + _PROFILE_EVERY_S
        except (ServiceError, JournalBroken) as trouble:
            return trouble
        return None
