"""The pages with 100,000 devices and 1,000,000 events present: how long one waits, and how many a second.

Asked over HTTP on loopback by a signed-in lead, as a browser asks. The limit is an empty endpoint of the same process, asked by
the same client in the same run. The first view is Chromium's: bytes over the wire with a cold cache, and what its tracing tells.
"""

import http.client
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from fleet.config import Settings
from fleet.db.engine import Database
from fleet.devices.states import State
from tests.benchmarks.bench_intake import serving
from tests.benchmarks.filled import LOGIN, PASSWORD, Filled, fill
from tests.benchmarks.firstview import first_view
from tests.benchmarks.harness import Benchmark, compare

ROUNDS: Final = 5
ASKED: Final = 120
"""Requests of one kind in a round: the p95 leaves six of them above it."""
CLIENTS: Final = 4
IDLE_S: Final = 3.0
"""Shorter than uvicorn keeps a connection on which nobody asks: 5 s."""
SEEN: Final = (State.ON_LOAN, State.READY, State.RECYCLED, State.INSPECTED, State.QUARANTINED)
OTHERS: Final = ("/donations", "/tasks", "/drives", "/transfers", "/accounts", "/accounts?sort=-name", "/tasks?sort=-opened")
"""Lists beside the devices, some from their other end."""


@dataclass(frozen=True)
class Ask:
    """One request."""

    path: str
    method: str = "GET"
    body: bytes | None = None
    accept: str = "text/html"


@dataclass
class Lead:
    """A signed-in browser without a screen: keeps one connection."""

    address: str
    headers: dict[str, str]
    line: http.client.HTTPConnection = field(init=False)
    used_at: float = 0.0

    def __post_init__(self) -> None:
        url = httpx.URL(self.address)
        self.line = http.client.HTTPConnection(url.host, url.port or 80)

    def ask(self, what: Ask) -> tuple[float, bytes]:
        """Milliseconds until the whole answer is there, and the answer. Raises SystemExit when it is no success."""
        headers = self.headers | {"accept": what.accept} | ({"content-type": "application/json"} if what.body else {})
        if time.perf_counter() - self.used_at > IDLE_S:  # the server has closed it, or is about to
            self.line.close()
            self.line.connect()
        began = time.perf_counter()
        self.line.request(what.method, what.path, what.body, headers)
        answer = self.line.getresponse()
        body = answer.read()
        self.used_at = time.perf_counter()
        waited = (self.used_at - began) * 1000
        if answer.status not in {http.client.OK, http.client.SEE_OTHER}:
            raise SystemExit(f"{what.method} {what.path}: {answer.status} {body[:300]!r}")
        return waited, body


def sign_in(address: str) -> Lead:
    """A session of the lead, with the token for changes."""
    with httpx.Client(base_url=address, trust_env=False, headers={"origin": address}, timeout=60) as client:
        opened = client.post("/api/v1/session", json={"login": LOGIN, "password": PASSWORD})
        opened.raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return Lead(
        address, {"cookie": cookie, "x-csrf-token": opened.json()["csrf_token"], "origin": address, "accept-language": "nl"}
    )


def p95(waits: Sequence[float]) -> float:
    """What 95 of 100 waited at most."""
    return statistics.quantiles(waits, n=20)[18]


class Pages:
    """What a lead asks for all day, each time another thing."""

    def __init__(self, address: str, filled: Filled) -> None:
        self.address, self.filled = address, filled
        self.lead = sign_in(address)
        self.chance = random.Random(4)  # noqa: S311 - which device is asked for is no secret
        self.mine = [row for row in filled.rows if row.owner == filled.workshop]
        self.deep = list(dict.fromkeys(self._pages()))
        self.movable = iter(filled.codes(State.INSPECTED))

    def _pages(self) -> Iterator[str]:
        """List addresses at all depths: the links to the next page that the pages themselves give, followed from many places."""
        from tests.benchmarks.depths import addresses

        yield from addresses(self.lead.ask, self.filled, self.chance)

    def _waits(self, make: Callable[[], Ask]) -> float:
        return p95([self.lead.ask(make())[0] for _ in range(ASKED)])

    def lists(self) -> float:
        """Any list page at any depth: devices, donations, tasks, drives, transfers, people."""
        return self._waits(lambda: Ask(self.chance.choice(self.deep)))

    def scans(self) -> float:
        """A scanned label, serial number or code."""
        return self._waits(lambda: Ask(f"/api/v1/scan?q={self._scanned()}", accept="application/json"))

    def scan_pages(self) -> float:
        """The page that follows a scan."""
        return self._waits(lambda: Ask(f"/scan?q={self._scanned()}"))

    def _scanned(self) -> str:
        row = self.chance.choice(self.mine)
        return self.chance.choice((row.code, row.serial, f"S4E{row.serial}", f"HTTPS://FLEET.EXAMPLE.ORG/A/{row.code}"))

    def devices(self) -> float:
        """A device's page."""
        return self._waits(lambda: Ask(f"/devices/{self.chance.choice(self.mine).code}"))

    def steps(self) -> float:
        """A change of state with its event in the chain."""
        return self._waits(self._step)

    def _step(self) -> Ask:
        why = {"type": "quarantine_reason", "reason": "donor_question", "detail": ""}
        body = json.dumps({"step": "quarantine", "evidence": [why]}).encode()
        return Ask(f"/api/v1/devices/{next(self.movable)}/steps", "POST", body, "application/json")

    def nothing(self) -> float:
        """The same client at the empty endpoint."""
        return self._waits(lambda: Ask("/healthz"))

    def a_second(self, make: Callable[[], Ask]) -> float:
        """Requests a second by some clients at once."""
        leads = [Lead(self.address, self.lead.headers) for _ in range(CLIENTS)]
        asks = [[make() for _ in range(ASKED)] for _ in leads]
        threads = [
            threading.Thread(target=lambda lead=lead, asked=asked: [lead.ask(one) for one in asked])
            for lead, asked in zip(leads, asks, strict=True)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return CLIENTS * ASKED / (time.perf_counter() - began)


@contextmanager
def ready() -> Iterator[Pages]:
    """A service with everything in place."""
    with tempfile.TemporaryDirectory(prefix="heropstart-bench-") as name:
        folder = Path(name)
        settings = Settings(database_url=None, database_app_url=None, data_dir=folder)
        with serving(folder) as address, Database(settings) as database:
            filled = fill(database)
            print(f"{len(filled.rows)} devices are there", flush=True)
            yield Pages(address, filled)


def main() -> None:
    """Run it."""
    with ready() as pages:
        empty = ("an empty endpoint", pages.nothing)
        device = lambda: Ask(f"/devices/{pages.chance.choice(pages.mine).code}")  # noqa: E731 - three of a kind
        lists = lambda: Ask(pages.chance.choice(pages.deep))  # noqa: E731 - three of a kind
        scan = lambda: Ask(f"/api/v1/scan?q={pages._scanned()}", accept="application/json")  # noqa: E731 - as above
        idle = ("an empty endpoint", lambda: pages.a_second(lambda: Ask("/healthz")))
        compare(
            [
                Benchmark("web-list-p95", "ms", pages.lists, limit=empty),
                Benchmark("web-scan-p95", "ms", pages.scans, {"its page": pages.scan_pages}, empty),
                Benchmark("web-device-p95", "ms", pages.devices, limit=empty),
                Benchmark("web-step-p95", "ms", pages.steps, limit=empty),
                Benchmark(
                    "web-requests",
                    "requests/s",
                    lambda: pages.a_second(scan),
                    {"lists": lambda: pages.a_second(lists), "device pages": lambda: pages.a_second(device)},
                    idle,
                ),
            ],
            rounds=ROUNDS,
        )
        first_view(pages.address, LOGIN, PASSWORD)


if __name__ == "__main__":
    sys.exit(main())
