"""A person takes a device in: a code is issued, the device enters its life, in its batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.auth.rules import Principal
from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity
from fleet.desk.repository import site_of_workstation
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.errors import SerialKnown, StorageKnown
from fleet.devices.models import Device, IdentifierKind
from fleet.devices.standing import By
from fleet.devices.states import Origin, State, Step
from fleet.donations import service as donations
from fleet.donations.errors import BatchClosed
from fleet.errors import N_, Invalid
from fleet.organisations import service as organisations
from fleet.tags import service as tags
from labels.codes import show

CAME_BACK = frozenset({State.GIFTED, State.SOLD})
"""A device that was given away or sold can come in again: the same device, a new cycle."""


OF_THE_MAKER = frozenset({IdentifierKind.SERIAL, IdentifierKind.IMEI, IdentifierKind.IMEI_2})
"""Numbers by which a device can be known again; the number of its record in some system is none of them."""


class BatchMissing(Invalid):
    """A donated device belongs to a donation."""

    msgid = N_("Choose the batch that this device came in with, or another origin.")


@dataclass(frozen=True)
class NewArrival:
    """What a person knows of a device that comes in. Weight in grams."""

    kind: DeviceKind
    model: str
    place: str
    origin: Origin = Origin.DONATED
    batch_id: UUID | None = None
    manufacturer: str | None = None
    serial: str | None = None
    imei: str | None = None
    weight_g: int | None = None
    sealed: bool = False
    site_id: UUID | None = None
    storages: tuple[StorageIdentity, ...] = ()


def receive(session: Session, principal: Principal, new: NewArrival) -> Device:
    """Take a device in. One that was given away or sold and comes back keeps its code and its history.

    Without a site it is where the workstation stands, or at the organisation's only site, else nobody knows.
    Raises RoleMissing, BatchMissing, BatchNotFound, BatchClosed, SiteNotFound, PlaceClosed, SerialKnown, StorageKnown and what
    `devices.service` raises.
    """
    audit.lock(session, principal.organisation_id)  # of two people who enter the same serial at once, the second is told
    _check_batch(session, new)
    intake = ev.Intake(origin=new.origin, batch_id=new.batch_id, sealed=new.sealed)
    site = organisations.open_site(session, new.site_id).id if new.site_id else usual_site(session, principal)
    given: list[ev.AnyEvidence] = [intake, ev.Place(place=new.place, site_id=site)]
    known = _known(session, new)
    if known is not None and known.state in CAME_BACK:
        return service.apply(session, By(principal), known.asset_code, Step.RECEIVE, given)
    if known is not None:
        raise SerialKnown(model=new.model, serial=new.serial, other=show(known.asset_code), field="serial")
    for storage in new.storages:
        for holder in repository.holders_of_key(session, storage.key):
            raise StorageKnown(serial=storage.serial, other=show(holder.asset_code), field="storage_serial")
    device = service.NewDevice(
        asset_code=tags.issue_one(session, principal),
        kind=new.kind,
        model=new.model,
        serial=new.serial,
        manufacturer=new.manufacturer,
        imei=new.imei,
        weight_g=new.weight_g,
        storages=new.storages,
    )
    return service.create(session, By(principal), device, Step.RECEIVE, given)


def usual_site(session: Session, principal: Principal) -> UUID | None:
    """Where what comes in here stands: at the workstation's site, or at the only one that is open."""
    if principal.workstation_id is not None:
        return site_of_workstation(session, principal.organisation_id, principal.workstation_id)
    found = list(open_sites(session))
    return found[0] if len(found) == 1 else None


def open_sites(session: Session) -> Mapping[UUID, str]:
    """The organisation's sites that take something new, by id."""
    return {site.id: site.name for site in organisations.sites(session) if site.closed_at is None}


def _check_batch(session: Session, new: NewArrival) -> None:
    if new.batch_id is None:
        if new.origin is Origin.DONATED:
            raise BatchMissing(field="batch_id")
        return
    batch = donations.get_batch(session, new.batch_id)
    if not donations.takes_devices(session, batch.id):
        raise BatchClosed(reference=batch.reference, field="batch_id")


def _known(session: Session, new: NewArrival) -> Device | None:
    """A device with this serial number or IMEI and the same model: never known by the number alone."""
    numbers = [service.normal(number) for number in (new.serial, new.imei) if number]
    found = (device for number in numbers for device, _ in repository.identified(session, number, OF_THE_MAKER))
    same = (device for device in found if device.model.casefold() == new.model.casefold() and device.state is not State.MERGED)
    return next(same, None)
