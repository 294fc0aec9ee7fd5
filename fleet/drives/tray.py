"""The tray of loose drives: each with its storage, its proof and its health; labels and recycling for several at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlmodel import Session, col

from fleet.auth.rules import Principal, Role, demand
from fleet.db.keyset import DEFAULT_PAGE
from fleet.db.listing import Order
from fleet.devices import counting, workshop
from fleet.devices import evidence as ev
from fleet.devices import service as devices
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import Proof, Standing, proof_of
from fleet.devices.models import Component, Device, Evidence
from fleet.devices.standing import By, read
from fleet.devices.states import Step
from fleet.drives import repository
from fleet.drives.errors import NothingChosen
from fleet.drives.rules import LOOSE, TRAY, TrayGroup
from labels.pdf import asset_labels
from labels.stock import LabelSize

MOST_AT_ONCE = 60
"""As many as a tray holds; each is a step of its own in the history."""


class Health(StrEnum):
    """What is known of a drive's health."""

    UNKNOWN = "unknown"
    GOOD = "good"
    FAILING = "failing"


@dataclass(frozen=True)
class Line:
    """One drive of the tray. `proof` is what proves it wiped now: None while nothing does."""

    device: Device
    storage: Component | None
    proof: ev.StorageErased | None
    destroyed: bool
    health: Health


@dataclass(frozen=True)
class TrayPage:
    """Some lines, and the cursors of the pages before and after them."""

    items: Sequence[Line]
    before: str | None
    next: str | None


@dataclass(frozen=True)
class Life:
    """One stay of a storage in a device."""

    component: Component
    device: Device


def tray(
    session: Session, principal: Principal, group: TrayGroup | None, *, limit: int = DEFAULT_PAGE, cursor: str | None = None
) -> TrayPage:
    """A page of the tray in three queries, whatever its length. Raises CursorInvalid, CursorOfAnotherSort."""
    states = TRAY[group] if group else LOOSE
    by, wanted = Order("since", repository.ORDERS["since"]), [col(Device.state).in_(states)]
    page = repository.drives(session, principal.organisation_id, wanted, by, limit, cursor)
    return TrayPage(lines_of(session, page.items), page.before, page.after)


def lines_of(session: Session, drives: Sequence[Device]) -> Sequence[Line]:
    """What is known of these drives, in two queries."""
    ids = [device.id for device in drives]
    fitted: dict[object, list[Component]] = {}
    for part in repository.fitted_in(session, ids):
        fitted.setdefault(part.device_id, []).append(part)
    told: dict[object, list[Evidence]] = {}
    for row in repository.evidence_of(session, ids):
        told.setdefault(row.device_id, []).append(row)
    return [_line(device, fitted.get(device.id, []), told.get(device.id, [])) for device in drives]


def groups(session: Session, principal: Principal) -> Mapping[TrayGroup, int]:
    """How many drives are in each group."""
    me = principal.organisation_id
    counts = counting.remembered(session, me, "drives", lambda: repository.counts(session, me))
    return {group: sum(counts.get(state, 0) for state in states) for group, states in TRAY.items()}


def _line(device: Device, parts: Sequence[Component], rows: Sequence[Evidence]) -> Line:
    proofs = tuple(Proof(row.at_version, read(row)) for row in rows)
    standing = Standing(
        kind=device.kind,
        origin=device.origin,
        outside_version=device.outside_version,
        version=device.version + 1,
        storage_keys=frozenset(part.storage_key for part in parts),
        proofs=proofs,
    )
    storage = parts[0] if parts else None
    proof = proof_of(standing, storage.storage_key) if storage and len(parts) == 1 else None
    erased = proof.what if proof is not None and isinstance(proof.what, ev.StorageErased) else None
    destroyed = standing.latest(EvidenceType.STORAGE_DESTROYED) is not None
    return Line(device, storage, erased, destroyed, health(proofs))


def health(proofs: Sequence[Proof]) -> Health:
    """Failing when its own report or a wipe found it so since anything better was read; unknown without a report."""
    for proof in reversed(proofs):
        match proof.what:
            case ev.WipeFailure(medium_failure=True):
                return Health.FAILING
            case ev.HardwareRead(drives_failing=failing):
                return Health.FAILING if failing else Health.GOOD
            case _:
                continue
    return Health.UNKNOWN


def stage(session: Session, principal: Principal, codes: Sequence[str], reason: str) -> Sequence[Device]:
    """Several drives to recycling, all or none. Raises NothingChosen and what `devices.service.apply` raises."""
    demand(principal, Role.WORKSHOP)
    given = [ev.Reason(text=reason)]
    return [devices.apply(session, By(principal), code, Step.STAGE_RECYCLING, given) for code in _chosen(codes)]


def print_labels(session: Session, principal: Principal, codes: Sequence[str], public_url: str, size: LabelSize) -> bytes:
    """The labels of several drives as one PDF; each must be scanned back. Raises NothingChosen, DeviceNotFound."""
    demand(principal, Role.WORKSHOP)
    chosen = [devices.get(session, code) for code in _chosen(codes)]
    labels = [workshop.label_of(session, device, public_url) for device in chosen]
    pdf = asset_labels(labels, size)
    digest = sha256(pdf).hexdigest()
    for device, label in zip(chosen, labels, strict=True):
        printed = ev.LabelPrintedProof(payload=label.payload, sha256=digest)
        devices.add_evidence(session, By(principal), device.asset_code, [printed])
    return pdf


def _chosen(codes: Sequence[str]) -> list[str]:
    chosen = sorted({code.upper() for code in codes})[:MOST_AT_ONCE]
    if not chosen:
        raise NothingChosen(field="codes")
    return chosen


def life(session: Session, key: str) -> Sequence[Life]:
    """Where a storage was when: every device in which it was recorded, the oldest first."""
    return [Life(component, device) for component, device in repository.life(session, key)]
