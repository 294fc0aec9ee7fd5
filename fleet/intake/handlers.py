"""What each kind of bench event does to a device, in the words of the services that the pages use too.

`record` keeps the fact; `advance` then asks the lifecycle, and may be refused without the fact being lost.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.checks import service as checks
from fleet.contract import events
from fleet.contract.kinds import Adequacy, QuarantineReason, Verdict
from fleet.contract.signing import SignedDocument
from fleet.contract.storage import StorageIdentity
from fleet.devices import evidence as ev
from fleet.devices import repository as devices_repository
from fleet.devices import service as devices
from fleet.devices import workshop
from fleet.devices.models import Device
from fleet.devices.standing import By
from fleet.devices.states import Origin, State, Step
from fleet.donations import service as donations
from fleet.drives.seen import fit_seen
from fleet.errors import N_, Invalid
from fleet.intake.rules import Outcome
from fleet.tags import service as tags
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from fleet.wipes import deciding
from fleet.wipes import service as wipes


class CertificateMissing(Invalid):
    """An erased verdict came without its certificate."""

    msgid = N_("The bench says erased, but sent no certificate. Wipe the device again.")


@dataclass(frozen=True)
class Context:
    """Who sent the event, and what they may do."""

    by: By
    bench_id: UUID
    public_key: str
    batch_id: UUID | None
    place: str
    site_id: UUID | None

    @property
    def organisation_id(self) -> UUID:
        """Whose chain this goes into."""
        return self.by.principal.organisation_id


def handle(  # noqa: C901, PLR0911, PLR0912 - one arm for each kind of event, none of them nested
    session: Session, context: Context, data: events.EventData
) -> tuple[Outcome, Device]:
    """Do what an event says. Raises FleetError where the lifecycle or the certificate does not hold."""
    by = context.by
    match data:
        case events.DeviceReceived():
            return _received(session, context, data)
        case events.LabelPrinted():
            proof = ev.LabelPrintedProof(payload=data.payload, sha256=data.sha256)
            return Outcome.RECORDED, devices.add_evidence(session, by, data.asset_code, [proof])
        case events.LabelScanned():
            scanned = workshop.check_label(devices.get(session, data.asset_code), data.scanned)
            return Outcome.RECORDED, devices.add_evidence(session, by, data.asset_code, [scanned])
        case events.DeviceInspected():
            answers = workshop.Inspection(data.visual, data.place, defects=data.defects, weight_g=data.weight_g)
            return Outcome.APPLIED, workshop.inspect(session, by, data.asset_code, answers)
        case events.WipeStarted():
            return _wipe_started(session, by, data)
        case events.WipeFinished():
            return _wipe_finished(session, context, data)
        case events.WipeCancelled():
            nothing = ev.NothingWritten(reason=data.reason)
            return Outcome.APPLIED, devices.apply(session, by, data.asset_code, Step.CANCEL_WIPE, [nothing])
        case events.ImageStarted():
            return _image_started(session, by, data)
        case events.ImageFinished():
            written = ev.ImageWritten(name=data.name, version=data.version, sha256=data.sha256)
            return Outcome.APPLIED, devices.apply(session, by, data.asset_code, Step.FINISH_IMAGE, [written])
        case events.ImageRecorded():
            return _image_recorded(session, by, data)
        case events.ImageFailed():
            return _image_failed(session, context, data)
        case events.DeviceQuarantined():
            why = ev.QuarantineWhy(reason=data.reason, detail=data.detail)
            return Outcome.APPLIED, devices.apply(session, by, data.asset_code, Step.QUARANTINE, [why])
        case events.DeviceMeasured():
            return Outcome.RECORDED, checks.measured(session, by, data.asset_code, data.report, context.bench_id)
        case events.DeviceChecked():
            return Outcome.RECORDED, checks.checked(session, by, data.asset_code, data.answers, data.note)


def _received(session: Session, context: Context, data: events.DeviceReceived) -> tuple[Outcome, Device]:
    known = devices_repository.by_code(session, data.asset_code)
    place = ev.Place(place=f"{context.place} {data.port}", site_id=context.site_id)
    if known is not None and known.state in {State.GIFTED, State.SOLD, State.LOST}:
        intake = ev.Intake(origin=Origin.DONATED, batch_id=_batch(session, context, data))
        return Outcome.APPLIED, devices.apply(session, context.by, data.asset_code, Step.RECEIVE, [intake, place])
    batch = _batch(session, context, data)
    intake = ev.Intake(origin=Origin.DONATED if batch else Origin.FOUND, batch_id=batch)
    new = devices.NewDevice(data.asset_code, data.kind, data.model, data.serial, data.manufacturer, storages=data.storages)
    device = devices.create(session, context.by, new, Step.RECEIVE, [intake, place])
    fit_seen(session, context.by, device)
    _ask(session, context, device, batch)
    return Outcome.APPLIED, device


def _batch(session: Session, context: Context, data: events.DeviceReceived) -> UUID | None:
    """The batch that the bench named, or the one it is assigned to, if it is the organisation's and still takes devices."""
    wanted = data.batch_id or context.batch_id
    return wanted if wanted is not None and donations.takes_devices(session, wanted) else None


def _ask(session: Session, context: Context, device: Device, batch: UUID | None) -> None:
    """Put before the lead what a machine cannot know."""
    if not tags.issued_here(session, device.asset_code):
        tasks.open_task(
            session,
            context.organisation_id,
            TaskKind.CODE_NOT_ISSUED,
            actor=context.by.principal.actor,
            data={"code": device.asset_code},
            device_id=device.id,
        )
    if batch is None:
        told, actor = {"code": device.asset_code}, context.by.principal.actor
        tasks.open_task(session, context.organisation_id, TaskKind.NO_BATCH, actor=actor, data=told, device_id=device.id)


def _wipe_started(session: Session, by: By, data: events.WipeStarted) -> tuple[Outcome, Device]:
    device = devices.get(session, data.asset_code)
    known = {row.storage_key for row in devices_repository.fitted(session, device.id)}
    for storage in data.storages:
        devices.fit_storage(session, device, storage)
    new = {storage.key for storage in data.storages} - known
    fit_seen(session, by, device, keys=new, to_be_wiped=True)
    inventory = ev.StorageInventory(keys=tuple(storage.key for storage in data.storages))
    if device.state is State.WIPING and not _again(session, device, data.storages):
        return Outcome.RECORDED, device  # another storage of the same device, on another port
    return Outcome.APPLIED, devices.apply(session, by, data.asset_code, Step.START_WIPE, [inventory])


def _again(session: Session, device: Device, storages: tuple[StorageIdentity, ...]) -> bool:
    """Whether a storage that was already part of this wipe starts over."""
    rows = devices_repository.evidence_of(session, device.id)
    begun = [row for row in rows if row.type is ev.EvidenceType.STORAGE_INVENTORY]
    keys = set(begun[-1].data["keys"]) if begun else set()
    return any(storage.key in keys for storage in storages)


def _wipe_finished(session: Session, context: Context, data: events.WipeFinished) -> tuple[Outcome, Device]:
    by, code = context.by, data.asset_code
    match data.verdict:
        case Verdict.ERASED:
            return _erased(session, context, data)
        case Verdict.FAILED:
            failure = ev.WipeFailure(
                reason=data.reason or "no reason given",
                medium_failure=data.medium_failure,
                bytes_written=data.bytes_written,
                log=data.log,
            )
            return Outcome.APPLIED, devices.apply(session, by, code, Step.FAIL_WIPE, [failure])
        case Verdict.UNKNOWN:
            why = ev.QuarantineWhy(reason=QuarantineReason.UNKNOWN_VERDICT, detail=data.reason or "")
            return Outcome.APPLIED, devices.apply(session, by, code, Step.QUARANTINE, [why])


def _erased(session: Session, context: Context, data: events.WipeFinished) -> tuple[Outcome, Device]:
    document: SignedDocument | None = data.certificate
    if document is None:
        raise CertificateMissing
    device = devices.get(session, data.asset_code)
    accepted = wipes.accept(session, context.by, device, document, context.public_key, data.storage)
    match accepted.validation.adequacy:
        case Adequacy.ADEQUATE:
            done, device = deciding.finish(session, context.by, device, accepted.row)
            return Outcome.APPLIED if done else Outcome.RECORDED, device
        case Adequacy.AWAITS_SECOND_PERSON:
            return Outcome.RECORDED, device
        case Adequacy.INADEQUATE:
            why = deciding.why_inadequate(accepted.validation.grounds)
            return Outcome.APPLIED, deciding.fail(session, context.by, device, accepted.row, why)


def keep(session: Session, context: Context, data: events.EventData) -> None:
    """What stays of an event whose step the lifecycle refused: a certificate that holds is kept and validated all the same.

    Raises what `wipes.accept` raises.
    """
    if isinstance(data, events.WipeFinished) and data.certificate is not None:
        device = devices.get(session, data.asset_code)
        wipes.accept(session, context.by, device, data.certificate, context.public_key, data.storage)


def _image_started(session: Session, by: By, data: events.ImageStarted) -> tuple[Outcome, Device]:
    started = ev.ImageStartedProof(name=data.name, version=data.version)
    if devices.get(session, data.asset_code).state is State.IMAGING:
        return Outcome.RECORDED, devices.add_evidence(session, by, data.asset_code, [started])
    return Outcome.APPLIED, devices.apply(session, by, data.asset_code, Step.START_IMAGE, [started])


def _image_recorded(session: Session, by: By, data: events.ImageRecorded) -> tuple[Outcome, Device]:
    recorded = ev.ImageRecorded(
        tool=data.tool, tool_version=data.tool_version, name=data.name, version=data.version, sha256=data.sha256
    )
    return Outcome.APPLIED, devices.apply(session, by, data.asset_code, Step.RECORD_IMAGE, [recorded])


def _image_failed(session: Session, context: Context, data: events.ImageFailed) -> tuple[Outcome, Device]:
    device = devices.add_evidence(session, context.by, data.asset_code, [ev.Reason(text=data.reason)])
    told = {"code": device.asset_code, "image": f"{data.name} {data.version}", "reason": data.reason}
    actor = context.by.principal.actor
    tasks.open_task(session, context.organisation_id, TaskKind.IMAGE_FAILED, actor=actor, data=told, device_id=device.id)
    return Outcome.RECORDED, device
