"""Events that benches report, accepted a second, and how long one waits: all of it over HTTP.

10,000 devices and 100,000 events are present.
Four benches of one organisation report at once, so that they share one chain: the hardest case. Each request is signed
(RFC 9421), each event too; the service checks both, stores, applies and chains in one transaction. The limit is an empty
endpoint of the same service, asked by the same clients in the same run. The peer is what PostgreSQL itself commits: one
small row in a transaction of its own, by four threads, without HTTP and without signatures.
"""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from agents.report.signing import BenchSignature
from fleet.accounts import service as accounts
from fleet.audit.rules import Entry as ChainEntry
from fleet.audit.rules import EventType, Link, link
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.config import Settings
from fleet.contract.signing import SignedDocument, public_text
from fleet.db.columns import utc_now
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.organisations import service as organisations
from labels.codes import from_number
from tests.benchmarks.harness import Benchmark, compare
from tests.fleet.bench_events import Wire, storage

DEVICES, EVENTS = 10_000, 100_000
BENCHES = 4
DEVICES_A_ROUND = 10
"""Each bench reports this many whole jobs of six events in each round."""
ROUNDS = 5


@dataclass
class Reporter:
    """One bench with its key, its place in its own order, and its line to the service."""

    wire: Wire
    codes: Iterator[str]
    address: str
    auth: BenchSignature
    waits: list[float] = field(default_factory=list)

    def signed_requests(self) -> list[httpx.Request]:
        """A round's requests, signed beforehand: the bench's own work is not what is measured."""
        requests = []
        for _ in range(DEVICES_A_ROUND):
            code = next(self.codes)
            requests += [self._signed(document) for document in self.wire.whole_job(code, storage(f"S-{code}"))]
        return requests

    def _signed(self, document: SignedDocument) -> httpx.Request:
        body = document.model_dump_json().encode()
        headers = {"content-type": "application/json"}
        request = httpx.Request("POST", f"{self.address}/api/v1/bench/events", content=body, headers=headers)
        return next(self.auth.auth_flow(request))


def send(address: str, requests: Sequence[httpx.Request], waits: list[float]) -> None:
    """Send them one after another over one connection; a bench waits for each answer."""
    host = httpx.URL(address)
    line = http.client.HTTPConnection(host.host, host.port or 80)
    for request in requests:
        began = time.perf_counter()
        line.request(request.method, request.url.raw_path.decode(), request.content, dict(request.headers))
        answer = line.getresponse()
        body = answer.read()
        waits.append(time.perf_counter() - began)
        if answer.status != http.client.OK or (b'"refused"' in body):
            raise SystemExit(f"{answer.status}: {body[:500]!r}")
    line.close()


def at_once(work: Sequence[Callable[[], None]]) -> float:
    """Seconds until all of them are done."""
    threads = [threading.Thread(target=job) for job in work]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


class Intake:
    """The contestants, and the waits of the newest round of each."""

    def __init__(self, address: str, database: Database, reporters: Sequence[Reporter]) -> None:
        self.address, self.database, self.reporters = address, database, reporters
        self.waits: dict[str, list[float]] = {"ours": [], "limit": []}

    def ours(self) -> float:
        """Events a second, accepted and applied."""
        batches = [reporter.signed_requests() for reporter in self.reporters]
        waits: list[float] = []
        seconds = at_once([lambda batch=batch: send(self.address, batch, waits) for batch in batches])
        self.waits["ours"] = waits
        return sum(map(len, batches)) / seconds

    def limit(self) -> float:
        """Requests a second to an endpoint that does nothing."""
        count = DEVICES_A_ROUND * 6
        requests = [httpx.Request("GET", f"{self.address}/healthz") for _ in range(count)]
        waits: list[float] = []
        seconds = at_once([lambda: send(self.address, requests, waits) for _ in range(BENCHES)])
        self.waits["limit"] = waits
        return count * BENCHES / seconds

    def commits(self) -> float:
        """Transactions a second that PostgreSQL commits, one small row each."""
        count = DEVICES_A_ROUND * 6

        def insert() -> None:
            for _ in range(count):
                with self.database.engine(DatabaseRole.ADMIN).begin() as connection:
                    connection.execute(text("INSERT INTO bench_commits VALUES (gen_random_uuid())"))

        return count * BENCHES / at_once([insert] * BENCHES)

    def p95_ms(self, who: str) -> float:
        """How long 95 of 100 requests of the newest round took at most, in milliseconds."""
        return statistics.quantiles(self.waits[who], n=20)[18] * 1000


def fill(database: Database, organisation: UUID) -> None:
    """Ten thousand devices with ten events each, written by COPY; the chain is as true as one that grew."""
    now, previous, seq = utc_now(), bytes(32), 0
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        row = session.execute(
            text("SELECT seq, hash FROM audit_event WHERE organisation_id = :o ORDER BY seq DESC LIMIT 1"), {"o": organisation}
        ).one()
        seq, previous = row.seq, bytes(row.hash)
    devices = [(uuid4(), code) for code in _codes(0, DEVICES)]
    links: list[tuple[Link, UUID]] = []
    for _ in range(EVENTS // DEVICES):
        for device, code in devices:
            seq += 1
            entry = ChainEntry(organisation, EventType.DEVICE_EVIDENCE, SYSTEM, {"code": code, "evidence": []}, device)
            made = link(entry, seq, previous, now)
            previous = made.hash
            links.append((made, device))
    _copy(database, organisation, devices, links, now)


def _copy(
    database: Database, organisation: UUID, devices: Sequence[tuple[UUID, str]], links: Sequence[tuple[Link, UUID]], now: datetime
) -> None:
    raw = database.engine(DatabaseRole.ADMIN).raw_connection()
    with raw.cursor() as cursor:
        columns = "id, owner_id, custodian_id, asset_code, kind, origin, state, version, outside_version, model, weight_g,"
        columns += "eea_category, place, created_at, state_since"
        with cursor.copy(f"COPY device ({columns}) FROM STDIN") as copy:
            for device, code in devices:
                fixed = ("drive", "donated", "ready", 11, 1, "Disk", 300, 6, "Rek 1", now, now)
                copy.write_row((device, organisation, organisation, code, *fixed))
        with cursor.copy("COPY audit_event (organisation_id, seq, at, type, device_id, body, hash) FROM STDIN") as copy:
            for made, device in links:
                copy.write_row((organisation, made.seq, made.at, "device.evidence", device, made.body, made.hash))
        cursor.execute("CREATE TABLE bench_commits (id uuid PRIMARY KEY)")
    raw.commit()
    with raw.cursor() as cursor:
        cursor.execute("ANALYZE")
    raw.commit()
    raw.close()


def _codes(start: int, count: int) -> Iterator[str]:
    number = start
    while count:
        code = from_number(number)
        number += 1
        if code is not None:
            count -= 1
            yield code


def enrol(database: Database, address: str) -> list[Reporter]:
    """An organisation, a worker and four benches."""
    reporters = []
    with unit_of_work(database.engine()) as session:
        organisation = organisations.create(session, SYSTEM, "Bench")
        admin = Principal(organisation.id, SYSTEM, frozenset({Role.ADMIN}), "bench")
        site = organisations.add_site(session, admin, "Noord")
        accounts.create(session, admin, "mo", "Mo", "a long enough password", frozenset({Role.WORKSHOP}))
        for number in range(BENCHES):
            key = Ed25519PrivateKey.generate()
            code = accounts.issue_enrolment_code(session, admin, site.id)
            bench = accounts.enrol(session, code, public_text(key.public_key()), f"Bank {number}", "bench")
            auth = BenchSignature(key, lambda: datetime.now(UTC))
            codes = _codes(1_000_000 * (number + 1), 10**6)
            reporters.append(Reporter(Wire(bench.id, key, operator="mo"), codes, address, auth))
        owner = organisation.id
    fill(database, owner)
    return reporters


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """`fleet serve` as a process of its own, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    told = {"FLEET_DATA_DIR": str(folder), "FLEET_PUBLIC_URL": address, "FLEET_PORT": str(port)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")} | told
    command = [sys.executable, "-m", "fleet.cli", "serve"]
    service = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(address, service)
        yield address
    finally:
        service.terminate()
        service.wait(timeout=60)


def _await(address: str, service: subprocess.Popen[bytes]) -> None:
    """Wait until the service is ready."""
    for _ in range(600):
        if service.poll() is not None:
            raise SystemExit("`fleet serve` ended: run it by hand to see why")
        try:
            if httpx.get(f"{address}/readyz", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit("`fleet serve` did not become ready")


@contextmanager
def ready() -> Iterator[Intake]:
    """A service with everything in place."""
    with tempfile.TemporaryDirectory(prefix="heropstart-bench-") as name:
        folder = Path(name)
        settings = Settings(database_url=None, database_app_url=None, data_dir=folder)
        with serving(folder) as address, Database(settings) as database:
            reporters = enrol(database, address)
            print(f"{DEVICES} devices and {EVENTS} events are there", flush=True)
            yield Intake(address, database, reporters)


def main() -> None:
    """Run it."""
    with ready() as intake:
        events = Benchmark(
            "intake",
            "events/s",
            intake.ours,
            {"PostgreSQL commits, no HTTP": intake.commits},
            ("an empty endpoint", intake.limit),
        )
        wait = Benchmark(
            "intake-p95", "ms", lambda: intake.p95_ms("ours"), limit=("an empty endpoint", lambda: intake.p95_ms("limit"))
        )
        compare([events, wait], rounds=ROUNDS)


if __name__ == "__main__":
    sys.exit(main())
