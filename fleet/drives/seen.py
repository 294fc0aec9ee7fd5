"""Join drive and device by what a bench sees: the live stick runs on the laptop and reads the drive inside it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from fleet.devices import repository
from fleet.devices.gates import wipe_version
from fleet.devices.models import Component, Device
from fleet.devices.standing import By
from fleet.drives import moves, service
from fleet.drives.rules import Doubt, Sighting, doubt
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind


@dataclass(frozen=True)
class Seen:
    """What came of one storage that another record has too."""

    other: Device
    storage_key: str
    joined: bool
    proven: bool = False
    why: Doubt | None = None


def fit_seen(
    session: Session, by: By, device: Device, *, keys: Collection[str] | None = None, to_be_wiped: bool = False
) -> tuple[Seen, ...]:
    """For each storage recorded in this device that another device is recorded with: join the two, or ask the lead.

    `keys` names the storages that were seen here for the first time; None stands for all of them.
    Call it in the transaction that recorded what the bench read. Joined is a drive that lies wiped and proven in the tray of
    this organisation, and only that. Its proof goes along only into a device that was in the workshop already: one that
    has just come in from outside may have brought the drive, and is unproven until it is wiped here. So is one that is
    `to_be_wiped`: whoever wipes it again does not rest on the older proof.
    The caller's chain lock is held. Raises what `devices.service.apply` raises.
    """
    carry = not to_be_wiped and device.version != device.outside_version
    found = []
    for component in repository.fitted(session, device.id):
        if keys is not None and component.storage_key not in keys:
            continue
        holders = repository.holders_of_key(session, component.storage_key)
        others = [holder for holder in holders if holder.id != device.id]
        found += [_one(session, by, device, component, other, len(others), carry=carry) for other in others]
    return tuple(found)


def _one(session: Session, by: By, device: Device, component: Component, other: Device, holders: int, *, carry: bool) -> Seen:
    key = component.storage_key
    rows = repository.fitted(session, other.id)
    sighting = Sighting(
        device_kind=device.kind,
        holder_kind=other.kind,
        holder_state=other.state,
        holders=holders,
        same_organisation=other.custodian_id == other.owner_id == by.principal.organisation_id,
        storages_of_holder=len(rows),
        proven=wipe_version(moves.standing(session, by, other)) is not None,
    )
    why = doubt(sighting)
    if why is not None:
        _ask(session, by, device, other, key, why)
        return Seen(other, key, joined=False, why=why)
    [own] = rows
    moved = service.join_seen(session, by, other, device, own, carry=carry)
    return Seen(moved.drive, key, joined=True, proven=moved.proven)


def _ask(session: Session, by: By, device: Device, other: Device, key: str, why: Doubt) -> None:
    tasks.open_task(
        session,
        by.principal.organisation_id,
        TaskKind.POSSIBLE_DUPLICATE,
        actor=by.principal.actor,
        data={"code": device.asset_code, "other": other.asset_code, "storage": key, "why": why.value},
        device_id=device.id,
    )
