"""Record, verify and sign the chain."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import insert
from sqlmodel import Session

from fleet.audit import repository
from fleet.audit.models import AuditEvent, ChainHead
from fleet.audit.rules import GENESIS, Columns, Entry, EventType, Fault, fault, link
from fleet.auth.rules import Actor
from fleet.contract.base import utc_text
from fleet.contract.canonical import canonical
from fleet.contract.signing import SignatureError, SignedDocument, check, sign_bytes
from fleet.db.columns import utc_now

_INSERT = insert(AuditEvent)


def lock(session: Session, *organisations: UUID) -> None:
    """Take the chain locks of these organisations: the first statement of every use case that changes a device."""
    repository.lock(session, organisations)


def record(
    session: Session,
    *,
    organisation_id: UUID,
    type: EventType,  # noqa: A002 - the field's own name
    actor: Actor,
    data: Mapping[str, object],
    device_id: UUID | None = None,
) -> AuditEvent:
    """Append one event in the caller's transaction, under the chain's lock (taken here if the caller has not).

    What is returned is a copy for reading; it is not bound to the session.
    Raises CanonicalError when `data` has no canonical JSON.
    """
    repository.lock(session, [organisation_id])
    session.flush()
    seq, previous = repository.head(session, organisation_id)
    made = link(Entry(organisation_id, type, actor, data, device_id), seq + 1, previous, utc_now())
    event = AuditEvent(
        organisation_id=organisation_id,
        seq=made.seq,
        at=made.at,
        type=type.value,
        actor_id=actor.id,
        device_id=device_id,
        body=made.body,
        hash=made.hash,
    )
    session.connection().execute(_INSERT, event.model_dump())
    return event


@dataclass(frozen=True)
class ChainStanding:
    """How far a chain is: its newest event with its hash in hex, and up to where the service has signed it."""

    seq: int
    hash: str
    signed_seq: int | None
    signed_at: datetime | None


def standing(session: Session, organisation_id: UUID) -> ChainStanding:
    """Where an organisation's chain stands now, without checking it."""
    seq, newest = repository.head(session, organisation_id)
    signed = repository.last_signed(session, organisation_id)
    return ChainStanding(seq, newest.hex(), signed.seq if signed else None, signed.signed_at if signed else None)


@dataclass(frozen=True)
class Bad:
    """The first event that does not hold."""

    seq: int
    fault: Fault


@dataclass(frozen=True)
class ChainReport:
    """What a verification found. Integrity: the events hold together. Completeness: every signed head is still there."""

    organisation_id: UUID
    events: int
    head_hash: bytes
    first_bad: Bad | None
    heads_checked: int
    bad_head: Bad | None

    @property
    def intact(self) -> bool:
        """Whether both hold."""
        return self.first_bad is None and self.bad_head is None


def verify(session: Session, organisation: UUID, public: Ed25519PublicKey) -> ChainReport:
    """Recompute a chain from its first event and compare it with every signed head. Run it as maintenance."""
    heads = repository.signed_heads(session, organisation)
    wanted = {head.seq: head for head in heads}
    seen: dict[int, bytes] = {}
    previous, count, first_bad = GENESIS, 0, None
    for event in repository.walk(session, organisation):
        count += 1
        if first_bad is None and (wrong := _fault(event, count, previous)):
            first_bad = Bad(count if wrong is Fault.GAP else event.seq, wrong)
        previous = event.hash
        if event.seq in wanted:
            seen[event.seq] = event.hash
    bad_head = next((bad for head in heads if (bad := _bad_head(head, seen, public))), None)
    return ChainReport(organisation, count, previous, first_bad, len(heads), bad_head)


def verify_all(session: Session, public: Ed25519PublicKey) -> Sequence[ChainReport]:
    """Every organisation's chain."""
    return [verify(session, organisation, public) for organisation in repository.organisations(session)]


def sign_head(session: Session, organisation: UUID, key: Ed25519PrivateKey) -> ChainHead | None:
    """Sign the newest event of a chain; None when it is empty or already signed."""
    repository.lock(session, [organisation])
    seq, digest = repository.head(session, organisation)
    signed = repository.signed_heads(session, organisation)
    if seq == 0 or (signed and signed[-1].seq == seq):
        return None
    at = utc_now()
    document = sign_bytes(_head_payload(organisation, seq, digest, at), key)
    head = ChainHead(
        organisation_id=organisation,
        seq=seq,
        hash=digest,
        signed_at=at,
        payload=document.payload,
        signature=document.signature,
        key_id=document.key_id,
    )
    session.add(head)
    session.flush()
    return head


def _head_payload(organisation: UUID, seq: int, digest: bytes, at: datetime) -> bytes:
    return canonical({"organisation": str(organisation), "seq": seq, "hash": digest.hex(), "signed_at": utc_text(at)})


def _fault(event: AuditEvent, expected: int, previous: bytes) -> Fault | None:
    columns = Columns(event.organisation_id, event.seq, event.at, event.type, event.actor_id, event.device_id)
    return fault(columns, event.body, event.hash, expected, previous)


def _bad_head(head: ChainHead, seen: Mapping[int, bytes], public: Ed25519PublicKey) -> Bad | None:
    try:
        payload = check(SignedDocument(payload=head.payload, signature=head.signature, key_id=head.key_id), public)
    except SignatureError:
        return Bad(head.seq, Fault.HEAD_SIGNATURE)
    told = json.loads(payload)
    if (told["organisation"], told["seq"], told["hash"]) != (str(head.organisation_id), head.seq, head.hash.hex()):
        return Bad(head.seq, Fault.HEAD_SIGNATURE)
    if head.seq not in seen:
        return Bad(head.seq, Fault.HEAD_MISSING)
    return None if seen[head.seq] == head.hash else Bad(head.seq, Fault.HEAD_DIFFERS)
