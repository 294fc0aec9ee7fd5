"""The thread that shows the ports to the service: the latest alone, never an event, and nothing is lost when it does not arrive.

It has no part in the work: ports only say that something changed, which costs them nothing, and the courier goes its own way.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.errors import ServiceError
from agents.shell.clock import monotonic
from fleet.contract.ports import ALIVE_EVERY_S, REPORT_EVERY_S, PortsShown

_log = logging.getLogger(__name__)
_CAP_S: Final = 60.0


class PortReporter:
    """Runs until stopped. `look` says what all ports show now; `changed` may be called by anybody at any time.

    Args:
        client: the line to the service.
        look: what to send.
        every_s: changes are sent at most so often.
        alive_s: how often it is sent without any change.
        backoff: how it waits after a failure.
    """

    def __init__(
        self,
        client: ServiceClient,
        look: Callable[[], PortsShown],
        *,
        every_s: float = REPORT_EVERY_S,
        alive_s: float = ALIVE_EVERY_S,
        backoff: Backoff | None = None,
    ) -> None:
        self._client, self._look, self._every_s, self._alive_s = client, look, every_s, alive_s
        self._backoff = backoff or Backoff(first_s=every_s, cap_s=_CAP_S)
        self._dirty, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="ports-shown", daemon=True)

    def start(self) -> None:
        """Begin, with what the ports show now."""
        self._dirty.set()
        self._thread.start()

    def changed(self) -> None:
        """A port shows something else."""
        self._dirty.set()

    def stop(self) -> None:
        """End after the request that is on its way."""
        self._stopping.set()
        self._dirty.set()
        self._thread.join()

    def _run(self) -> None:
        sent: PortsShown | None = None
        sent_at = monotonic() - self._alive_s
        while True:
            self._dirty.wait(max(0.0, sent_at + self._alive_s - monotonic()))
            if self._stopping.is_set():
                return
            self._dirty.clear()
            shown = self._look()
            if shown == sent and monotonic() - sent_at < self._alive_s:
                continue
            if self._send(shown):
                sent, sent_at = shown, monotonic()
                self._stopping.wait(self._every_s)
            else:
                self._dirty.set()
                self._stopping.wait(self._backoff.next_s())

    def _send(self, shown: PortsShown) -> bool:
        try:
            self._client.show_ports(shown)
        except ServiceError as error:
            _log.debug("ports not shown: %s", error)
            return False
        self._backoff.reset()
        return True
