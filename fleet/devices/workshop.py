"""What people do at a workshop, in the words of the pages: inspect, label, test, release. Each ends in `service.apply`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from fleet.auth.rules import Principal
from fleet.contract.kinds import VisualResult
from fleet.devices import evidence as ev
from fleet.devices import service
from fleet.devices.errors import LabelDiffers, LabelMisread, PersonMissing
from fleet.devices.models import Device
from fleet.devices.standing import By
from fleet.devices.states import State, Step
from fleet.organisations import service as organisations
from labels.codes import show
from labels.layout import AssetLabel
from labels.pdf import asset_label
from labels.scan import ScanKind, parse_scan
from labels.stock import LabelSize


@dataclass(frozen=True)
class Inspection:
    """The answers of the visual inspection. Weight in grams; None when nobody weighed it, and never what was assumed."""

    visual: VisualResult
    place: str
    scanned: str | None = None
    """What the scanner gave when it read the label on the device; None when the label was scanned before."""
    defects: tuple[str, ...] = ()
    weight_g: int | None = None
    eea_category: int | None = None


@dataclass(frozen=True)
class Tests:
    """The answers of the functional and electrical-safety tests."""

    functional: bool
    electrical: bool | None = None
    battery_percent: int | None = None
    note: str = ""


def check_label(device: Device, scanned: str) -> ev.LabelScannedProof:
    """The proof that this device carries its own label. Raises LabelDiffers, LabelMisread."""
    scan = parse_scan(scanned)
    if scan.kind is not ScanKind.ASSET_CODE:
        raise LabelMisread(scanned=scanned.strip()[:80] or "-")
    if scan.value != device.asset_code:
        raise LabelDiffers(scanned=show(scan.value), code=show(device.asset_code))
    return ev.LabelScannedProof(scanned=scanned.strip())


def inspect(session: Session, by: By, code: str, answers: Inspection, *, expected_version: int | None = None) -> Device:
    """Record the visual inspection; scrap goes straight to recycling.

    Raises LabelDiffers, LabelMisread and what `service.apply` raises.
    """
    device = service.get(session, code)
    given: list[ev.AnyEvidence] = []
    if answers.scanned is not None and answers.scanned.strip():
        given.append(check_label(device, answers.scanned))
    given.append(
        ev.Visual(
            result=answers.visual,
            defects=answers.defects,
            weight_g=answers.weight_g,
            eea_category=answers.eea_category or device.eea_category,
        )
    )
    given.append(ev.Place(place=answers.place))
    scrap = answers.visual is VisualResult.SCRAP and device.state is State.RECEIVED
    step = Step.SCRAP if scrap else Step.INSPECT
    return service.apply(session, by, code, step, given, expected_version=expected_version)


def draw_label(session: Session, device: Device, public_url: str, size: LabelSize) -> tuple[bytes, str]:
    """The asset label as PDF, and what its QR code says."""
    label = label_of(session, device, public_url)
    return asset_label(label, size), label.payload


def label_of(session: Session, device: Device, public_url: str) -> AssetLabel:
    """What stands on a device's label."""
    owner = organisations.public_face(session, device.owner_id)  # a custodian prints it too
    return AssetLabel(
        code=device.asset_code,
        organisation=owner.name,
        base_url=public_url,
        model=" ".join(filter(None, (device.manufacturer, device.model))),
        serial=device.serial or "",
    )


def print_label(session: Session, principal: Principal, code: str, public_url: str, size: LabelSize) -> bytes:
    """Draw the label and record that it was printed. Raises DeviceNotFound."""
    device = service.get(session, code)
    pdf, text = draw_label(session, device, public_url, size)
    proof = ev.LabelPrintedProof(payload=text, sha256=hashlib.sha256(pdf).hexdigest())
    service.add_evidence(session, By(principal), code, [proof])
    return pdf


def start_tests(session: Session, principal: Principal, code: str) -> Device:
    """Put a wiped device that needs no image (or one with nothing to wipe) on the test bench."""
    return service.apply(session, By(principal), code, Step.START_TEST)


def finish_tests(
    session: Session, principal: Principal, code: str, answers: Tests, *, expected_version: int | None = None
) -> Device:
    """Record the tests; a device that waits for them untouched is taken up first. Raises what `service.apply` raises."""
    by = By(principal)
    if by.account is None:
        raise PersonMissing
    device = service.get(session, code)
    version = expected_version
    if device.state in {State.WIPED, State.INSPECTED}:
        device = service.apply(session, by, code, Step.START_TEST, expected_version=version)
        version = device.version
    given: Sequence[ev.AnyEvidence] = [
        ev.TestResult(
            functional=answers.functional,
            electrical=answers.electrical,
            battery_percent=answers.battery_percent,
            tester=by.account,
            note=answers.note,
        )
    ]
    return service.apply(session, by, code, Step.PASS_TEST, given, expected_version=version)


def release(session: Session, principal: Principal, code: str, *, expected_version: int | None = None) -> Device:
    """Release a tested device: all gates of its kind must be open. Raises what `service.apply` raises."""
    return service.apply(session, By(principal), code, Step.RELEASE, expected_version=expected_version)
