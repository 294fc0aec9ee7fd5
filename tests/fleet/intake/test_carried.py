"""Events that are carried to the service in a file."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.contract.bundle import BundleError, EventBundle, read_bundle
from fleet.contract.signing import SignedDocument, key_id
from fleet.devices import repository as devices
from fleet.devices.states import State
from fleet.intake.carried import BenchNotKnown, take_in_bundle
from fleet.intake.service import EventNotAuthentic
from tests.fleet.bench_events import CODE, Wire

pytestmark = pytest.mark.db


@pytest.fixture
def wire(workshop) -> Wire:
    return Wire(workshop.bench.id, workshop.bench_key)


def bundle(workshop, *documents: SignedDocument, **changes: object) -> EventBundle:
    key = key_id(workshop.bench_key.public_key())
    known = {"bench_id": workshop.bench.id, "key_id": key, "made_at": datetime.now(UTC), "events": documents}
    return read_bundle(EventBundle.model_validate(known | changes).model_dump_json().encode())


def test_a_carried_job_counts_like_a_sent_one_and_never_twice(workshop, wire) -> None:
    carried = bundle(workshop, *wire.whole_job())
    first = take_in_bundle(workshop.database.engine(), carried)
    assert set(first.outcomes) == {"applied", "recorded"}
    with workshop.unit() as session:
        device = devices.by_code(session, CODE)
        assert device is not None
        assert device.state is State.WIPED
    again = take_in_bundle(workshop.database.engine(), carried)
    assert again.outcomes == {"duplicate": len(carried.events)}


def test_a_forged_event_is_refused_and_what_came_before_it_stays(workshop, wire) -> None:
    good, *_ = wire.whole_job()
    forged = Wire(workshop.bench.id, Ed25519PrivateKey.generate(), sequence=1).inspected()
    with pytest.raises(EventNotAuthentic):
        take_in_bundle(workshop.database.engine(), bundle(workshop, good, forged))
    with workshop.unit() as session:
        device = devices.by_code(session, CODE)
        assert device is not None
        assert device.state is State.RECEIVED


@pytest.mark.parametrize("changes", [{"key_id": "0" * 16}, {"bench_id": uuid4()}])
def test_a_file_of_an_unknown_bench_is_refused(workshop, wire, changes: dict[str, object]) -> None:
    with pytest.raises(BenchNotKnown):
        take_in_bundle(workshop.database.engine(), bundle(workshop, wire.received(), **changes))
    with workshop.unit() as session:
        assert devices.by_code(session, CODE) is None


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"schema": "heropstart.events/9"}', b"\xff\xfe"])
def test_a_file_of_something_else_is_named(data: bytes) -> None:
    with pytest.raises(BundleError):
        read_bundle(data)
