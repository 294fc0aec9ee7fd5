"""Record a destruction, and have its witness answer. Only a confirmed record is evidence."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, ActorKind, Principal, Role, demand
from fleet.contract.canonical import canonical
from fleet.contract.kinds import DestructionMethod, DeviceKind, MediaType
from fleet.db.columns import utc_now
from fleet.destruction import repository
from fleet.destruction.errors import (
    MomentWrong,
    NotNow,
    NotSeen,
    OwnWitness,
    PhotoMissing,
    RecordAnswered,
    RecordNotFound,
    RecordPending,
    RecordTaken,
    StorageMissing,
    StorageUnknown,
    WhyDeclined,
)
from fleet.destruction.models import DestructionAnswer, DestructionRecord
from fleet.destruction.photo import Photo, clean
from fleet.destruction.rules import EARLIEST, DestructionDocument, Standing, is_unread, may_destroy, plausible, unread_key
from fleet.devices import evidence as ev
from fleet.devices import repository as devices_repository
from fleet.devices import service as devices
from fleet.devices.errors import DeviceNotFound, PersonMissing
from fleet.devices.models import Component, Device
from fleet.devices.standing import By
from fleet.devices.states import State, Step
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from labels.codes import show


@dataclass(frozen=True)
class Told:
    """What the operator tells. `serial` is for storage that no bench could read; `photo` is the upload as it came."""

    id: UUID
    keys: tuple[str, ...]
    method: DestructionMethod
    reason: str
    place: str
    destroyed_at: datetime
    photo: bytes
    serial: str = ""


@dataclass(frozen=True)
class Answer:
    """What the witness says. `seen` must be true to confirm, a note is needed to decline."""

    confirmed: bool
    seen: bool = False
    note: str = ""


@dataclass(frozen=True)
class Record:
    """A record with its answer, if there is one."""

    row: DestructionRecord
    answer: DestructionAnswer | None
    document: DestructionDocument

    @property
    def standing(self) -> Standing:
        """How far it is."""
        if self.answer is None:
            return Standing.AWAITS_WITNESS
        return Standing.CONFIRMED if self.answer.confirmed else Standing.DECLINED


def record(session: Session, principal: Principal, code: str, told: Told) -> Record:
    """Write down what was destroyed; a task asks somebody else to confirm it. The same id again gives the same record.

    Raises RoleMissing, PersonMissing, DeviceNotFound, NotNow, StorageMissing, StorageUnknown, RecordPending, RecordTaken,
    PhotoMissing, PhotoUnfit, MomentWrong.
    """
    demand(principal, Role.WORKSHOP, *MANAGERS)
    operator = _person(principal)
    if not told.photo:
        raise PhotoMissing(field="photo")
    photo = clean(told.photo)
    audit.lock(session, principal.organisation_id)
    device = devices.get(session, code)
    known = repository.get(session, told.id)
    if known is not None:
        if (known.device_id, known.operator_id) != (device.id, operator):
            raise RecordTaken
        return _with_answer(session, known)
    if not may_destroy(device.kind, device.state):
        raise NotNow(code=show(device.asset_code), state=device.state.value)
    now = utc_now()
    if not plausible(told.destroyed_at, now):
        raise MomentWrong(days=EARLIEST.days, field="destroyed_at")
    keys = _keys(session, device, told)
    document = DestructionDocument(
        id=told.id,
        asset_code=device.asset_code,
        device_id=device.id,
        storage_keys=keys,
        method=told.method,
        reason=told.reason,
        place=told.place,
        destroyed_at=told.destroyed_at,
        recorded_at=now,
        operator=operator,
        photo_sha256=photo.sha256,
        photo_type=photo.media_type,
    )
    return _keep(session, principal, device, document, photo)


def _keep(session: Session, principal: Principal, device: Device, document: DestructionDocument, photo: Photo) -> Record:
    actor = principal.actor
    told = {"record": str(document.id), "code": device.asset_code}
    organisation = principal.organisation_id
    task = tasks.open_task(session, organisation, TaskKind.DESTRUCTION_WITNESS, actor=actor, data=told, device_id=device.id)
    written = canonical(document)
    row = DestructionRecord(
        id=document.id,
        organisation_id=organisation,
        device_id=device.id,
        storage_keys=list(document.storage_keys),
        method=document.method,
        operator_id=document.operator,
        opened_at=document.recorded_at,
        task_id=task.id,
        document=written,
        sha256=hashlib.sha256(written).hexdigest(),
        photo=photo.content,
        photo_type=photo.media_type,
        photo_sha256=photo.sha256,
    )
    session.add(row)
    session.flush()
    data = {**told, "sha256": row.sha256, "photo_sha256": row.photo_sha256, "operator": str(document.operator)}
    audit.record(
        session,
        organisation_id=organisation,
        type=EventType.DESTRUCTION_OPENED,
        actor=actor,
        data=data,
        device_id=device.id,
    )
    return Record(row, None, document)


def _keys(session: Session, device: Device, told: Told) -> tuple[str, ...]:
    """The storages that were destroyed, each recorded in the device or named by its sticker.

    Raises StorageMissing, StorageUnknown, RecordPending.
    """
    fitted = {row.storage_key for row in devices_repository.fitted(session, device.id)}
    serial = devices.normal(told.serial)
    keys = tuple(dict.fromkeys([*told.keys, *([unread_key(serial)] if serial else [])]))
    if not keys:
        raise StorageMissing(field="keys" if fitted else "serial")
    if any(key not in fitted and not (serial and key == unread_key(serial)) for key in keys):
        raise StorageUnknown(code=show(device.asset_code), field="keys")
    taken = {
        key for known in of_device(session, device) if known.standing is not Standing.DECLINED for key in known.row.storage_keys
    }
    if taken & set(keys):
        raise RecordPending
    return keys


def answer(session: Session, principal: Principal, record_id: UUID, said: Answer) -> Record:
    """The witness confirms or declines, on a session of their own. A confirmed record is evidence from here on.

    Raises RoleMissing, PersonMissing, RecordNotFound, RecordAnswered, OwnWitness, NotSeen, WhyDeclined, NotNow, DeviceStale.
    """
    demand(principal, Role.WORKSHOP, *MANAGERS)
    witness = _person(principal)
    audit.lock(session, principal.organisation_id)
    known = get(session, record_id)
    row = known.row
    if row.organisation_id != principal.organisation_id:
        raise RecordNotFound
    if row.operator_id == witness:
        raise OwnWitness
    if known.answer is not None:
        raise RecordAnswered
    if said.confirmed and not said.seen:
        raise NotSeen(field="seen")
    if not said.confirmed and not said.note.strip():
        raise WhyDeclined(field="note")
    given = DestructionAnswer(
        record_id=row.id,
        organisation_id=row.organisation_id,
        witness_id=witness,
        confirmed=said.confirmed,
        note=said.note.strip(),
    )
    session.add(given)
    session.flush()
    audit.record(
        session,
        organisation_id=row.organisation_id,
        type=EventType.DESTRUCTION_ANSWERED,
        actor=principal.actor,
        data={"record": str(row.id), "sha256": row.sha256, "confirmed": said.confirmed, "witness": str(witness)},
        device_id=row.device_id,
    )
    if said.confirmed:
        _prove(session, By(principal), known, witness)
    tasks.settle(session, principal, row.device_id, TaskKind.DESTRUCTION_WITNESS, record=str(row.id))
    return Record(row, given, known.document)


def _prove(session: Session, by: By, known: Record, witness: UUID) -> None:
    """Give the device its evidence; a loose drive goes to recycling with it, because nobody can use it any more."""
    device = device_of(session, known)
    if not may_destroy(device.kind, device.state):
        raise NotNow(code=show(device.asset_code), state=device.state.value)
    given: list[ev.AnyEvidence] = [_evidence(known, key, witness) for key in known.row.storage_keys]
    _fit_unread(session, device, known.row.storage_keys)
    vouched = replace(by, vouched=frozenset({ev.EvidenceType.STORAGE_DESTROYED}))
    if device.kind is DeviceKind.DRIVE and device.state is not State.RECYCLE_STAGED:
        given.append(ev.Reason(text=known.document.reason))
        devices.apply(session, vouched, device.asset_code, Step.STAGE_RECYCLING, given)
    else:
        devices.add_evidence(session, vouched, device.asset_code, given)


def _evidence(known: Record, key: str, witness: UUID) -> ev.StorageDestroyed:
    row = known.row
    return ev.StorageDestroyed(
        key=key,
        method=row.method.value,
        witness=witness,
        operator=row.operator_id,
        record_id=row.id,
        record_sha256=row.sha256,
        photo_sha256=row.photo_sha256,
    )


def _fit_unread(session: Session, device: Device, keys: Sequence[str]) -> None:
    """A storage that no bench could read is recorded in its device, so that its end can be told of it."""
    known = {row.storage_key for row in devices_repository.components_of(session, device.id)}
    for key in keys:
        if is_unread(key) and key not in known:
            serial = key.removeprefix("unread:")
            row = Component(device_id=device.id, media=MediaType.UNKNOWN, serial=serial, storage_key=key)
            row.fitted_version, row.fitted_at = device.version, utc_now()
            session.add(row)
    session.flush()


def get(session: Session, record_id: UUID) -> Record:
    """One record. Raises RecordNotFound."""
    row = repository.get(session, record_id)
    if row is None:
        raise RecordNotFound
    return _with_answer(session, row)


def of_device(session: Session, device: Device) -> Sequence[Record]:
    """A device's records, newest first."""
    rows = repository.of_device(session, device.id)
    answers = repository.answers(session, [row.id for row in rows])
    return [Record(row, answers.get(row.id), read(row)) for row in rows]


def device_of(session: Session, known: Record) -> Device:
    """The device of a record. Raises DeviceNotFound."""
    device = devices_repository.by_id(session, known.row.device_id)
    if device is None:
        raise DeviceNotFound(code=show(known.document.asset_code))
    return device


def may_answer(principal: Principal, known: Record) -> bool:
    """Whether the page asks this person to confirm."""
    ours = known.row.organisation_id == principal.organisation_id and known.row.operator_id != principal.actor.id
    return known.answer is None and ours and principal.has(Role.WORKSHOP, *MANAGERS)


def read(row: DestructionRecord) -> DestructionDocument:
    """What a stored record says."""
    return DestructionDocument.model_validate_json(row.document)


def _with_answer(session: Session, row: DestructionRecord) -> Record:
    return Record(row, repository.answers(session, [row.id]).get(row.id), read(row))


def _person(principal: Principal) -> UUID:
    if principal.actor.kind is not ActorKind.ACCOUNT or principal.actor.id is None:
        raise PersonMissing
    return principal.actor.id
