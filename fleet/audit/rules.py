"""The hash chain, as pure functions.

An event's body is RFC 8785 canonical JSON that names its organisation, its number and the hash of the event before it;
its own hash is the SHA-256 of that body. The first event of a chain follows `GENESIS`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from fleet.auth.rules import Actor
from fleet.contract.base import utc_text
from fleet.contract.canonical import canonical

GENESIS = bytes(32)


class EventType(StrEnum):
    """Everything that enters the chain."""

    ORGANISATION_CREATED = "organisation.created"
    ORGANISATION_CHANGED = "organisation.changed"
    ORGANISATION_LEAVING = "organisation.leaving"
    ORGANISATION_STAYS = "organisation.stays"
    ORGANISATION_LEFT = "organisation.left"
    SITE_CREATED = "site.created"
    SITE_CHANGED = "site.changed"
    LOCATION_CREATED = "location.created"
    LOCATION_CHANGED = "location.changed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_SIGNED_IN = "account.signed_in"
    ACCOUNT_REFUSED = "account.refused"
    ACCOUNT_SWITCHED = "account.switched"
    ACCOUNT_SIGNED_OUT = "account.signed_out"
    RESET_ISSUED = "account.reset_issued"
    RESET_USED = "account.reset_used"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    PASSKEY_BLOCKED = "passkey.blocked"
    IDENTITY_LINKED = "identity.linked"
    IDENTITY_UNLINKED = "identity.unlinked"
    BENCH_CODE_ISSUED = "bench.code_issued"
    BENCH_ENROLLED = "bench.enrolled"
    BENCH_CHANGED = "bench.changed"
    BENCH_REVOKED = "bench.revoked"
    WORKSTATION_CODE_ISSUED = "workstation.code_issued"
    WORKSTATION_ENROLLED = "workstation.enrolled"
    WORKSTATION_CHANGED = "workstation.changed"
    WORKSTATION_REVOKED = "workstation.revoked"
    BADGE_ISSUED = "badge.issued"
    BADGE_PIN_SET = "badge.pin_set"
    BADGE_STOPPED = "badge.stopped"
    BADGE_FREED = "badge.freed"
    BADGE_BLOCKED = "badge.blocked"
    TOKEN_CREATED = "token.created"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - the name of an event
    DONOR_REGISTERED = "donor.registered"
    DONATION_REGISTERED = "donation.registered"
    DONATION_CHANGED = "donation.changed"
    BATCH_OPENED = "batch.opened"
    BATCH_CHANGED = "batch.changed"
    CODES_LEASED = "codes.leased"
    CODE_ISSUED = "code.issued"
    IMAGE_PUBLISHED = "image.published"
    IMAGE_STORED = "image.stored"
    WIPE_POLICY_SET = "wipe_policy.set"
    CERTIFICATE_VALIDATED = "certificate.validated"
    DESTRUCTION_OPENED = "destruction.opened"
    DESTRUCTION_ANSWERED = "destruction.answered"
    DEVICE_STEP = "device.step"
    DEVICE_EVIDENCE = "device.evidence"
    DEVICE_CORRECTED = "device.corrected"
    IDENTIFIER_ATTACHED = "identifier.attached"
    IDENTIFIER_REMOVED = "identifier.removed"
    DEVICE_SENT = "device.sent"
    DEVICE_RECALLED = "device.recalled"
    DEVICE_HANDED_OVER = "device.handed_over"
    TRANSFER_CREATED = "transfer.created"
    TRANSFER_SENT = "transfer.sent"
    TRANSFER_ANNOUNCED = "transfer.announced"
    TRANSFER_ANSWERED = "transfer.answered"
    TRANSFER_LINE_SENT = "transfer.line_sent"
    TRANSFER_LINE_RECEIVED = "transfer.line_received"
    TRANSFER_LINE_MISSING = "transfer.line_missing"
    TRANSFER_LINE_RECALLED = "transfer.line_recalled"
    TRANSFER_SURPLUS = "transfer.surplus"
    TRANSFER_CLOSED = "transfer.closed"
    TRANSFER_CANCELLED = "transfer.cancelled"
    TASK_OPENED = "task.opened"
    TASK_CLOSED = "task.closed"
    INTAKE_STORED = "intake.stored"


@dataclass(frozen=True)
class Entry:
    """What is to be recorded; `data` is JSON without names of people."""

    organisation_id: UUID
    type: EventType
    actor: Actor
    data: Mapping[str, object] = field(default_factory=dict)
    device_id: UUID | None = None


@dataclass(frozen=True)
class Link:
    """One event of the chain, ready to store."""

    seq: int
    at: datetime
    body: bytes
    hash: bytes


@dataclass(frozen=True)
class Columns:
    """The columns that repeat the body for queries; a verifier checks that they still agree."""

    organisation_id: UUID
    seq: int
    at: datetime
    type: str
    actor_id: UUID | None
    device_id: UUID | None


class Fault(StrEnum):
    """What can be wrong with an event of the chain."""

    GAP = "gap"
    PREVIOUS = "previous_hash_differs"
    HASH = "hash_differs"
    COLUMNS = "columns_differ_from_body"
    UNREADABLE = "body_unreadable"
    HEAD_SIGNATURE = "head_signature_wrong"
    HEAD_MISSING = "signed_event_missing"
    HEAD_DIFFERS = "signed_event_differs"


def link(entry: Entry, seq: int, previous: bytes, at: datetime) -> Link:
    """The next event of a chain. Raises CanonicalError when `data` has no canonical JSON."""
    actor = entry.actor
    body = canonical(
        {
            "organisation": str(entry.organisation_id),
            "seq": seq,
            "previous": previous.hex(),
            "at": utc_text(at),
            "type": entry.type.value,
            "actor": {"kind": actor.kind.value, "id": _text(actor.id), "operator": _text(actor.operator)},
            "device": _text(entry.device_id),
            "data": dict(entry.data),
        }
    )
    return Link(seq, at, body, hashlib.sha256(body).digest())


def fault(columns: Columns, body: bytes, stored_hash: bytes, expected_seq: int, previous: bytes) -> Fault | None:
    """What is wrong with a stored event, given its place and the hash before it; None when it holds."""
    try:
        told = json.loads(body)
        named = (told["organisation"], told["seq"], told["at"], told["type"], told["actor"]["id"], told["device"])
        before = bytes.fromhex(told["previous"])
    except (ValueError, KeyError, TypeError):
        return Fault.UNREADABLE
    shown = (
        str(columns.organisation_id),
        columns.seq,
        utc_text(columns.at),
        columns.type,
        _text(columns.actor_id),
        _text(columns.device_id),
    )
    if columns.seq != expected_seq:
        return Fault.GAP
    if hashlib.sha256(body).digest() != stored_hash:
        return Fault.HASH
    if before != previous:
        return Fault.PREVIOUS
    return None if named == shown else Fault.COLUMNS


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
