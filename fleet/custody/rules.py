"""A transfer's life, and which device may go along. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from fleet.auth.rules import Role
from fleet.devices.states import ENDS, State

MOVERS: Final = (Role.WORKSHOP, Role.LENDING, Role.LEAD, Role.ADMIN)
"""Who packs, sends and scans in."""
LOST_AFTER: Final = timedelta(days=7)
"""How long a missing device is looked for before somebody may call it lost."""
MOST_LINES: Final = 500
"""Devices on one transfer: a full lorry, and one transaction that ends within seconds."""


class TransferStatus(StrEnum):
    """Where a transfer stands."""

    DRAFT = "draft"
    SENT = "sent"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Ownership(StrEnum):
    """Whether the devices change owner too: only where the other side agrees."""

    KEPT = "kept"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class LineStatus(StrEnum):
    """Where one device of a transfer stands."""

    PACKED = "packed"
    UNDER_WAY = "under_way"
    RECEIVED = "received"
    MISSING = "missing"
    RECALLED = "recalled"
    LOST = "lost"
    SURPLUS = "surplus"


EXPECTED: Final = frozenset({LineStatus.UNDER_WAY, LineStatus.MISSING})
"""Lines whose device the other side may still scan in."""
NOT_CARRIED: Final = frozenset({LineStatus.RECALLED, LineStatus.SURPLUS})
"""Lines whose device the sender did not give along in the end, or never did."""


class WhyNot(StrEnum):
    """Why a device cannot be put on a transfer."""

    NOT_HELD = "not_held"
    ENDED = "ended"
    UNDER_WAY = "under_way"
    NOT_OWNED = "not_owned"
    THERE_ALREADY = "there_already"
    LOST = "lost"
    FULL = "full"


@dataclass(frozen=True)
class Candidate:
    """What decides whether a device may go along."""

    state: State
    owner_id: UUID
    custodian_id: UUID
    under_way: bool


def why_not(device: Candidate, sender: UUID, receiver: UUID, ownership: Ownership, lines: int) -> WhyNot | None:
    """Why the sender cannot put this device on a transfer that has so many lines; None when it can.

    With the ownership a device may go to whoever holds it already: nothing is carried then. A lost device goes to its owner
    alone, on paper, so that whoever lost it need not answer for it for ever.
    """
    with_ownership = ownership is not Ownership.KEPT
    if lines >= MOST_LINES:
        return WhyNot.FULL
    if device.state in ENDS:
        return WhyNot.ENDED
    if with_ownership and device.owner_id != sender:
        return WhyNot.NOT_OWNED
    if device.custodian_id != sender:
        return None if with_ownership and device.custodian_id == receiver else WhyNot.NOT_HELD
    if device.under_way:
        return WhyNot.UNDER_WAY
    return WhyNot.LOST if device.state is State.LOST and device.owner_id != receiver else None


def may_call_lost(status: LineStatus, closed_at: datetime | None, now: datetime) -> bool:
    """Whether a missing device has been looked for long enough."""
    return status is LineStatus.MISSING and closed_at is not None and now - closed_at >= LOST_AFTER
