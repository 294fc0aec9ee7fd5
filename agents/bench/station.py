"""What all ports of a bench share: its memory, its key, its line to the service."""

import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.bench.claims import Claims
from agents.bench.gathering import Gathering
from agents.config import BenchConfig
from agents.journal import profile
from agents.journal.db import Journal
from agents.journal.profile import Enrolment
from agents.report.client import ServiceClient
from agents.report.enrol import signing_key
from agents.report.outbox import Outbox
from fleet.contract.bench import BenchProfile

BENCH_ITSELF: Final = "bench"
"""Who did it, when nobody signed in."""
PATIENCE_S: Final = 3600.0
"""An overwrite that moves no byte in an hour hangs: the kernel gives up on one request after some minutes, and a drive that rests
because it is hot has cooled down long before."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Station:
    """An enrolled bench at work. Once `stopping` is set, jobs are no longer followed; their processes go on.

    `patience_s`: how long a job may show no progress before it is stuck.
    """

    config: BenchConfig
    journal: Journal
    key: Ed25519PrivateKey
    outbox: Outbox
    client: ServiceClient
    patience_s: float = PATIENCE_S
    claims: Claims = field(default_factory=Claims)
    gathering: Gathering = field(default_factory=Gathering)
    stopping: threading.Event = field(default_factory=threading.Event)
    reported: threading.Event = field(default_factory=threading.Event)
    """Set when there is something new to deliver."""

    @property
    def profile(self) -> BenchProfile:
        """What the service last told this bench: the batch changes while it works."""
        with self.journal.transaction(durable=False) as tx:
            return profile.get(tx).profile

    def place(self, port: str) -> str:
        """Station and port, as certificates name it."""
        return f"{self.config.station}, port {port}"


@contextmanager
def open_station(config: BenchConfig, journal: Journal, *, patience_s: float = PATIENCE_S) -> Iterator[Station]:
    """The station of an enrolled bench. Raises NotEnrolled, KeyExposed, KeyUnreadable."""
    with ExitStack() as held:
        key = signing_key(journal, config.state_dir)
        with journal.transaction(durable=False) as tx:
            enrolment = profile.get(tx)
        client = held.enter_context(service_client(config, journal, enrolment, key))
        yield Station(config, journal, key, Outbox(key), client, patience_s)


def service_client(config: BenchConfig, journal: Journal, enrolment: Enrolment, key: Ed25519PrivateKey) -> ServiceClient:
    """The client of an enrolled bench: at the configured server, else at the one that enrolled it."""

    def remember_skew(skew_s: float) -> None:
        _log.warning(
            "the service says that this computer's clock is %.0f s off; its time is used to sign. Set the clock.", skew_s
        )
        with journal.transaction() as tx:
            profile.note_skew(tx, skew_s)

    return ServiceClient(
        config.server or enrolment.server,
        key=key,
        ca_file=config.ca_file,
        skew_s=enrolment.skew_s,
        on_skew=remember_skew,
    )
