"""What a scanner gave: an asset code (bare or in a label's URL), a number of another system, an IMEI, or a serial number.

Pure: looks nothing up. Each scan has exactly one kind; a code that was misread is a kind of its own, never a serial.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stdnum import imei

from labels import codes
from labels.elsewhere import Reference, System, from_address, from_barcode
from labels.keyboard import us_from_belgian

_URL: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^/?#]*)(?P<path>[^?#]*)", re.IGNORECASE)
_ASSET_PATH: Final = re.compile(r"/a/(?P<code>[^/]+)/?", re.IGNORECASE)
_IMEI_LENGTH: Final = 15
_DASHED_LENGTH: Final = codes.CODE_LENGTH + 1


class ScanKind(StrEnum):
    """What a scanned text is."""

    ASSET_CODE = "asset_code"
    IMEI = "imei"
    SERIAL = "serial"
    MISREAD = "misread"
    """Shaped like an asset code, but its check character is wrong."""
    ELSEWHERE = "elsewhere"
    """A number of another asset system (an old Snipe-IT, GLPI, Shelf or InvenTree), with that system."""
    FOREIGN = "foreign"
    """A web address that is neither a label's nor of a system that is known."""
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan, understood.

    Attributes:
        kind: what it is.
        value: the code without dash, the IMEI's 15 digits, the serial number; for a misread code what was read, without dash;
            for a foreign address the address; empty when nothing was scanned.
        host: the host named by a label's URL, lower case, else None. Whoever looks the code up decides whether it is theirs.
        serial: the text as a serial number, where it may be one too: many makers' serial numbers have 8 letters and digits,
            so one that passes or fails the check by chance must still be found when a device carries exactly this serial.
        reference: for a number from elsewhere and for a foreign web address, the system and what it calls the device.
    """

    kind: ScanKind
    value: str
    host: str | None = None
    serial: str | None = None
    reference: Reference | None = None

    @property
    def advice(self) -> str | None:
        """What is wrong and what to do, in English, or None when the scan can be used."""
        match self.kind:
            case ScanKind.MISREAD:
                return str(codes.CodeMisreadError(self.value))
            case ScanKind.FOREIGN:
                return f"{self.value} is not an asset label. Scan the label with the code like 8YZA-BCDE."
            case ScanKind.ELSEWHERE:
                return f"{self.value} is a number of another system. Attach it to a device once; then it is found by it."
            case ScanKind.EMPTY:
                return "Nothing was scanned. Scan the label again."
            case ScanKind.ASSET_CODE | ScanKind.IMEI | ScanKind.SERIAL:
                return None


def parse_scan(text: str) -> Scan:
    """Understand what a scanner or a keyboard gave. Never raises: what cannot be used says so by its kind."""
    cleaned = _clean(text)
    if not cleaned:
        return Scan(ScanKind.EMPTY, "")
    scan = _understood(cleaned)
    if scan.kind in {ScanKind.SERIAL, ScanKind.FOREIGN} and (meant := us_from_belgian(cleaned)):
        # only a right check character proves that a keyboard layout was in between
        again = _understood(_clean(meant))
        return again if again.kind is ScanKind.ASSET_CODE else scan
    return scan


def _understood(text: str) -> Scan:
    if url := _URL.match(text):
        return _from_url(text, url)
    if reference := from_barcode(text):
        return Scan(ScanKind.ELSEWHERE, reference.value, serial=text, reference=reference)
    return _bare_code(text) or _imei(text) or Scan(ScanKind.SERIAL, text, serial=text)


def _clean(text: str) -> str:
    """Without control and invisible characters (scanners send prefixes, tabs, CR), and with single inner spaces."""
    spaced = "".join(" " if char in "\t\n\r\v\f" else char for char in text)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf"})
    return " ".join(visible.split())


def _from_url(text: str, url: re.Match[str]) -> Scan:
    asset = _ASSET_PATH.fullmatch(url["path"])
    if url["scheme"].lower() not in {"http", "https"} or not url["host"] or asset is None:
        return _from_elsewhere(text)
    host = url["host"].lower()
    try:
        return Scan(ScanKind.ASSET_CODE, codes.parse(asset["code"]), host=host)
    except codes.CodeMisreadError as error:
        return Scan(ScanKind.MISREAD, error.code, host=host)
    except codes.CodeShapeError:
        return _from_elsewhere(text)


def _from_elsewhere(text: str) -> Scan:
    reference = from_address(text)
    if reference is None or reference.system is System.WEB:
        return Scan(ScanKind.FOREIGN, text, reference=reference)
    return Scan(ScanKind.ELSEWHERE, reference.value, reference=reference)


def _bare_code(text: str) -> Scan | None:
    """An asset code without its URL. One written without the dash may just as well be a maker's serial number."""
    compact = text.replace(" ", "")
    dashed = len(compact) == _DASHED_LENGTH and compact[codes.CODE_LENGTH // 2] == "-"
    if not dashed and len(compact) != codes.CODE_LENGTH:
        return None
    serial = None if dashed else text
    try:
        return Scan(ScanKind.ASSET_CODE, codes.parse(compact), serial=serial)
    except codes.CodeMisreadError as error:
        return Scan(ScanKind.MISREAD, error.code, serial=serial)
    except codes.CodeShapeError:
        return None


def _imei(text: str) -> Scan | None:
    digits = imei.compact(text)
    if len(digits) == _IMEI_LENGTH and digits.isascii() and imei.is_valid(digits):
        return Scan(ScanKind.IMEI, digits, serial=text)
    return None
