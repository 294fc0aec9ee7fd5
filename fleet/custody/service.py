"""Pack, send and cancel a transfer. The other side's part is in `receiving`.

Lock order: the chains of everybody concerned in sorted order, then the transfer, then its devices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal, demand
from fleet.custody import repository
from fleet.custody.errors import (
    DestinationClosed,
    DestinationLeft,
    DestinationSame,
    DestinationUnknown,
    DeviceNotMovable,
    LineNotFound,
    OtherSide,
    ScanUnread,
    TransferEmpty,
    TransferNotDraft,
    TransferNotFound,
    TransferNotSent,
)
from fleet.custody.models import Transfer, TransferLine
from fleet.custody.records import lock_sides, record, record_both, record_owner
from fleet.custody.rules import MOVERS, Candidate, LineStatus, Ownership, TransferStatus, WhyNot, why_not
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.devices import repository as devices
from fleet.devices.models import Device
from fleet.organisations import service as organisations
from labels.codes import show
from labels.scan import ScanKind, parse_scan


@dataclass(frozen=True)
class Destination:
    """Where to. The same organisation: from one of its sites to another."""

    organisation_id: UUID
    site_id: UUID | None = None
    from_site_id: UUID | None = None
    with_ownership: bool = False


@dataclass(frozen=True)
class Consignment:
    """What goes with the devices; all of it may be empty."""

    driver: str = ""
    carrier_reference: str = ""
    seal: str = ""


@dataclass(frozen=True)
class Scanned:
    """How a scan ended. `why` is None for green; `again` when it had been scanned before, which is green too."""

    code: str
    why: WhyNot | None = None
    again: bool = False


def get(session: Session, principal: Principal, transfer_id: UUID) -> Transfer:
    """A transfer of the caller's organisation. Raises TransferNotFound."""
    found = repository.get(session, principal.organisation_id, transfer_id)
    if found is None:
        raise TransferNotFound
    return found


def page(
    session: Session, principal: Principal, *, open_only: bool = False, limit: int = DEFAULT_PAGE, cursor: str | None = None
) -> Page[Transfer]:
    """The organisation's transfers, the newest first."""
    return repository.page(session, principal.organisation_id, open_only, limit, cursor)


def lines(session: Session, transfer: Transfer) -> Sequence[TransferLine]:
    """What is on a transfer."""
    return repository.lines(session, transfer.id)


def tallies(session: Session, transfers: Sequence[Transfer]) -> Mapping[UUID, Mapping[LineStatus, int]]:
    """How many lines of each of these transfers stand where."""
    return repository.tallies(session, [row.id for row in transfers])


def draft(session: Session, principal: Principal, to: Destination) -> Transfer:
    """Begin a transfer. Raises RoleMissing, DestinationUnknown, DestinationSame, DestinationLeft."""
    demand(principal, *MOVERS)
    sender = principal.organisation_id
    _check(session, sender, to)
    audit.lock(session, sender)
    now = utc_now()
    transfer = Transfer(
        reference=f"T-{now.year}-{repository.next_number(session, sender, now.year):04}",
        sender_id=sender,
        receiver_id=to.organisation_id,
        from_site_id=to.from_site_id,
        to_site_id=to.site_id,
        ownership=Ownership.OFFERED if to.with_ownership else Ownership.KEPT,
        created_at=now,
        created_by=principal.actor.id,
    )
    session.add(transfer)
    session.flush()
    told = {"to": str(to.organisation_id), "site": str(to.site_id) if to.site_id else None, "ownership": to.with_ownership}
    record(session, principal, sender, EventType.TRANSFER_CREATED, transfer, told)
    return transfer


def _check(session: Session, sender: UUID, to: Destination) -> None:
    own = organisations.sites_of(session, sender)
    if to.organisation_id == sender and (to.with_ownership or to.site_id is None or to.site_id == to.from_site_id):
        raise DestinationSame(field="to_site")
    if not organisations.is_open(session, to.organisation_id):
        raise DestinationUnknown(field="to")
    if to.from_site_id is not None and to.from_site_id not in own:
        raise DestinationUnknown(field="from_site")
    if to.site_id is not None and to.site_id not in organisations.sites_of(session, to.organisation_id):
        raise DestinationUnknown(field="to_site")


def code_of(scanned: str) -> str:
    """The asset code in a scan. Raises ScanUnread."""
    scan = parse_scan(scanned)
    if scan.kind is not ScanKind.ASSET_CODE:
        raise ScanUnread(scanned=scanned.strip()[:80] or "-", field="scanned")
    return scan.value


def pack(session: Session, principal: Principal, transfer_id: UUID, scanned: str) -> Scanned:
    """Scan a device out: onto the list, or why not. Raises RoleMissing, TransferNotFound, TransferNotDraft, ScanUnread."""
    transfer = _draft(session, principal, transfer_id)
    code = code_of(scanned)
    known = repository.lines(session, transfer.id)
    if any(line.asset_code == code for line in known):
        return Scanned(code, again=True)
    device = devices.by_code(session, code)
    if device is None:
        return Scanned(code, WhyNot.NOT_HELD)
    why = refusal(transfer, device, len(known))
    if why is None and repository.open_line(session, device.id) is not None:
        why = WhyNot.THERE_ALREADY
    if why is not None:
        return Scanned(code, why)
    description = " ".join(filter(None, (device.manufacturer, device.model, device.serial)))[:500]
    line = TransferLine(
        transfer_id=transfer.id, device_id=device.id, asset_code=code, description=description, status=LineStatus.PACKED
    )
    try:
        with session.begin_nested():
            session.add(line)
    except IntegrityError:  # on a draft of the other side, which this one does not see
        return Scanned(code, WhyNot.THERE_ALREADY)
    return Scanned(code)


def refusal(transfer: Transfer, device: Device, lines_there: int) -> WhyNot | None:
    """Why a device cannot go along on this transfer."""
    candidate = Candidate(device.state, device.owner_id, device.custodian_id, device.incoming_id is not None)
    return why_not(candidate, transfer.sender_id, transfer.receiver_id, transfer.ownership, lines_there)


def unpack(session: Session, principal: Principal, transfer_id: UUID, code: str) -> None:
    """Take a device off the list again. Raises RoleMissing, TransferNotFound, TransferNotDraft, LineNotFound."""
    transfer = _draft(session, principal, transfer_id)
    line = repository.line(session, transfer.id, code)
    if line is None:
        raise LineNotFound(code=show(code))
    repository.forget_line(session, line.id)


def send(session: Session, principal: Principal, transfer_id: UUID, goes: Consignment) -> Transfer:
    """Let it go: from here the receiver sees it and may scan it in; the sender holds it until then.

    Raises RoleMissing, TransferNotFound, TransferNotDraft, TransferEmpty, DestinationLeft, DestinationClosed, DeviceNotMovable.
    """
    transfer = _draft(session, principal, transfer_id)
    packed = repository.lines(session, transfer.id)
    if not packed:
        raise TransferEmpty
    if not organisations.is_open(session, transfer.receiver_id):
        raise DestinationLeft(name=organisations.public_face(session, transfer.receiver_id).name)
    if transfer.to_site_id is not None and transfer.to_site_id not in organisations.sites_of(session, transfer.receiver_id):
        raise DestinationClosed
    going = _still_movable(session, transfer, packed)
    transfer.driver, transfer.carrier_reference, transfer.seal = goes.driver, goes.carrier_reference, goes.seal
    transfer.status, transfer.sent_at = TransferStatus.SENT, utc_now()
    session.add(transfer)
    session.flush()
    repository.set_lines(session, transfer.id, {LineStatus.PACKED}, LineStatus.UNDER_WAY)
    versions = repository.send(session, transfer.id)
    for line in packed:
        if line.device_id not in versions:
            raise DeviceNotMovable(code=show(line.asset_code), why="")
    told = {"lines": len(packed), "ownership": transfer.ownership.value, "seal": transfer.seal}
    codes = [line.asset_code for line in packed]
    record(session, principal, transfer.sender_id, EventType.TRANSFER_SENT, transfer, {**told, "codes": codes})
    if transfer.receiver_id != transfer.sender_id:
        sender = str(transfer.sender_id)
        record(session, principal, transfer.receiver_id, EventType.TRANSFER_ANNOUNCED, transfer, {**told, "from": sender})
    for line in packed:
        version = versions[line.device_id] if line.device_id else 0
        told_line = {"code": line.asset_code, "version": version, "to": str(transfer.receiver_id)}
        kind = EventType.DEVICE_SENT
        record(session, principal, transfer.sender_id, kind, transfer, told_line, line.device_id)
        record_owner(session, principal, EventType.TRANSFER_LINE_SENT, transfer, going[line.asset_code], told_line)
    return transfer


def _still_movable(session: Session, transfer: Transfer, packed: Sequence[TransferLine]) -> Mapping[str, Device]:
    """The devices by code. Raises DeviceNotMovable."""
    found = repository.devices(session, {line.device_id for line in packed if line.device_id})
    for line in packed:
        device = found.get(line.device_id) if line.device_id else None
        if device is None or refusal(transfer, device, 0) is not None:
            raise DeviceNotMovable(code=show(line.asset_code), why=device.state.value if device else "-")
    return {device.asset_code: device for device in found.values()}


def cancel(session: Session, principal: Principal, transfer_id: UUID) -> Transfer:
    """Give a transfer up, packed or under way, as long as nothing of it came in; the devices stay with the sender.

    Raises RoleMissing, TransferNotFound, OtherSide, TransferNotSent.
    """
    transfer = own(session, principal, transfer_id)
    there = repository.lines(session, transfer.id)
    came_in = any(line.status in {LineStatus.RECEIVED, LineStatus.SURPLUS} for line in there)
    if transfer.closed_at is not None or came_in:
        raise TransferNotSent(reference=transfer.reference)
    for line in there:
        if line.status is LineStatus.UNDER_WAY and line.device_id is not None:
            take_back(session, principal, transfer, line)
    repository.set_lines(session, transfer.id, {LineStatus.PACKED, LineStatus.UNDER_WAY}, LineStatus.RECALLED)
    was_sent = transfer.status is TransferStatus.SENT
    transfer.status, transfer.closed_at = TransferStatus.CANCELLED, utc_now()
    session.add(transfer)
    session.flush()
    if was_sent:
        record_both(session, principal, EventType.TRANSFER_CANCELLED, transfer, {})
    else:
        record(session, principal, transfer.sender_id, EventType.TRANSFER_CANCELLED, transfer, {})
    return transfer


def take_back(session: Session, principal: Principal, transfer: Transfer, line: TransferLine) -> None:
    """The device never left, or was found here: nobody expects it any more. For callers that hold the locks."""
    if line.device_id is None:
        return
    version = repository.recall(session, transfer.id, line.device_id)
    if version is not None:
        told = {"code": line.asset_code, "version": version}
        kind = EventType.DEVICE_RECALLED
        record(session, principal, transfer.sender_id, kind, transfer, told, line.device_id)
        device = repository.devices(session, {line.device_id})[line.device_id]
        record_owner(session, principal, EventType.TRANSFER_LINE_RECALLED, transfer, device, told)


def own(session: Session, principal: Principal, transfer_id: UUID) -> Transfer:
    """A transfer that the caller's side sends, locked with both chains. Raises RoleMissing, TransferNotFound, OtherSide."""
    demand(principal, *MOVERS)
    lock_sides(session, get(session, principal, transfer_id))
    found = repository.get(session, principal.organisation_id, transfer_id, lock=True)
    if found is None:
        raise TransferNotFound
    if found.sender_id != principal.organisation_id:
        raise OtherSide
    return found


def _draft(session: Session, principal: Principal, transfer_id: UUID) -> Transfer:
    transfer = own(session, principal, transfer_id)
    if transfer.status is not TransferStatus.DRAFT:
        raise TransferNotDraft(reference=transfer.reference)
    return transfer
