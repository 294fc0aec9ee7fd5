"""Labels of several devices as one PDF; that each was printed is recorded, so that it must be scanned back."""

from collections.abc import Sequence
from hashlib import sha256

from sqlmodel import Session

from fleet.auth.rules import Principal, Role, demand
from fleet.desk import repository
from fleet.devices import evidence as ev
from fleet.devices import service, workshop
from fleet.devices.standing import By
from labels.pdf import asset_labels
from labels.stock import LabelSize


def print_labels(session: Session, principal: Principal, codes: Sequence[str], public_url: str, size: LabelSize) -> bytes:
    """Draw the labels in the order of their codes. Raises RoleMissing."""
    demand(principal, Role.WORKSHOP)
    devices = repository.devices(session, {code.upper() for code in codes})
    labels = [workshop.label_of(session, device, public_url) for device in devices]
    pdf = asset_labels(labels, size)
    digest = sha256(pdf).hexdigest()
    for device, label in zip(devices, labels, strict=True):
        printed = ev.LabelPrintedProof(payload=label.payload, sha256=digest)
        service.add_evidence(session, By(principal), device.asset_code, [printed])
    return pdf
