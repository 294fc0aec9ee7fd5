"""What moving a storage between two records comes to: a row ends here, a row begins there, and what proves it goes along."""

from dataclasses import dataclass, replace

from sqlmodel import Session

from fleet.db.columns import utc_now
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import Standing, proof_of
from fleet.devices.models import Component, Device
from fleet.devices.standing import By, standing_of

VOUCHED = frozenset(
    {EvidenceType.FITTED_INTO, EvidenceType.TAKEN_OUT_OF, EvidenceType.STORAGE_FITTED, EvidenceType.STORAGE_REMOVED}
)


@dataclass(frozen=True)
class Moved:
    """How a move ended. `already`: it had been done before, and nothing was done now."""

    drive: Device
    device: Device
    proven: bool
    """Whether the storage came with a proof that it is wiped."""
    already: bool = False


def vouching(by: By, proof: ev.StorageErased | None = None) -> By:
    """The same person, answering for the evidence of a move, and resting on the certificate that goes along."""
    return replace(by, vouched=VOUCHED, certified=proof.certificate_id if proof else None)


def standing(session: Session, by: By, device: Device) -> Standing:
    """What is proven of a device now."""
    return standing_of(session, device, by, ())


def certificate_for(session: Session, by: By, device: Device, key: str) -> ev.StorageErased | None:
    """The certificate that proves this storage wiped now, as the device's evidence has it."""
    proof = proof_of(standing(session, by, device), key)
    return proof.what if proof is not None and isinstance(proof.what, ev.StorageErased) else None


def destroyed(session: Session, by: By, device: Device, key: str) -> bool:
    """Whether a record with a witness says that this storage exists no more."""
    proof = proof_of(standing(session, by, device), key)
    return proof is not None and isinstance(proof.what, ev.StorageDestroyed)


def close(session: Session, component: Component, device: Device) -> None:
    """The storage left this device at its present version."""
    repository.remove_component(session, component, device.version)


def begin(session: Session, component: Component, device: Device) -> Component:
    """The same storage in another device, from that one's present version; a row that is there already stays."""
    for row in repository.fitted(session, device.id):
        if row.storage_key == component.storage_key:
            return row
    begun = Component(
        device_id=device.id,
        media=component.media,
        model=component.model,
        serial=component.serial,
        storage_key=component.storage_key,
        capacity_bytes=component.capacity_bytes,
        fitted_version=device.version,
        fitted_at=utc_now(),
    )
    session.add(begun)
    session.flush()
    return begun


def put_in(
    session: Session, by: By, drive: Device, device: Device, component: Component, proof: ev.StorageErased | None
) -> Device:
    """Record in the device that this storage was put in, with the proof that goes along (None: unproven from here on)."""
    fitted = ev.StorageFitted(key=component.storage_key, other_code=drive.asset_code, device_id=drive.id)
    given: list[ev.AnyEvidence] = [fitted, *([proof] if proof else [])]
    device = service.add_evidence(session, vouching(by, proof), device.asset_code, given)
    begin(session, component, device)
    return device
