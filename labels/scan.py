"""What a scanner gave: an asset code (bare or in a label's URL), an IMEI, or a serial number.

Pure: looks nothing up. Each scan has exactly one kind; a code that was misread is a kind of its own, never a serial.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stdnum import imei

from labels import codes

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
    FOREIGN = "foreign"
    """A web address that is not a label's."""
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
    """

    kind: ScanKind
    value: str
    host: str | None = None
    serial: str | None = None

    @property
    def advice(self) -> str | None:
        """What is wrong and what to do, in English, or None when the scan can be used."""
        match self.kind:
            case ScanKind.MISREAD:
                return str(codes.CodeMisreadError(self.value))
            case ScanKind.FOREIGN:
                return f"{self.value} is not an asset label. Scan the label with the code like 8YZA-BCDE."
            case ScanKind.EMPTY:
                return "Nothing was scanned. Scan the label again."
            case ScanKind.ASSET_CODE | ScanKind.IMEI | ScanKind.SERIAL:
                return None


def parse_scan(text: str) -> Scan:
    """Understand what a scanner or a keyboard gave. Never raises: what cannot be used says so by its kind."""
    cleaned = _clean(text)
    if not cleaned:
        return Scan(ScanKind.EMPTY, "")
    if url := _URL.match(cleaned):
        return _from_url(cleaned, url)
    return _bare_code(cleaned) or _imei(cleaned) or Scan(ScanKind.SERIAL, cleaned, serial=cleaned)


def _clean(text: str) -> str:
    """Without control and invisible characters (scanners send prefixes, tabs, CR), and with single inner spaces."""
    spaced = "".join(" " if char in "\t\n\r\v\f" else char for char in text)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf"})
    return " ".join(visible.split())


def _from_url(text: str, url: re.Match[str]) -> Scan:
    asset = _ASSET_PATH.fullmatch(url["path"])
    if url["scheme"].lower() not in {"http", "https"} or not url["host"] or asset is None:
        return Scan(ScanKind.FOREIGN, text)
    host = url["host"].lower()
    try:
        return Scan(ScanKind.ASSET_CODE, codes.parse(asset["code"]), host=host)
    except codes.CodeMisreadError as error:
        return Scan(ScanKind.MISREAD, error.code, host=host)
    except codes.CodeShapeError:
        return Scan(ScanKind.FOREIGN, text)


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
