"""The hash chain without a database: each kind of tampering has its name."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from fleet.audit.rules import GENESIS, Columns, Entry, EventType, Fault, Link, fault, link
from fleet.auth.rules import Actor, ActorKind
from fleet.contract.canonical import CanonicalError, canonical

ORGANISATION = UUID(int=1)
ACTOR = Actor(ActorKind.ACCOUNT, UUID(int=2))
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ENTRY = Entry(ORGANISATION, EventType.DEVICE_STEP, ACTOR, {"code": "8YZABCDE", "to": "wiped"}, UUID(int=3))
COLUMNS = Columns(ORGANISATION, 1, AT, "device.step", UUID(int=2), UUID(int=3))


@pytest.fixture
def first() -> Link:
    return link(ENTRY, 1, GENESIS, AT)


def test_a_true_event_holds(first):
    assert fault(COLUMNS, first.body, first.hash, 1, GENESIS) is None


def test_the_body_is_canonical_and_names_what_came_before(first):
    second = link(ENTRY, 2, first.hash, AT)
    assert canonical(json.loads(second.body)) == second.body
    assert json.loads(second.body)["previous"] == first.hash.hex()


def test_a_changed_body_is_found(first):
    body = first.body.replace(b'"wiped"', b'"ready"')
    assert fault(COLUMNS, body, first.hash, 1, GENESIS) is Fault.HASH


def test_a_missing_event_is_found(first):
    assert fault(replace(COLUMNS, seq=2), link(ENTRY, 2, first.hash, AT).body, b"", 1, GENESIS) is Fault.GAP


def test_an_event_of_another_chain_is_found(first):
    assert fault(COLUMNS, first.body, first.hash, 1, b"\x01" * 32) is Fault.PREVIOUS


@pytest.mark.parametrize(
    "columns",
    [
        replace(COLUMNS, organisation_id=UUID(int=9)),
        replace(COLUMNS, at=AT.replace(year=2025)),
        replace(COLUMNS, type="device.evidence"),
        replace(COLUMNS, actor_id=None),
        replace(COLUMNS, device_id=UUID(int=9)),
    ],
)
def test_a_column_that_no_longer_agrees_with_its_body_is_found(first, columns):
    assert fault(columns, first.body, first.hash, 1, GENESIS) is Fault.COLUMNS


def test_bytes_that_are_no_event_are_found():
    assert fault(COLUMNS, b"{}", b"", 1, GENESIS) is Fault.UNREADABLE


def test_a_number_beyond_two_to_the_53_is_refused_before_it_is_stored():
    with pytest.raises(CanonicalError):
        link(replace(ENTRY, data={"wwn": 2**53}), 1, GENESIS, AT)
