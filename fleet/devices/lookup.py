"""Find a device by whatever was scanned or typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from fleet.devices import repository
from fleet.devices.models import Device
from fleet.devices.service import normal
from labels.scan import Scan, ScanKind, parse_scan


@dataclass(frozen=True)
class Found:
    """What a scan led to: no device, one, or several to choose from."""

    scan: Scan
    devices: Sequence[Device]

    @property
    def only(self) -> Device | None:
        """The device, when there is exactly one."""
        return self.devices[0] if len(self.devices) == 1 else None


def find(session: Session, text: str) -> Found:
    """Look up a URL, an asset code, an IMEI or a serial number. Never guesses: what fits several devices gives them all."""
    scan = parse_scan(text)
    devices: dict[str, Device] = {}
    if scan.kind is ScanKind.ASSET_CODE and (device := repository.by_code(session, scan.value)):
        devices[device.asset_code] = device
    for value in {scan.serial, scan.value if scan.kind is ScanKind.IMEI else None} - {None, ""}:
        for device in repository.with_identifier(session, normal(str(value))):
            devices.setdefault(device.asset_code, device)
    return Found(scan, list(devices.values()))
