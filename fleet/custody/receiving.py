"""The receiver's part of a transfer: scan in, answer about ownership, close; and what is missing in the end."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal, Role, demand
from fleet.custody import repository
from fleet.custody.errors import (
    LineNotFound,
    LineSettled,
    LostTooSoon,
    OtherSide,
    OwnershipAnswered,
    OwnershipUnanswered,
    TransferNotFound,
    TransferNotSent,
)
from fleet.custody.models import Transfer, TransferLine
from fleet.custody.records import lock_sides, record, record_both, record_owner, speaking_for
from fleet.custody.rules import EXPECTED, LOST_AFTER, MOVERS, LineStatus, Ownership, TransferStatus, may_call_lost
from fleet.custody.service import code_of, get, own, take_back
from fleet.db.columns import utc_now
from fleet.devices import evidence as ev
from fleet.devices import service as devices
from fleet.devices.standing import By
from fleet.devices.states import Step
from fleet.organisations import service as organisations
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from labels.codes import show


class Arrival(StrEnum):
    """How a scan at the door ended."""

    RECEIVED = "received"
    AGAIN = "again"
    SURPLUS = "surplus"
    CALLED_BACK = "called_back"


@dataclass(frozen=True)
class ScannedIn:
    """One scan at the door. A surplus is noted, and changes nothing about who holds the device."""

    code: str
    arrival: Arrival


def receive(session: Session, principal: Principal, transfer_id: UUID, scanned: str, place: str = "") -> ScannedIn:
    """Scan one device in; scanned twice, it is received once. Still possible for what was missing at the close.

    Raises RoleMissing, TransferNotFound, OtherSide, TransferNotSent, OwnershipUnanswered, ScanUnread.
    """
    transfer = _arriving(session, principal, transfer_id, MOVERS)
    if transfer.ownership is Ownership.OFFERED:
        raise OwnershipUnanswered
    code = code_of(scanned)
    line = repository.line(session, transfer.id, code)
    if line is None:
        return _surplus(session, principal, transfer, code)
    if line.status is LineStatus.RECEIVED:
        return ScannedIn(code, Arrival.AGAIN)
    if line.status not in EXPECTED:
        return ScannedIn(code, Arrival.SURPLUS if line.status is LineStatus.SURPLUS else Arrival.CALLED_BACK)
    _take_over(session, principal, transfer, line, place)
    return ScannedIn(code, Arrival.RECEIVED)


def _take_over(session: Session, principal: Principal, transfer: Transfer, line: TransferLine, place: str) -> None:
    """The receiver holds it now, and owns it where that was agreed."""
    if line.device_id is None:
        raise LineNotFound(code=show(line.asset_code))
    owner = repository.devices(session, {line.device_id})[line.device_id].owner_id
    version = repository.receive(session, transfer.id, line.device_id, place.strip()[:200] or _shelf(session, transfer))
    if version is None:
        raise LineSettled(code=show(line.asset_code))
    was_missing, line.status, line.received_at = line.status is LineStatus.MISSING, LineStatus.RECEIVED, utc_now()
    session.add(line)
    session.flush()
    told = {"code": line.asset_code, "version": version, "from": str(transfer.sender_id), "to": str(transfer.receiver_id)}
    if transfer.ownership is Ownership.ACCEPTED:
        told |= {"owner": str(transfer.receiver_id)}
    kind = EventType.DEVICE_HANDED_OVER
    record(session, principal, transfer.receiver_id, kind, transfer, told, line.device_id)
    for other in sorted({transfer.sender_id, owner} - {transfer.receiver_id}):
        told_other = {**told, "device": str(line.device_id)}
        record(session, principal, other, EventType.TRANSFER_LINE_RECEIVED, transfer, told_other)
    if was_missing:
        _settle(session, principal, transfer, line)


def _shelf(session: Session, transfer: Transfer) -> str:
    """Where a device stands when nobody said: the site that it was sent to."""
    sites = organisations.sites_of(session, transfer.receiver_id)
    return sites.get(transfer.to_site_id, "") if transfer.to_site_id else ""


def _settle(session: Session, principal: Principal, transfer: Transfer, line: TransferLine) -> None:
    """Close the sender's task about a missing device."""
    if line.device_id is None:
        return
    with speaking_for(session, principal, transfer.sender_id) as speaker:
        tasks.settle(session, speaker, line.device_id, TaskKind.TRANSFER_MISSING, transfer=transfer.reference)


def _surplus(session: Session, principal: Principal, transfer: Transfer, code: str) -> ScannedIn:
    """Note what was not announced, whatever it is: who scans it learns nothing about it here."""
    if transfer.status is TransferStatus.SENT:
        session.add(TransferLine(transfer_id=transfer.id, asset_code=code, status=LineStatus.SURPLUS))
        session.flush()
        record_both(session, principal, EventType.TRANSFER_SURPLUS, transfer, {"code": code})
    return ScannedIn(code, Arrival.SURPLUS)


def answer(session: Session, principal: Principal, transfer_id: UUID, *, accept: bool) -> Transfer:
    """Take the devices as one's own, or only hold them. What the receiver holds already is its own at once.

    Raises RoleMissing, TransferNotFound, OtherSide, TransferNotSent, OwnershipAnswered.
    """
    transfer = _arriving(session, principal, transfer_id, MANAGERS)
    if transfer.ownership is not Ownership.OFFERED:
        raise OwnershipAnswered
    transfer.ownership = Ownership.ACCEPTED if accept else Ownership.DECLINED
    session.add(transfer)
    session.flush()
    record_both(session, principal, EventType.TRANSFER_ANSWERED, transfer, {"ownership": transfer.ownership.value})
    for line in repository.lines(session, transfer.id):
        _answered(session, principal, transfer, line)
    return transfer


def _answered(session: Session, principal: Principal, transfer: Transfer, line: TransferLine) -> None:
    """A device that the receiver holds already is not carried: it changes owner now, or it is off the list."""
    if line.device_id is None or line.status is not LineStatus.UNDER_WAY:
        return
    device = repository.devices(session, {line.device_id})[line.device_id]
    if device.custodian_id != transfer.receiver_id:
        return
    if transfer.ownership is Ownership.ACCEPTED:
        _take_over(session, principal, transfer, line, device.place)
        return
    with speaking_for(session, principal, transfer.sender_id) as speaker:
        take_back(session, speaker, transfer, line)
        line.status = LineStatus.RECALLED
        session.add(line)


def close(session: Session, principal: Principal, transfer_id: UUID) -> Transfer:
    """Everything that came is scanned. What did not come is missing: the sender, who still holds it, gets a task for each.

    Raises RoleMissing, TransferNotFound, OtherSide, TransferNotSent, OwnershipUnanswered.
    """
    transfer = _arriving(session, principal, transfer_id, MOVERS)
    if transfer.status is not TransferStatus.SENT:
        raise TransferNotSent(reference=transfer.reference)
    if transfer.ownership is Ownership.OFFERED:
        raise OwnershipUnanswered
    missing = [line for line in repository.lines(session, transfer.id) if line.status is LineStatus.UNDER_WAY]
    repository.set_lines(session, transfer.id, {LineStatus.UNDER_WAY}, LineStatus.MISSING)
    transfer.status, transfer.closed_at = TransferStatus.CLOSED, utc_now()
    session.add(transfer)
    session.flush()
    record_both(session, principal, EventType.TRANSFER_CLOSED, transfer, {"missing": [line.asset_code for line in missing]})
    sought = repository.devices(session, {line.device_id for line in missing if line.device_id})
    for device in sought.values():
        record_owner(session, principal, EventType.TRANSFER_LINE_MISSING, transfer, device, {"code": device.asset_code})
    with speaking_for(session, principal, transfer.sender_id) as speaker:
        for line in missing:
            told = {"transfer": transfer.reference, "code": line.asset_code}
            kind = TaskKind.TRANSFER_MISSING
            tasks.open_task(session, transfer.sender_id, kind, actor=speaker.actor, data=told, device_id=line.device_id)
    return transfer


def found_here(session: Session, principal: Principal, transfer_id: UUID, code: str) -> Transfer:
    """The sender found a device that was to go along: it stays here. Raises as `own`, and LineNotFound, LineSettled."""
    transfer, line = _outstanding(session, principal, transfer_id, code)
    take_back(session, principal, transfer, line)
    line.status = LineStatus.RECALLED
    session.add(line)
    session.flush()
    _settle(session, principal, transfer, line)
    return transfer


def call_lost(
    session: Session, principal: Principal, transfer_id: UUID, code: str, statement: str, police: str | None = None
) -> Transfer:
    """The sender decides that a missing device is lost, once it was looked for long enough.

    Raises as `own`, and LineNotFound, LineSettled, LostTooSoon and what `devices.apply` raises.
    """
    transfer, line = _outstanding(session, principal, transfer_id, code)
    if not may_call_lost(line.status, transfer.closed_at, utc_now()):
        raise LostTooSoon(code=show(code), days=LOST_AFTER.days)
    take_back(session, principal, transfer, line)
    line.status = LineStatus.LOST
    session.add(line)
    session.flush()
    told = ev.LossStatement(text=statement, police_reference=police)
    devices.apply(session, By(principal), code, Step.REPORT_LOST, [told])
    _settle(session, principal, transfer, line)
    return transfer


def _outstanding(session: Session, principal: Principal, transfer_id: UUID, code: str) -> tuple[Transfer, TransferLine]:
    transfer = own(session, principal, transfer_id)
    line = repository.line(session, transfer.id, code)
    if line is None:
        raise LineNotFound(code=show(code))
    if line.status not in EXPECTED:
        raise LineSettled(code=show(code))
    return transfer, line


def _arriving(session: Session, principal: Principal, transfer_id: UUID, roles: Collection[Role]) -> Transfer:
    """A sent transfer to the caller's organisation, locked with both chains."""
    demand(principal, *roles)
    seen = get(session, principal, transfer_id)
    if seen.receiver_id != principal.organisation_id:
        raise OtherSide
    lock_sides(session, seen)
    transfer = repository.get(session, principal.organisation_id, transfer_id, lock=True)
    if transfer is None:
        raise TransferNotFound
    if transfer.status not in {TransferStatus.SENT, TransferStatus.CLOSED}:
        raise TransferNotSent(reference=transfer.reference)
    return transfer
