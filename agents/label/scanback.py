"""The label scanned back: proof that the sticker on the device is the one that belongs to its record."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from agents.errors import Refused
from labels import codes
from labels.scan import Scan, ScanKind, parse_scan


class ScanRefused(Refused):
    """This scan does not confirm the label. Scan the label that you have just stuck on this device."""

    def __init__(self, expected: str, scanned: str, message: str) -> None:
        self.expected, self.scanned = expected, scanned
        super().__init__(message)


class WrongLabel(ScanRefused):
    """Another device's label was scanned. The labels may have been swapped: look at both devices."""


class LabelMisread(ScanRefused):
    """The label was not read properly. Scan it again; print it again when it is damaged."""


class NotALabel(ScanRefused):
    """What was scanned is not an asset label. Scan the label that you have just stuck on this device."""


@dataclass(frozen=True, slots=True)
class ConfirmedScan:
    """The label on the device is the right one. `scanned` is exactly what the scanner gave."""

    asset_code: str
    scanned: str


def confirm_scan(expected_code: str, scanned_text: str, *, base_url: str | None = None) -> ConfirmedScan:
    """Compare a scan with the code that this device was given.

    Args:
        expected_code: in stored form.
        scanned_text: exactly what the scanner gave: the label's URL, or the code typed by hand.
        base_url: the service that labels name; with it, a URL that names another host is refused.

    Raises:
        WrongLabel, LabelMisread, NotALabel: each says what was scanned and what was expected.
    """
    scan = parse_scan(scanned_text)
    wanted = codes.show(expected_code)
    match scan.kind:
        case ScanKind.ASSET_CODE if scan.value == expected_code and _same_host(scan, base_url):
            return ConfirmedScan(expected_code, scanned_text)
        case ScanKind.ASSET_CODE if scan.value == expected_code:
            message = f"The label names {scan.host}, the labels of this bench name {_host(base_url)}. Use a label printed here."
            raise WrongLabel(expected_code, scanned_text, message)
        case ScanKind.ASSET_CODE:
            message = (
                f"Scanned {codes.show(scan.value)}, expected {wanted}: this is another device's label. "
                f"Look for {wanted}, and see that the labels were not swapped."
            )
            raise WrongLabel(expected_code, scanned_text, message)
        case ScanKind.MISREAD:
            message = f"Scanned {codes.show(scan.value)}, expected {wanted}: a character was misread. Scan the label again."
            raise LabelMisread(expected_code, scanned_text, message)
        case ScanKind.EMPTY:
            raise NotALabel(expected_code, scanned_text, f"Nothing was scanned, expected {wanted}. Scan the label on the device.")
        case ScanKind.IMEI | ScanKind.SERIAL | ScanKind.ELSEWHERE | ScanKind.FOREIGN:
            message = (
                f"Scanned {scan.value!r}, which is not an asset label. Scan the label {wanted} that you stuck on this device."
            )
            raise NotALabel(expected_code, scanned_text, message)


def _same_host(scan: Scan, base_url: str | None) -> bool:
    return base_url is None or scan.host is None or scan.host == _host(base_url)


def _host(base_url: str | None) -> str:
    return urlsplit(base_url or "").netloc.lower()
