"""The only writer of a device's state.

Lock order, always: the organisation's chain lock, the device row, the chain's head. Nothing slow comes after the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal
from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity
from fleet.db.columns import utc_now
from fleet.db.listen import Topic, notify
from fleet.devices import evidence as ev
from fleet.devices import repository
from fleet.devices.changes import stale
from fleet.devices.errors import (
    DeviceElsewhere,
    DeviceNotFound,
    DeviceUnderWay,
    OwnDoor,
    ProofNotYours,
    StepForbidden,
    StepIncomplete,
    StepNotListed,
)
from fleet.devices.gates import Standing
from fleet.devices.kinds import KINDS
from fleet.devices.models import Component, Device, Evidence, Identifier, IdentifierKind
from fleet.devices.rules import Answer, Asked, Transition, Verdict, decide, possible
from fleet.devices.standing import By, row_of, standing_of
from fleet.devices.states import Origin, State, Step
from fleet.organisations import service as organisations
from labels.codes import show

OUTSIDE_STEPS = frozenset({Step.RECEIVE, Step.TAKE_BACK, Step.FIND, Step.OPENING_BALANCE, Step.TAKE_OUT})
"""Steps by which a device comes from outside: storage evidence older than this does not count any more."""

DOORS = frozenset(
    {
        ev.EvidenceType.STORAGE_DESTROYED,
        ev.EvidenceType.FITTED_INTO,
        ev.EvidenceType.TAKEN_OUT_OF,
        ev.EvidenceType.STORAGE_FITTED,
        ev.EvidenceType.STORAGE_REMOVED,
    }
)
"""Evidence that nobody can hand in by itself: a destruction has its witness, a drive its two scans."""


@dataclass(frozen=True)
class NewDevice:
    """A device on its first arrival. `asset_code` was issued or leased before.

    Weight in grams as it was weighed; without one the device starts from what its model usually weighs.
    """

    asset_code: str
    kind: DeviceKind
    model: str
    serial: str | None = None
    manufacturer: str | None = None
    imei: str | None = None
    weight_g: int | None = None
    storages: tuple[StorageIdentity, ...] = ()


def get(session: Session, code: str) -> Device:
    """A device by its asset code (8 characters, upper case). Raises DeviceNotFound."""
    device = repository.by_code(session, code)
    if device is None:
        raise DeviceNotFound(code=show(code))
    return device


def create(session: Session, by: By, new: NewDevice, step: Step, given: Sequence[ev.AnyEvidence]) -> Device:
    """Enter a device into its life by RECEIVE (or at go-live by OPENING_BALANCE to `received`).

    Raises StepIncomplete, StepForbidden.
    """
    principal = by.principal
    _admit(by, given)
    audit.lock(session, principal.organisation_id)
    origin = next((what.origin for what in given if isinstance(what, ev.Intake)), Origin.OPENING_BALANCE)
    standing = Standing(new.kind, origin, given=tuple(given))
    target = State.RECEIVED
    answer = decide(Asked(None, step, principal.roles, standing, target))
    row = _allowed(answer, new.asset_code, None, step)
    spec = KINDS[new.kind]
    device = Device(
        owner_id=principal.organisation_id,
        custodian_id=principal.organisation_id,
        asset_code=new.asset_code,
        kind=new.kind,
        origin=origin,
        state=row.target,
        manufacturer=new.manufacturer,
        model=new.model,
        serial=new.serial,
        weight_g=new.weight_g or usual_weight(session, principal.organisation_id, new),
        weighed_at=utc_now() if new.weight_g else None,
        eea_category=spec.eea_category,
    )
    for column, value in _changes(given).items():
        setattr(device, column, value)
    session.add(device)
    session.flush()
    _identify(session, device, new, source="bench" if by.source_event else "desk")
    kept = _keep(session, device, by, given)
    _record(session, by, device, row, kept)
    tell(session, device)
    return device


def usual_weight(session: Session, organisation: UUID, new: NewDevice) -> int:
    """What a device weighs that nobody has weighed, in grams: the median of its make and model here, else its kind's default."""
    known = repository.median_weight(session, organisation, new.kind, new.manufacturer, new.model) if new.manufacturer else None
    return known or KINDS[new.kind].weight_g


def apply(
    session: Session,
    by: By,
    code: str,
    step: Step,
    given: Sequence[ev.AnyEvidence] = (),
    *,
    expected_version: int | None = None,
) -> Device:
    """Take one step: state, evidence and audit event together or not at all.

    `expected_version` is the version that the caller looked at; a page sends it so that nobody decides on what has changed.

    Raises DeviceNotFound, DeviceUnderWay, DeviceElsewhere, DeviceStale, ProofNotYours, StepNotListed, StepForbidden,
    StepIncomplete.
    """
    _admit(by, given)
    audit.lock(session, by.principal.organisation_id)
    device = in_hand(get(session, code), by.principal)
    if expected_version is not None and device.version != expected_version:
        raise stale(session, device, expected_version)
    two_person = organisations.two_person_release(session, by.principal.organisation_id)
    standing = standing_of(session, device, by, given, two_person_release=two_person)
    answer = decide(Asked(device.state, step, by.principal.roles, standing))
    row = _allowed(answer, code, device.state, step)
    changes: dict[str, object] = {"state": row.target, **_changes(given)}
    if row.target is not device.state:
        changes["state_since"] = utc_now()
    if step in OUTSIDE_STEPS:
        changes["outside_version"] = device.version + 1
    _move(session, device, changes)
    kept = _keep(session, device, by, given)
    _record(session, by, device, row, kept)
    tell(session, device)
    return device


def tell(session: Session, device: Device) -> None:
    """Open pages of those who own and hold a device hear that something changed, once this is committed."""
    notify(session, Topic.DEVICES, device.owner_id, device.custodian_id)


def add_evidence(session: Session, by: By, code: str, given: Sequence[ev.AnyEvidence]) -> Device:
    """Keep evidence that moves nothing (a label printed, one of several storages erased).

    Raises DeviceNotFound, DeviceUnderWay, DeviceElsewhere, DeviceStale, ProofNotYours.
    """
    _admit(by, given)
    audit.lock(session, by.principal.organisation_id)
    device = in_hand(get(session, code), by.principal)
    _move(session, device, _changes(given))
    kept = _keep(session, device, by, given)
    audit.record(
        session,
        organisation_id=by.principal.organisation_id,
        type=EventType.DEVICE_EVIDENCE,
        actor=by.principal.actor,
        device_id=device.id,
        data={"code": code, "version": device.version, "evidence": _digests(kept), **_source(by)},
    )
    tell(session, device)
    return device


def fit_storage(session: Session, device: Device, storage: StorageIdentity) -> Component:
    """Record a storage medium as fitted, unless it is."""
    for component in repository.fitted(session, device.id):
        if component.storage_key == storage.key:
            return component
    component = Component(
        device_id=device.id,
        media=storage.media,
        model=storage.model,
        serial=storage.serial,
        storage_key=storage.key,
        capacity_bytes=storage.capacity_bytes,
        fitted_version=device.version,
        fitted_at=utc_now(),
    )
    session.add(component)
    _add_identifier(session, device, IdentifierKind.STORAGE_SERIAL, storage.serial, "bench")
    session.flush()
    return component


def steps_for(
    session: Session, principal: Principal, device: Device, standing: Standing | None = None
) -> Sequence[tuple[Transition, Answer]]:
    """Every step out of a device's state that this caller's roles allow, each with what is still missing for it.

    None where another organisation holds the device.

    `standing`: as the caller has read it already, else it is read.
    """
    if device.custodian_id != principal.organisation_id:
        return ()
    two_person = organisations.two_person_release(session, principal.organisation_id)
    standing = replace(standing or standing_of(session, device, By(principal), ()), two_person_release=two_person)
    asked = ((row, decide(Asked(device.state, row.step, principal.roles, standing))) for row in possible(device.state))
    return [(row, answer) for row, answer in asked if answer.verdict is not Verdict.ROLE_MISSING]


def in_hand(device: Device, principal: Principal) -> Device:
    """The device, if the caller's organisation has it in its hands: nobody works on what another one holds or what is on its way.

    Raises DeviceUnderWay, DeviceElsewhere.
    """
    if device.incoming_id is not None:
        raise DeviceUnderWay(code=show(device.asset_code))
    if device.custodian_id != principal.organisation_id:
        raise DeviceElsewhere(code=show(device.asset_code))
    return device


def _admit(by: By, given: Sequence[ev.AnyEvidence]) -> None:
    """What a certificate proves comes from a bench, or with the certificate that a second person confirmed.

    Evidence that speaks of two people or of two devices comes through the use case that looks at both.
    """
    for what in given:
        if isinstance(what, ev.StorageErased) and not (by.by_bench and by.certified in {None, what.certificate_id}):
            raise ProofNotYours
        if what.type in DOORS and what.type not in by.vouched:
            raise OwnDoor(evidence=what.type.value)


def _allowed(answer: Answer, code: str, state: State | None, step: Step) -> Transition:
    """The row, or the error that says what is missing."""
    match answer.verdict:
        case Verdict.NOT_LISTED:
            names = ", ".join(sorted({row.step.value for row in possible(state)})) or "-"
            raise StepNotListed(code=show(code), state=state.value if state else "-", step=step.value, possible=names)
        case Verdict.ROLE_MISSING:
            raise StepForbidden(step=step.value, roles=", ".join(answer.missing))
        case Verdict.INCOMPLETE:
            raise StepIncomplete(code=show(code), step=step.value, missing=", ".join(answer.missing))
        case Verdict.ALLOWED:
            if answer.row is None:
                raise AssertionError("an allowed step has a row")
            return answer.row


def _move(session: Session, device: Device, changes: Mapping[str, object]) -> None:
    if not repository.move(session, device, changes):
        raise stale(session, device, None)


def _changes(given: Sequence[ev.AnyEvidence]) -> dict[str, object]:
    """The columns that evidence fills."""
    changes: dict[str, object] = {}
    for what in given:
        match what:
            case ev.Intake(batch_id=batch):
                changes["batch_id"] = batch
            case ev.Place(place=place, site_id=site):
                changes |= {"place": place} | ({"site_id": site} if site else {})
            case ev.Visual(weight_g=weight, eea_category=category):
                changes |= {"weight_g": weight, "weighed_at": utc_now()} if weight else {}
                changes |= {"eea_category": category} if category else {}
            case _:
                continue
    return changes


def _identify(session: Session, device: Device, new: NewDevice, source: str) -> None:
    if new.serial:
        _add_identifier(session, device, IdentifierKind.SERIAL, new.serial, source)
    if new.imei:
        _add_identifier(session, device, IdentifierKind.IMEI, new.imei, source)
    for storage in new.storages:
        fit_storage(session, device, storage)


def normal(value: str) -> str:
    """How an identifier is stored and looked for: upper case, no spaces."""
    return "".join(value.split()).upper()


def _add_identifier(session: Session, device: Device, kind: IdentifierKind, value: str, source: str) -> None:
    wanted = normal(value)
    if any(known.kind is kind and known.value == wanted for known in repository.identifiers_of(session, device.id)):
        return
    session.add(Identifier(device_id=device.id, kind=kind, value=wanted, source=source))
    session.flush()


def _keep(session: Session, device: Device, by: By, given: Sequence[ev.AnyEvidence]) -> Sequence[Evidence]:
    kept = [row_of(what, device.id, device.version, by) for what in given]
    session.add_all(kept)
    session.flush()
    return kept


def _digests(kept: Sequence[Evidence]) -> list[dict[str, str]]:
    """Type and hash of the evidence that comes with an event: what the chain vouches for."""
    return [{"type": row.type.value, "sha256": row.sha256} for row in kept]


def _record(session: Session, by: By, device: Device, row: Transition, kept: Sequence[Evidence]) -> None:
    audit.record(
        session,
        organisation_id=by.principal.organisation_id,
        type=EventType.DEVICE_STEP,
        actor=by.principal.actor,
        device_id=device.id,
        data={
            "code": device.asset_code,
            "step": row.step.value,
            "from": row.source.value if row.source else None,
            "to": row.target.value,
            "version": device.version,
            "evidence": _digests(kept),
            **_source(by),
        },
    )


def _source(by: By) -> dict[str, object]:
    """The signed event behind a step, so that the chain vouches for its bytes too."""
    return {"source": {"event": str(by.source_event), "sha256": by.source_sha256}} if by.source_event else {}
