"""Numbers that a device is known by besides its asset code: attached by people, taken away again when they were wrong."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.devices import repository
from fleet.devices.errors import DeviceNotFound
from fleet.devices.models import Device, Identifier, IdentifierKind
from fleet.devices.service import get, normal
from fleet.errors import N_, Conflict, Invalid, NotFound, Stale
from labels.codes import show
from labels.elsewhere import NumberKind
from labels.scan import Scan, ScanKind, parse_scan

CHOOSABLE: Final = (IdentifierKind.SERIAL, IdentifierKind.FOREIGN_TAG)
"""What a bare number may be; only a person can tell."""
REMOVABLE: Final = frozenset(IdentifierKind) - {IdentifierKind.STORAGE_SERIAL}
"""The serial numbers of fitted storage follow the storage itself."""
OF_REFERENCE: Final[Mapping[NumberKind, IdentifierKind]] = {
    NumberKind.RECORD: IdentifierKind.FOREIGN_ID,
    NumberKind.TAG: IdentifierKind.FOREIGN_TAG,
    NumberKind.SERIAL: IdentifierKind.SERIAL,
}
MAX_LENGTH: Final = 200


class NotANumber(Invalid):
    """What was scanned cannot be attached to a device."""

    msgid = N_("{scanned} cannot be attached: it is one of our labels, or longer than 200 characters. Scan the other code.")


class NumberTaken(Conflict):
    """One record of another system is one device."""

    msgid = N_("{value} is attached to {other} already. If that is wrong, a lead takes it away there first.")


class NumberNotFound(NotFound):
    """This device has no such number now."""

    msgid = N_("{code} has no such number any more. Load its page again.")


class NumberKept(Conflict):
    """Some numbers follow something else."""

    msgid = N_("The serial number of a drive goes when the drive is taken out of the device.")


class SerialDiffers(Conflict):
    """A device has one serial number."""

    msgid = N_("{code} has the serial number {serial} already. A lead can take that away first if it is wrong.")


class NumberStale(Stale):
    """Somebody changed the device in the same moment."""

    msgid = N_("Someone else changed {code} in the meantime. Load its page again and check.")


class WhyMissing(Invalid):
    """Somebody must be able to read later why a number was wrong."""

    msgid = N_("Write in a few words why this number is wrong.")


@dataclass(frozen=True)
class Number:
    """A number as it is stored and looked for: upper case without spaces, with the scope of the system that gave it."""

    kind: IdentifierKind
    value: str
    system: str = ""


def number_of(scanned: str, kind: IdentifierKind | None = None) -> Number:
    """What a scan says of a device. `kind`, one of `CHOOSABLE`, tells what a bare number is. Raises NotANumber."""
    scan = parse_scan(scanned)
    number = _number(scan, kind if kind in CHOOSABLE else IdentifierKind.SERIAL)
    if number is None or not number.value or len(number.value) > MAX_LENGTH:
        raise NotANumber(scanned=scanned.strip()[:60], field="scanned")
    return number


def _number(scan: Scan, bare: IdentifierKind) -> Number | None:
    match scan.kind:
        case ScanKind.ELSEWHERE | ScanKind.FOREIGN:
            if scan.reference is None:
                return None
            kind = OF_REFERENCE[scan.reference.kind]
            return Number(kind, normal(scan.reference.value), "" if kind is IdentifierKind.SERIAL else scan.reference.scope)
        case ScanKind.IMEI:
            return Number(IdentifierKind.IMEI, scan.value)
        case ScanKind.SERIAL | ScanKind.MISREAD | ScanKind.ASSET_CODE:
            return Number(bare, normal(scan.serial)) if scan.serial else None
        case ScanKind.EMPTY:
            return None


def attach(session: Session, principal: Principal, code: str, scanned: str, kind: IdentifierKind | None = None) -> Identifier:
    """Make a device known by a number too; one that it has already stays as it is.

    Raises RoleMissing, DeviceNotFound, NotANumber, NumberTaken, SerialDiffers, NumberStale.
    """
    demand(principal, Role.WORKSHOP, Role.LENDING)
    number = number_of(scanned, kind)
    audit.lock(session, principal.organisation_id)
    device = get(session, code)
    _refuse_label(session, scanned)
    for known in repository.identifiers_of(session, device.id):
        if (known.kind, known.value, known.system) == (number.kind, number.value, number.system):
            return known
    _refuse_taken(session, device, number)
    if number.kind is IdentifierKind.SERIAL:
        _take_serial(session, device, scanned)
    made = Identifier(
        device_id=device.id,
        kind=number.kind,
        value=number.value,
        system=number.system,
        source="desk",
        added_by=principal.actor.id,
    )
    session.add(made)
    session.flush()
    _record(session, principal, EventType.IDENTIFIER_ATTACHED, device, made)
    return made


def remove(session: Session, principal: Principal, code: str, identifier_id: UUID, why: str) -> Device:
    """Take a wrong number away from a device; row, person and reason stay for the record.

    Raises RoleMissing, WhyMissing, DeviceNotFound, NumberNotFound, NumberKept, NumberStale.
    """
    demand(principal, *MANAGERS)
    if not why.strip():
        raise WhyMissing(field="text")
    audit.lock(session, principal.organisation_id)
    device = get(session, code)
    row = repository.identifier(session, identifier_id)
    if row is None or row.device_id != device.id or row.removed_at is not None:
        raise NumberNotFound(code=show(code))
    if row.kind not in REMOVABLE:
        raise NumberKept
    row.removed_at, row.removed_by, row.removed_why = utc_now(), principal.actor.id, why.strip()
    session.add(row)
    if row.kind is IdentifierKind.SERIAL and device.serial and normal(device.serial) == row.value:
        _move(session, device, None)
    session.flush()
    reason = hashlib.sha256(why.strip().encode()).hexdigest()
    _record(session, principal, EventType.IDENTIFIER_REMOVED, device, row, {"reason_sha256": reason})
    return device


def of_device(session: Session, code: str) -> Sequence[Identifier]:
    """What a device is known by now. Raises DeviceNotFound."""
    return repository.identifiers_of(session, get(session, code).id)


def _refuse_label(session: Session, scanned: str) -> None:
    """A code without its dash may be a serial number, but not when somebody issued it as a label."""
    scan = parse_scan(scanned)
    if scan.kind is ScanKind.ASSET_CODE and repository.organisation_of_code(session, scan.value):
        raise NotANumber(scanned=show(scan.value), field="scanned")


def _refuse_taken(session: Session, device: Device, number: Number) -> None:
    """Serial and inventory numbers repeat in the world; the record of one system does not."""
    if number.kind is not IdentifierKind.FOREIGN_ID:
        return
    for other, _ in repository.identified(session, number.value, {number.kind}, number.system):
        if other.id != device.id:
            raise NumberTaken(value=number.value, other=show(other.asset_code), field="device")


def _take_serial(session: Session, device: Device, scanned: str) -> None:
    if device.serial:
        raise SerialDiffers(code=show(device.asset_code), serial=device.serial, field="device")
    scan = parse_scan(scanned)
    _move(session, device, scan.reference.value if scan.reference else scan.serial or scan.value)


def _move(session: Session, device: Device, serial: str | None) -> None:
    if not repository.move(session, device, {"serial": serial}):
        raise NumberStale(code=show(device.asset_code))


def _record(
    session: Session,
    principal: Principal,
    kind: EventType,
    device: Device,
    row: Identifier,
    more: Mapping[str, object] | None = None,
) -> None:
    told = {
        "code": device.asset_code,
        "identifier": str(row.id),
        "kind": row.kind.value,
        "value": row.value,
        "system": row.system,
    }
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=kind,
        actor=principal.actor,
        device_id=device.id,
        data={**told, **(more or {})},
    )


ATTACHING: Final = (DeviceNotFound, NotANumber, NumberTaken, SerialDiffers, NumberStale)
REMOVING: Final = (DeviceNotFound, NumberNotFound, NumberKept, NumberStale, WhyMissing)
"""What the API can answer."""
