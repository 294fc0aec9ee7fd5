"""Receive a device by hand: it gets its code here and is refused when it is here already."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.auth.rules import Principal, Role, demand
from fleet.contract.kinds import DeviceKind
from fleet.devices import evidence as ev
from fleet.devices import repository as devices_repository
from fleet.devices import service as devices
from fleet.devices.errors import SerialKnown
from fleet.devices.models import Device
from fleet.devices.standing import By
from fleet.devices.states import ENDS, Origin, Step
from fleet.donations import service
from fleet.donations.errors import BatchClosed, OriginMissing
from fleet.tags import service as tags
from labels.codes import show


@dataclass(frozen=True)
class Receipt:
    """What is written down of a device that comes in. Weight in grams; the kind's default unless weighed."""

    kind: DeviceKind
    model: str
    place: str
    batch_id: UUID | None = None
    origin: Origin | None = None
    """Where it came from, when it is in no batch."""
    manufacturer: str | None = None
    serial: str | None = None
    imei: str | None = None
    weight_g: int | None = None
    sealed: bool = False


def receive(session: Session, principal: Principal, receipt: Receipt) -> Device:
    """Enter a device with a new asset code; a person then labels and inspects it.

    Raises RoleMissing, BatchNotFound, BatchClosed, OriginMissing, SerialKnown, CodesUsedUp.
    """
    demand(principal, Role.WORKSHOP, Role.LENDING)
    audit.lock(session, principal.organisation_id)
    origin = _origin(session, receipt)
    _refuse_known(session, receipt)
    code = tags.issue_one(session, principal)
    new = devices.NewDevice(
        code,
        receipt.kind,
        " ".join(receipt.model.split()),
        receipt.serial,
        receipt.manufacturer,
        receipt.imei,
        receipt.weight_g,
    )
    intake = ev.Intake(origin=origin, batch_id=receipt.batch_id, sealed=receipt.sealed)
    return devices.create(session, By(principal), new, Step.RECEIVE, [intake, ev.Place(place=receipt.place)])


def _origin(session: Session, receipt: Receipt) -> Origin:
    if receipt.batch_id is None:
        if receipt.origin is None:
            raise OriginMissing
        return receipt.origin
    batch = service.get_batch(session, receipt.batch_id)
    if not service.takes_devices(session, batch.id):
        raise BatchClosed(reference=batch.reference)
    return receipt.origin or Origin.DONATED


def _refuse_known(session: Session, receipt: Receipt) -> None:
    """One device is entered once: the same model with the same serial, or the same IMEI, is here already."""
    known = {receipt.serial: True, receipt.imei: False}
    for value, same_model in known.items():
        if not value:
            continue
        for other in devices_repository.with_identifier(session, devices.normal(value)):
            alike = not same_model or other.model.lower() == receipt.model.lower()
            if alike and other.state not in ENDS:
                raise SerialKnown(model=other.model, serial=value, other=show(other.asset_code))
