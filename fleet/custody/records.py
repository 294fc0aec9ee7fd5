"""What enters the chains of both organisations, and how one transaction speaks for each in turn."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal
from fleet.custody import repository
from fleet.custody.models import Transfer
from fleet.db.session import act_for
from fleet.devices.models import Device


@contextmanager
def speaking_for(session: Session, principal: Principal, organisation: UUID) -> Iterator[Principal]:
    """Within the block the transaction acts for the other side; who did it stays the same pseudonym.

    A failed block is undone with its transaction or savepoint, and the setting with it.
    """
    session.flush()
    act_for(session, organisation)
    yield replace(principal, organisation_id=organisation)
    session.flush()
    act_for(session, principal.organisation_id)


def lock_sides(session: Session, transfer: Transfer) -> None:
    """The chain locks of everybody concerned, the owners of its devices too, in sorted order."""
    lines = repository.lines(session, transfer.id)
    found = repository.devices(session, {line.device_id for line in lines if line.device_id})
    audit.lock(session, transfer.sender_id, transfer.receiver_id, *{device.owner_id for device in found.values()})


def record_owner(
    session: Session, principal: Principal, kind: EventType, transfer: Transfer, device: Device, told: Mapping[str, object]
) -> None:
    """What happens to a device of a third organisation stands in that one's chain too. The caller holds its lock."""
    if device.owner_id not in {transfer.sender_id, transfer.receiver_id}:
        data = {"device": str(device.id), "sender": str(transfer.sender_id), "receiver": str(transfer.receiver_id), **told}
        record(session, principal, device.owner_id, kind, transfer, data)


def record(
    session: Session,
    principal: Principal,
    organisation: UUID,
    kind: EventType,
    transfer: Transfer,
    told: Mapping[str, object],
    device_id: UUID | None = None,
) -> None:
    """One event about a transfer in the chain of one organisation."""
    data: Mapping[str, object] = {"transfer": transfer.reference, "transfer_id": str(transfer.id), **told}
    with speaking_for(session, principal, organisation) as speaker:
        audit.record(session, organisation_id=organisation, type=kind, actor=speaker.actor, data=data, device_id=device_id)


def record_both(session: Session, principal: Principal, kind: EventType, transfer: Transfer, told: Mapping[str, object]) -> None:
    """The same event in the chains of both sides; once where they are one."""
    for organisation in sorted({transfer.sender_id, transfer.receiver_id}):
        record(session, principal, organisation, kind, transfer, told)
