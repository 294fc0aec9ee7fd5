"""Reading a signed payload, and the outcomes of intake: pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import ValidationError

from fleet.contract.canonical import CanonicalError, parse_object
from fleet.contract.events import BenchEvent


class Outcome(StrEnum):
    """What became of an event; each means that it is stored."""

    APPLIED = "applied"
    RECORDED = "recorded"
    REFUSED = "refused"


CLOCK_TOLERANCE: Final = timedelta(minutes=10)
"""An event from further in the future than this opens a task: the bench's clock is wrong."""


@dataclass(frozen=True)
class Readable:
    """A payload of the present contract."""

    event: BenchEvent


@dataclass(frozen=True)
class Unreadable:
    """An authentic payload that this version does not understand; kept all the same."""

    id: UUID
    sequence: int | None
    type: str
    why: str


def read(payload: bytes, bench_id: UUID) -> Readable | Unreadable:
    """Understand a payload, or keep what can be known of it. An event without an id gets one made from its bytes."""
    try:
        return Readable(BenchEvent.model_validate_json(payload))
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
    try:
        told = parse_object(payload)
    except CanonicalError as error:
        return Unreadable(uuid5(NAMESPACE_OID, f"{bench_id}{payload.hex()}"), None, "unreadable", str(error))
    data = told.get("data")
    kind = data.get("type") if isinstance(data, dict) else None
    return Unreadable(
        _id(told.get("id"), payload, bench_id), _sequence(told.get("sequence")), str(kind or "unreadable")[:60], why
    )


def from_the_future(occurred_at: datetime, now: datetime) -> bool:
    """Whether the bench's clock is ahead by more than travel and drift explain."""
    return occurred_at - now > CLOCK_TOLERANCE


def _id(value: object, payload: bytes, bench_id: UUID) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        return uuid5(NAMESPACE_OID, f"{bench_id}{payload.hex()}")


def _sequence(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value < 2**53 else None
