"""Events that came in a file, because their bench had no network: taken in like those that it sends itself."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Engine

from fleet.accounts import service as accounts
from fleet.contract.bundle import EventBundle
from fleet.db.session import unit_of_work
from fleet.errors import N_, NotFound
from fleet.intake import service, station


class BenchNotKnown(NotFound):
    """The file's bench is not enrolled here."""

    msgid = N_("The bench of this file is not enrolled at this service, or was revoked. Ask which service its stick belongs to.")


@dataclass(frozen=True)
class TakenIn:
    """What became of a file's events, by outcome."""

    outcomes: Counter[str]


def take_in_bundle(engine: Engine, bundle: EventBundle) -> TakenIn:
    """Take in a file, one transaction an event, in order; one that is known already changes nothing.

    Raises:
        BenchNotKnown: nothing was taken in.
        EventNotAuthentic: an event is not the bench's own; those before it are kept, and the file may be taken in again.
    """
    with unit_of_work(engine) as session:
        key = accounts.resolver.bench_key(session, bundle.key_id)
    if key is None or key.revoked or key.bench_id != bundle.bench_id:
        raise BenchNotKnown
    outcomes: Counter[str] = Counter()
    for document in bundle.events:
        with unit_of_work(engine, key.organisation_id) as session:
            bench = accounts.get_bench(session, key.bench_id)
            outcomes[service.take_in(session, station.sender(bench), document).outcome] += 1
    return TakenIn(outcomes)
