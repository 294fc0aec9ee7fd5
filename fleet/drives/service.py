"""Fit a drive, take one out, and join what a bench sees: two records, one transaction.

Lock order as everywhere: the chain locks first, of all organisations that are concerned, sorted; then the rows.
"""

from collections.abc import Sequence

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.auth.rules import Principal, Role, demand
from fleet.contract.kinds import DeviceKind
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.changes import stale
from fleet.devices.errors import LabelMisread
from fleet.devices.models import Component, Device
from fleet.devices.standing import By, read
from fleet.devices.states import State, Step
from fleet.drives import moves
from fleet.drives.errors import (
    DeviceClosed,
    DriveElsewhere,
    DriveUnread,
    NotADrive,
    NotHere,
    ScanMissing,
    StorageGone,
    StorageNotFitted,
    TakesNoDrive,
)
from fleet.drives.moves import Moved
from fleet.drives.rules import OPEN, takes_drive
from fleet.tags import service as tags
from labels.codes import show
from labels.scan import ScanKind, parse_scan


def code_of(scanned: str, field: str) -> str:
    """The asset code on a label that was scanned. Raises ScanMissing, LabelMisread."""
    if not scanned.strip():
        raise ScanMissing(field=field)
    scan = parse_scan(scanned)
    if scan.kind is not ScanKind.ASSET_CODE:
        raise LabelMisread(scanned=scanned.strip()[:80], field=field)
    return scan.value


def fit(session: Session, principal: Principal, drive_code: str, device_code: str) -> Moved:
    """A wiped loose drive goes into a device, which gets the drive's own certificate as its evidence.

    Said twice it is done once. Raises RoleMissing, DeviceNotFound, NotADrive, TakesNoDrive, NotHere, DriveUnread,
    DriveElsewhere, DeviceClosed, StepNotListed, StepIncomplete.
    """
    demand(principal, Role.WORKSHOP)
    by = By(principal)
    drive, device = _locked(session, principal, drive_code, device_code)
    _check_pair(drive, device)
    if drive.state is State.FITTED:
        return _fitted_before(session, by, drive, device)
    _check_open(device)
    return _join(session, by, drive, device, _only(session, drive), carry=True)


def _join(session: Session, by: By, drive: Device, device: Device, component: Component, *, carry: bool) -> Moved:
    """The drive's record ends in the device. The lifecycle's gate says whether its proof holds."""
    proof = moves.certificate_for(session, by, drive, component.storage_key)
    into = ev.FittedInto(other_code=device.asset_code, device_id=device.id)
    drive = service.apply(session, moves.vouching(by), drive.asset_code, Step.FIT_INTO, [into])
    moves.close(session, component, drive)
    device = moves.put_in(session, by, drive, device, component, proof if carry else None)
    return Moved(drive, device, proven=carry and proof is not None)


def join_seen(session: Session, by: By, drive: Device, device: Device, component: Component, *, carry: bool) -> Moved:
    """What `fit` does, said by a bench that sees the drive inside; `carry` says whether the proof goes along."""
    return _join(session, by, drive, device, component, carry=carry)


def take_out(
    session: Session,
    principal: Principal,
    device_code: str,
    key: str,
    place: str,
    *,
    expected_version: int | None = None,
) -> Moved:
    """A storage becomes a loose drive of its own: the one that was fitted, or a new device with a code of its own.

    Its certificate goes along while it holds. Said twice it is done once.
    Raises RoleMissing, DeviceNotFound, DeviceStale, TakesNoDrive, NotHere, DeviceClosed, StorageNotFitted, StorageGone.
    """
    demand(principal, Role.WORKSHOP)
    by = By(principal)
    [device] = _locked(session, principal, device_code)
    if not takes_drive(device.kind):
        raise TakesNoDrive(code=show(device.asset_code))
    component = next((row for row in repository.fitted(session, device.id) if row.storage_key == key), None)
    if component is None:
        return _taken_before(session, by, device, key)
    if expected_version is not None and device.version != expected_version:
        raise stale(session, device, expected_version)
    _check_open(device)
    if moves.destroyed(session, by, device, key):
        raise StorageGone(code=show(device.asset_code))
    proof = moves.certificate_for(session, by, device, key)
    drive = _loose(session, by, device, component, place)
    removed = ev.StorageRemoved(key=key, other_code=drive.asset_code, device_id=drive.id)
    device = service.add_evidence(session, moves.vouching(by), device.asset_code, [removed])
    moves.close(session, component, device)
    if proof is not None:
        drive = service.add_evidence(session, moves.vouching(by, proof), drive.asset_code, [proof])
    return Moved(drive, device, proven=proof is not None)


def _loose(session: Session, by: By, device: Device, component: Component, place: str) -> Device:
    """The drive's own record: it comes back to life, or begins."""
    came = ev.TakenOutOf(other_code=device.asset_code, device_id=device.id, key=component.storage_key)
    given: Sequence[ev.AnyEvidence] = [came, ev.Place(place=place, site_id=device.site_id)]
    before = _fitted_drive(session, device, component.storage_key)
    if before is not None:
        drive = service.apply(session, moves.vouching(by), before.asset_code, Step.TAKE_OUT, given)
    else:
        new = service.NewDevice(
            tags.issue_one(session, by.principal),
            DeviceKind.DRIVE,
            component.model or component.media.value,
            component.serial or None,
        )
        drive = service.create(session, moves.vouching(by), new, Step.TAKE_OUT, [*given, ev.Intake(origin=device.origin)])
    moves.begin(session, component, drive)
    return drive


def _fitted_drive(session: Session, device: Device, key: str) -> Device | None:
    """The loose drive as which this storage came into the device, if it came as one."""
    for row in reversed(repository.evidence_of(session, device.id)):
        what = read(row)
        if isinstance(what, ev.StorageFitted) and what.key == key:
            drive = repository.by_id(session, what.device_id)
            if drive is None or drive.state is not State.FITTED:
                return None
            into = _last_into(session, drive)
            return drive if into is not None and into.device_id == device.id else None
    return None


def _last_into(session: Session, drive: Device) -> ev.FittedInto | None:
    """Where the drive went when it was last fitted."""
    told = (read(row) for row in reversed(repository.evidence_of(session, drive.id)))
    return next((what for what in told if isinstance(what, ev.FittedInto)), None)


def _fitted_before(session: Session, by: By, drive: Device, device: Device) -> Moved:
    """The drive is fitted: in this device all is done. Raises DriveElsewhere."""
    into = _last_into(session, drive)
    if into is None or into.device_id != device.id:
        raise DriveElsewhere(code=show(drive.asset_code), other=show(into.other_code) if into else "?", field="drive")
    keys = [row.storage_key for row in repository.fitted(session, device.id)]
    proven = any(moves.certificate_for(session, by, device, key) for key in keys)
    return Moved(drive, device, proven=proven, already=True)


def _taken_before(session: Session, by: By, device: Device, key: str) -> Moved:
    """The storage is out already: lead to the drive that it became. Raises StorageNotFitted."""
    for row in reversed(repository.evidence_of(session, device.id)):
        what = read(row)
        if isinstance(what, ev.StorageRemoved) and what.key == key:
            drive = repository.by_id(session, what.device_id)
            if drive is not None:
                proven = moves.certificate_for(session, by, drive, key) is not None
                return Moved(drive, device, proven=proven, already=True)
    raise StorageNotFitted(code=show(device.asset_code))


def _locked(session: Session, principal: Principal, *codes: str) -> list[Device]:
    """The devices as they are under the chain locks of everybody concerned. Raises DeviceNotFound, NotHere."""
    found = [service.get(session, code) for code in codes]
    concerned = {principal.organisation_id, *(device.owner_id for device in found)}
    audit.lock(session, *concerned)
    fresh = [service.get(session, code) for code in codes]
    for device in fresh:
        if device.custodian_id != principal.organisation_id:
            raise NotHere(code=show(device.asset_code))
    return fresh


def _check_pair(drive: Device, device: Device) -> None:
    if drive.kind is not DeviceKind.DRIVE:
        raise NotADrive(code=show(drive.asset_code), field="drive")
    if not takes_drive(device.kind):
        raise TakesNoDrive(code=show(device.asset_code), field="device")


def _check_open(device: Device) -> None:
    if device.state not in OPEN:
        raise DeviceClosed(code=show(device.asset_code), state=device.state.value, field="device")


def _only(session: Session, drive: Device) -> Component:
    """The storage that the drive is. Raises DriveUnread."""
    rows = repository.fitted(session, drive.id)
    if len(rows) != 1:
        raise DriveUnread(code=show(drive.asset_code), field="drive")
    return rows[0]
