"""The QR symbol of a label: smallest version first, then the highest error correction that still fits it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from qrcode import QRCode, constants, util

from labels import codes

QUIET_ZONE: Final = 4
"""White modules around the symbol (ISO/IEC 18004, 9.1)."""
_LARGEST_VERSION: Final = 10
_MASK: Final = 2
"""One mask for all: choosing the best of eight takes eight times as long, and zxing reads all of them alike."""


class LabelAddressError(ValueError):
    """A label's address is https://HOST or http://HOST, with a port if need be, nothing after it, in plain ASCII."""


class QrTooLongError(ValueError):
    """This address is too long for a label. Use a shorter host name."""


class Correction(StrEnum):
    """Error-correction levels: how much of the symbol may be lost (7, 15, 25, 30 %)."""

    L = "L"
    M = "M"
    Q = "Q"
    H = "H"


_LEVELS: Final = {
    Correction.H: constants.ERROR_CORRECT_H,
    Correction.Q: constants.ERROR_CORRECT_Q,
    Correction.M: constants.ERROR_CORRECT_M,
    Correction.L: constants.ERROR_CORRECT_L,
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol without its quiet zone: `modules[row][column]`, row 0 on top, True is dark."""

    version: int
    correction: Correction
    modules: tuple[tuple[bool, ...], ...]

    @property
    def size(self) -> int:
        """Modules a side, quiet zone not counted."""
        return len(self.modules)


def asset_url(base_url: str, code: str, *, lower_case_scheme: bool = False) -> str:
    """What a label's QR code says: `HTTPS://HOST/A/8YZABCDE`.

    Upper case makes a smaller symbol (alphanumeric mode); `lower_case_scheme` is for phones that do not know `HTTPS://`.
    Raises LabelAddressError, and ValueError for a code that is not valid.
    """
    if not codes.is_valid(code):
        raise ValueError(f"{code!r} is not an asset code in its stored form")
    parts = urlsplit(base_url)
    plain = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain or not base_url.isascii():
        raise LabelAddressError(f"{base_url!r} cannot stand on a label. {LabelAddressError.__doc__}")
    scheme = parts.scheme if lower_case_scheme else parts.scheme.upper()
    return f"{scheme}://{parts.netloc.upper()}/A/{code}"


def symbol(text: str) -> Symbol:
    """The symbol of an ASCII text. Raises QrTooLongError above version 10."""
    pieces = _pieces(text)
    for version in range(1, _LARGEST_VERSION + 1):
        bits = sum(_bits(piece, version) for piece in pieces)
        for correction, level in _LEVELS.items():
            if bits <= util.BIT_LIMIT_TABLE[level][version]:
                return _draw(pieces, version, correction)
    raise QrTooLongError(f"{text!r} is too long for a label. Use a shorter host name.")


def _pieces(text: str) -> list[util.QRData]:
    """A lower-case scheme in bytes, the rest in alphanumeric mode where its characters allow."""
    scheme, colon, rest = text.partition(":")
    split = [scheme, colon + rest] if colon and scheme != scheme.upper() else [text]
    return [util.QRData(part.encode("ascii")) for part in split]


def _bits(piece: util.QRData, version: int) -> int:
    buffer = util.BitBuffer()
    piece.write(buffer)
    return 4 + int(util.length_in_bits(piece.mode, version)) + len(buffer)


def _draw(pieces: list[util.QRData], version: int, correction: Correction) -> Symbol:
    code = QRCode(version=version, error_correction=_LEVELS[correction], border=0, mask_pattern=_MASK)
    for piece in pieces:
        code.add_data(piece)
    code.make(fit=False)
    return Symbol(version, correction, tuple(tuple(bool(module) for module in row) for row in code.get_matrix()))
