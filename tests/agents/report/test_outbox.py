"""Delivered in order, each event once, none lost: whatever the network and the service do meanwhile."""

import random
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Request, Response

from agents.errors import AgentError
from agents.journal import codes, outbox, profile
from agents.journal.db import Journal, JournalBroken
from agents.report import courier as courier_module
from agents.report.backoff import Backoff
from agents.report.client import ServiceClient
from agents.report.courier import Courier
from agents.report.delivery import Delivery, Fate, deliver, fate
from agents.report.errors import BenchRevoked, NotUnderstood, Overloaded, RequestRefused, ServiceError, Unreachable
from agents.report.lease import keep_stock
from agents.report.outbox import Outbox
from fleet.contract.events import LabelPrinted
from fleet.contract.signing import check, key_id
from tests.sim.bench_service import BenchService

pytestmark = pytest.mark.process


def report(journal: Journal, key: Ed25519PrivateKey, count: int = 3) -> None:
    for _ in range(count):
        with journal.transaction() as tx:
            Outbox(key).append(tx, LabelPrinted(asset_code="8YZABCD7", payload="x", sha256="0"), operator="an")


def waiting(journal: Journal) -> tuple[int, int]:
    with journal.transaction() as tx:
        return outbox.count(tx)


def problem(status: int, kind: str) -> Response:
    text = f'{{"type": "/problems/{kind}", "title": "t", "status": {status}, "detail": "d"}}'
    return Response(text, status, media_type="application/problem+json")


def for_events(answer: Response, times: int = 1_000_000) -> object:
    left = [times]

    def interfere(request: Request) -> Response | None:
        if not request.url.path.endswith("/events") or not left[0]:
            return None
        left[0] -= 1
        return answer

    return interfere


def test_an_event_is_signed_by_the_bench(journal: Journal, key: Ed25519PrivateKey) -> None:
    report(journal, key, 1)
    with journal.transaction() as tx:
        row = outbox.head(tx)
    assert row is not None
    assert b'"sequence":1' in check(row.document, key.public_key())


def test_delivered_in_order_and_forgotten(
    journal: Journal, client: ServiceClient, key: Ed25519PrivateKey, service: BenchService
) -> None:
    report(journal, key, 5)
    assert deliver(journal, client).sent == 5
    assert service.books.sequence() == [1, 2, 3, 4, 5]
    assert waiting(journal) == (0, 0)
    report(journal, key, 1)
    deliver(journal, client)
    assert service.books.sequence() == [1, 2, 3, 4, 5, 6]


def test_an_undone_step_reports_nothing_and_leaves_no_gap(
    journal: Journal, client: ServiceClient, key: Ed25519PrivateKey, service: BenchService
) -> None:
    report(journal, key, 1)
    with pytest.raises(codes.OutOfCodes), journal.transaction() as tx:  # noqa: PT012 - the whole block is undone
        Outbox(key).append(tx, LabelPrinted(asset_code="8YZABCD7", payload="undone", sha256="0"), operator=None)
        codes.take(tx, "no code is left, so this raises")
    report(journal, key, 1)
    deliver(journal, client)
    assert service.books.sequence() == [1, 2]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response(status_code=503), Overloaded),
        (Response("<h1>Wi-Fi</h1>", 200, media_type="text/html"), NotUnderstood),
        (Response('{"event_id": "00000000-0000-0000-0000-000000000000", "outcome": "applied"}', 200), NotUnderstood),
        (problem(409, "stale"), Overloaded),
    ],
)
def test_only_the_receipt_of_this_event_counts(
    journal: Journal,
    client: ServiceClient,
    key: Ed25519PrivateKey,
    service: BenchService,
    answer: Response,
    error: type[ServiceError],
) -> None:
    report(journal, key)
    service.interference.append(for_events(answer, 1))  # type: ignore[arg-type]
    first = deliver(journal, client)
    assert (first.sent, type(first.error)) == (0, error)
    assert waiting(journal) == (3, 0)
    assert deliver(journal, client).sent == 3
    assert service.books.sequence() == [1, 2, 3]


def test_a_lost_answer_delivers_twice_and_counts_once(
    journal: Journal, client: ServiceClient, key: Ed25519PrivateKey, service: BenchService
) -> None:
    report(journal, key)
    with journal.transaction() as tx:
        row = outbox.head(tx)
    assert row is not None
    client.send(row.document)
    assert deliver(journal, client).sent == 3
    assert service.books.sequence() == [1, 2, 3]
    assert service.books.duplicates == 1


def test_a_refused_event_is_set_aside_and_the_others_go(
    journal: Journal, client: ServiceClient, key: Ed25519PrivateKey, service: BenchService
) -> None:
    report(journal, key)
    service.interference.append(for_events(problem(422, "malformed"), 1))  # type: ignore[arg-type]
    assert deliver(journal, client).sent == 2
    assert service.books.sequence() == [2, 3]
    assert waiting(journal) == (0, 1)
    with journal.transaction() as tx:
        stuck = outbox.rows(tx)[0]
        assert (stuck.sequence, stuck.stuck, stuck.attempts) == (1, True, 1)
        assert "422" in str(stuck.error)
        assert outbox.unstick(tx) == 1
    assert deliver(journal, client).sent == 1
    assert service.books.sequence() == [2, 3, 1]


def test_a_revoked_bench_keeps_its_events_and_says_so(
    journal: Journal, client: ServiceClient, key: Ed25519PrivateKey, service: BenchService
) -> None:
    report(journal, key)
    service.books.revoked.add(key_id(key.public_key()))
    assert isinstance(deliver(journal, client).error, BenchRevoked)
    assert waiting(journal) == (3, 0)
    with journal.transaction() as tx:
        assert "revoked" in str(profile.get(tx).trouble)
    service.books.revoked.clear()
    assert deliver(journal, client).sent == 3
    with journal.transaction() as tx:
        assert profile.get(tx).trouble is None


def test_what_each_trouble_means() -> None:
    assert fate(Unreachable()) is Fate.AGAIN
    assert fate(NotUnderstood()) is Fate.AGAIN
    assert fate(BenchRevoked()) is Fate.HELD
    assert fate(RequestRefused()) is Fate.STUCK


def test_codes_are_kept_in_stock_and_a_lost_answer_loses_none(
    journal: Journal, client: ServiceClient, service: BenchService
) -> None:
    request_ids = []

    def lose(request: Request) -> Response | None:
        if request.url.path.endswith("/leases") and not request_ids:
            with journal.transaction() as tx:
                request_ids.append(codes.pending(tx))
            return Response(status_code=500)
        return None

    service.interference.append(lose)
    with pytest.raises(Overloaded):
        keep_stock(journal, client, 10)
    assert keep_stock(journal, client, 10) == 20
    assert request_ids[0] is not None
    assert list(service.books.leases) == [request_ids[0][0]]
    assert keep_stock(journal, client, 10) == 0
    with journal.transaction() as tx:
        assert codes.free(tx) == 20


def test_the_courier_delivers_when_the_service_comes_back(
    journal: Journal, client: ServiceClient, key: Ed25519PrivateKey, service: BenchService
) -> None:
    service.stop()
    troubles: list[ServiceError | None] = []
    courier = Courier(
        journal,
        client,
        codes_in_stock=5,
        idle_s=0.05,
        on_trouble=troubles.append,
        backoff=Backoff(first_s=0.02, cap_s=0.1),
    )
    courier.start()
    try:
        report(journal, key)
        until(lambda: any(isinstance(error, Unreachable) for error in troubles))
        service.start()
        until(lambda: waiting(journal) == (0, 0) and troubles[-1] is None)
    finally:
        courier.stop()
    assert service.books.sequence() == [1, 2, 3]
    with journal.transaction() as tx:
        assert codes.free(tx) >= 5


def test_the_courier_survives_a_journal_that_another_process_holds(
    journal: Journal,
    client: ServiceClient,
    key: Ed25519PrivateKey,
    service: BenchService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    troubles: list[AgentError | None] = []

    def held(*_: object) -> Delivery:
        monkeypatch.setattr(courier_module, "deliver", deliver)
        raise JournalBroken("database is locked")

    monkeypatch.setattr(courier_module, "deliver", held)
    report(journal, key)
    courier = Courier(
        journal,
        client,
        codes_in_stock=5,
        idle_s=0.05,
        on_trouble=troubles.append,
        backoff=Backoff(first_s=0.02, cap_s=0.1),
    )
    courier.start()
    try:
        until(lambda: waiting(journal) == (0, 0))
    finally:
        courier.stop()
    assert isinstance(troubles[0], JournalBroken)
    assert service.books.sequence() == [1, 2, 3]


def until(condition: object) -> None:
    deadline = time.monotonic() + 15
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_back_off_grows_to_its_cap_with_jitter() -> None:
    backoff = Backoff(first_s=1, cap_s=60, rng=random.Random(7))  # noqa: S311 - jitter, no secret
    waits = [backoff.next_s() for _ in range(40)]
    assert all(0.5 * min(60, 2**turn) <= wait <= min(60, 2**turn) for turn, wait in enumerate(waits))
    assert len(set(waits)) == 40
    backoff.reset()
    assert backoff.next_s() <= 1
