"""Find a device by whatever was scanned or typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from fleet.devices import repository
from fleet.devices.identifiers import OF_REFERENCE
from fleet.devices.models import Device, Identifier, IdentifierKind
from fleet.devices.service import normal
from labels.elsewhere import NumberKind, Reference
from labels.scan import Scan, ScanKind, parse_scan


@dataclass(frozen=True)
class Match:
    """A device, and the number by which it was found; None when that was its asset code."""

    device: Device
    by: Identifier | None = None


@dataclass(frozen=True)
class Found:
    """What a scan led to: no device, one, or several to choose from."""

    scan: Scan
    matches: Sequence[Match]

    @property
    def devices(self) -> Sequence[Device]:
        """The devices, each once."""
        return [match.device for match in self.matches]

    @property
    def only(self) -> Device | None:
        """The device, when there is exactly one."""
        return self.matches[0].device if len(self.matches) == 1 else None


def find(session: Session, text: str) -> Found:
    """Look up a URL, an asset code, a number of another system, an IMEI or a serial number.

    Never guesses: what fits several devices gives them all, whichever of their numbers fits.
    """
    scan = parse_scan(text)
    matches: dict[str, Match] = {}
    if scan.kind is ScanKind.ASSET_CODE and (device := repository.by_code(session, scan.value)):
        matches[device.asset_code] = Match(device)
    for device, by in _identified(session, scan):
        matches.setdefault(device.asset_code, Match(device, by))
    return Found(scan, list(matches.values()))


def _identified(session: Session, scan: Scan) -> Sequence[tuple[Device, Identifier]]:
    if scan.reference is not None:
        return _referred(session, scan.reference)
    values = {normal(value) for value in (scan.serial, scan.value if scan.kind is ScanKind.IMEI else None) if value}
    return [row for value in sorted(values) for row in repository.identified(session, value)]


def _referred(session: Session, reference: Reference) -> Sequence[tuple[Device, Identifier]]:
    """By the number that another system gave; its inventory number may have been attached as a bare one."""
    kind, value = OF_REFERENCE[reference.kind], normal(reference.value)
    scope = None if reference.kind is NumberKind.SERIAL else reference.scope
    kinds = {IdentifierKind.SERIAL} if scope is None else {kind}
    return repository.identified(session, value, kinds, scope)
