"""Take in one signed event: store it exactly once, and let it do what the lifecycle allows."""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session

from fleet.accounts import service as accounts
from fleet.audit import service as audit
from fleet.auth.rules import Actor, ActorKind, Principal, Role
from fleet.contract.bench import IntakeReceipt
from fleet.contract.canonical import CanonicalError
from fleet.contract.events import BenchEvent
from fleet.contract.signing import SignatureError, SignedDocument, check, public_from_text
from fleet.db.columns import utc_now
from fleet.devices import repository as devices
from fleet.devices.models import Device
from fleet.devices.standing import By
from fleet.errors import N_, FleetError, Invalid
from fleet.intake import repository
from fleet.intake.handlers import Context, handle, keep
from fleet.intake.models import StoredEvent
from fleet.intake.rules import Outcome, Readable, Unreadable, from_the_future, read
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from fleet.wipes.service import CertificateDoubted

UNFIT = (FleetError, ValidationError, CanonicalError, DataError, IntegrityError)
"""What an authentic event can run into by what it says; a database that does not answer is not among them and is tried again."""


class EventNotAuthentic(Invalid):
    """The event's own signature does not hold: it was changed on its way, or another bench made it."""

    msgid = N_("The event's signature does not hold: it was changed on its way, or another bench signed it.")


@dataclass(frozen=True)
class Sender:
    """The bench that sent an event, as enrolled. `public_key` is base64 of its 32 raw bytes."""

    bench_id: UUID
    organisation_id: UUID
    public_key: str
    station: str
    batch_id: UUID | None
    site_id: UUID | None = None


def take_in(session: Session, sender: Sender, document: SignedDocument) -> IntakeReceipt:
    """Store an authentic event and apply it. Never refuses one for what it says.

    Raises EventNotAuthentic.
    """
    try:
        payload = check(document, public_from_text(sender.public_key))
    except SignatureError as error:
        raise EventNotAuthentic(why=str(error)) from error
    understood = read(payload, sender.bench_id)
    event_id = understood.event.id if isinstance(understood, Readable) else understood.id
    audit.lock(session, sender.organisation_id)  # from here events of one organisation come one after the other
    known = repository.get(session, sender.bench_id, event_id)
    if known is not None:
        return IntakeReceipt(event_id=event_id, outcome="duplicate", detail=known.detail)
    match understood:
        case Readable(event=event):
            stored = _apply(session, sender, document, event)
        case Unreadable():
            stored = _keep_unreadable(session, sender, document, understood)
    session.add(stored)
    session.flush()
    return IntakeReceipt(event_id=event_id, outcome=stored.outcome.value, detail=stored.detail)


def _apply(session: Session, sender: Sender, document: SignedDocument, event: BenchEvent) -> StoredEvent:
    actor = Actor(ActorKind.BENCH, sender.bench_id)
    _notice(session, sender, actor, event)
    context = _context(session, sender, document, event, actor)
    outcome, detail = Outcome.REFUSED, None
    device: Device | None
    try:
        with session.begin_nested():
            outcome, device = handle(session, context, event.data)
    except UNFIT as error:
        detail = str(error)[:2000]
        _keep_certificate(session, context, event)
        device = devices.by_code(session, event.data.asset_code)
        _ask(session, sender, actor, event, error, device)
    return StoredEvent(
        bench_id=sender.bench_id,
        id=event.id,
        organisation_id=sender.organisation_id,
        sequence=event.sequence,
        type=event.data.type,
        occurred_at=event.occurred_at,
        outcome=outcome,
        detail=detail,
        device_id=device.id if device else None,
        payload=document.payload,
        signature=document.signature,
        key_id=document.key_id,
    )


def _keep_certificate(session: Session, context: Context, event: BenchEvent) -> None:
    """A certificate is kept even where its device cannot take the step; one that does not hold is kept as the event alone."""
    with contextlib.suppress(*UNFIT), session.begin_nested():
        keep(session, context, event.data)


def _context(session: Session, sender: Sender, document: SignedDocument, event: BenchEvent, actor: Actor) -> Context:
    """What the bench may do: its own role, and the workshop role when an operator of this organisation stands at it."""
    worker = accounts.worker(session, event.operator) if event.operator else None
    roles = {Role.BENCH}
    if worker is not None:
        actor = Actor(ActorKind.BENCH, sender.bench_id, operator=worker)
        roles.add(Role.WORKSHOP)
    elif event.operator:
        told = {"operator_known": False, "event": str(event.id)}
        tasks.open_task(session, sender.organisation_id, TaskKind.UNKNOWN_OPERATOR, actor=actor, data=told)
    principal = Principal(sender.organisation_id, actor, frozenset(roles), sender.station)
    by = By(principal, event.id, hashlib.sha256(document.payload).hexdigest())
    return Context(by, sender.bench_id, sender.public_key, sender.batch_id, sender.station, sender.site_id)


def _notice(session: Session, sender: Sender, actor: Actor, event: BenchEvent) -> None:
    """A missing event and a clock that is ahead are found here, whatever the event says."""
    last = repository.last_sequence(session, sender.bench_id)
    if event.sequence > last + 1:
        told: Mapping[str, object] = {"bench": str(sender.bench_id), "after": last, "before": event.sequence}
        tasks.open_task(session, sender.organisation_id, TaskKind.EVENT_GAP, actor=actor, data=told)
    ahead = event.occurred_at - utc_now()
    if from_the_future(event.occurred_at, utc_now()):
        told = {"bench": str(sender.bench_id), "ahead_s": int(ahead.total_seconds())}
        tasks.open_task(session, sender.organisation_id, TaskKind.CLOCK_DIFFERS, actor=actor, data=told)


def _ask(session: Session, sender: Sender, actor: Actor, event: BenchEvent, error: Exception, device: Device | None) -> None:
    kind = TaskKind.STEP_REFUSED if device else TaskKind.UNKNOWN_DEVICE
    if isinstance(error, CertificateDoubted):
        kind = TaskKind.CERTIFICATE_REFUSED
    told = {
        "event": str(event.id),
        "type": event.data.type,
        "code": event.data.asset_code,
        "why": error.code if isinstance(error, FleetError) else type(error).__name__,
        "detail": str(error)[:500],
    }
    tasks.open_task(session, sender.organisation_id, kind, actor=actor, data=told, device_id=device.id if device else None)


def _keep_unreadable(session: Session, sender: Sender, document: SignedDocument, event: Unreadable) -> StoredEvent:
    actor = Actor(ActorKind.BENCH, sender.bench_id)
    told = {"event": str(event.id), "type": event.type, "why": event.why[:500]}
    tasks.open_task(session, sender.organisation_id, TaskKind.EVENT_UNREADABLE, actor=actor, data=told)
    return StoredEvent(
        bench_id=sender.bench_id,
        id=event.id,
        organisation_id=sender.organisation_id,
        sequence=event.sequence,
        type=event.type,
        outcome=Outcome.REFUSED,
        detail=event.why[:2000],
        payload=document.payload,
        signature=document.signature,
        key_id=document.key_id,
    )
