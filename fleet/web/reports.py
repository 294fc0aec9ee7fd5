"""Browsers tell what the security policy kept from happening: it is logged, so that a page of ours that breaks it is noticed.

Anybody can send such a report, so it is small, rare, and believed in nothing.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.web.policy import REPORT_PATH

MAX_REPORT_BYTES: Final = 16 * 1024
MAX_A_MINUTE: Final = 60
"""Lines in the log for the whole process; what comes above them is counted and dropped."""
_FIELDS: Final = {
    "effectiveDirective": "directive",
    "effective-directive": "directive",
    "violated-directive": "directive",
    "blockedURL": "blocked",
    "blocked-uri": "blocked",
    "documentURL": "page",
    "document-uri": "page",
    "sourceFile": "source",
    "source-file": "source",
    "lineNumber": "line",
    "line-number": "line",
}
"""Both dialects: of report-to, then of report-uri."""
_LONGEST: Final = 300
SECRET_PATH: Final = re.compile(r"(/(?:reset|left)/).*")
"""Addresses whose end is a secret of its own: it never stands in a log."""
_log = structlog.get_logger(__name__)


class Reports:
    """Takes reports in; `last` holds those of this process for tests, newest last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._minute = clock()
        self._seen = 0
        self.last: list[Mapping[str, str]] = []

    def route(self) -> Route:
        """Where the policy's `report-to` and `report-uri` point."""
        return Route(REPORT_PATH, self._take, name="csp-report", methods=["POST"])

    async def _take(self, request: Request) -> Response:
        declared = request.headers.get("content-length", "")
        if not declared.isdecimal() or int(declared) > MAX_REPORT_BYTES:
            return Response(status_code=413)
        for report in told(await request.body()):
            if not self._has_room():
                return Response(status_code=429)
            self.last = [*self.last[-MAX_A_MINUTE:], report]
            _log.warning("the security policy stopped something", **report)
        return Response(status_code=204)

    def _has_room(self) -> bool:
        now = self._clock()
        if now - self._minute >= 60:  # noqa: PLR2004 - a minute
            self._minute, self._seen = now, 0
        self._seen += 1
        return self._seen <= MAX_A_MINUTE


def told(body: bytes) -> Iterator[Mapping[str, str]]:
    """The reports in a body, short and without addresses' queries; nothing when it cannot be read."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return
    for one in content if isinstance(content, list) else [content]:
        inner = one.get("body", one.get("csp-report")) if isinstance(one, dict) else None
        if isinstance(inner, dict):
            yield {_FIELDS[name]: _short(value) for name, value in inner.items() if name in _FIELDS}


def _short(value: object) -> str:
    # what stands after the question mark may be personal, and what stands after these words opens something
    address = str(value).partition("?")[0][:_LONGEST]
    return SECRET_PATH.sub(r"\1", address)
