"""What a SCSI drive can do: its SANITIZE service actions, by REPORT SUPPORTED OPERATION CODES (SPC-5, 6.35). Pure."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from fleet.contract.kinds import Presence

SANITIZE: Final = 0x48
_NOT_SUPPORTED: Final = 0b001
_SUPPORTED: Final = frozenset({0b011, 0b101})
"""As the standard says, or in a vendor's own manner. 0 means that the drive does not know now."""
_INQUIRY_BYTES: Final = 36


class ServiceAction(IntEnum):
    """Ways to sanitize (SBC-4, table 113)."""

    OVERWRITE = 0x01
    BLOCK_ERASE = 0x02
    CRYPTOGRAPHIC_ERASE = 0x03


@dataclass(frozen=True)
class ScsiReadings:
    """What was asked of a drive; None where it did not answer. `codes` by service action."""

    inquiry: bytes | None = None
    rotation: bytes | None = None
    codes: tuple[tuple[ServiceAction, bytes], ...] = ()


@dataclass(frozen=True)
class ScsiCapabilities:
    """One drive. `rotation` in revolutions a minute, 0 for solid state, None when it does not tell."""

    vendor: str
    product: str
    rotation: int | None
    block: Presence
    crypto: Presence
    overwrite: Presence


def parse(readings: ScsiReadings) -> ScsiCapabilities:
    """What a drive can do; whatever is too short to tell is indeterminate."""
    codes = dict(readings.codes)
    inquiry = readings.inquiry or b""
    named = len(inquiry) >= _INQUIRY_BYTES
    return ScsiCapabilities(
        vendor=_text(inquiry[8:16]) if named else "",
        product=_text(inquiry[16:32]) if named else "",
        rotation=_rotation(readings.rotation),
        block=_support(codes.get(ServiceAction.BLOCK_ERASE)),
        crypto=_support(codes.get(ServiceAction.CRYPTOGRAPHIC_ERASE)),
        overwrite=_support(codes.get(ServiceAction.OVERWRITE)),
    )


def _support(answer: bytes | None) -> Presence:
    """Byte 1, bits 2:0 of the one-command format."""
    support = answer[1] & 0b111 if answer is not None and len(answer) > 1 else 0
    if support in _SUPPORTED:
        return Presence.YES
    return Presence.NO if support == _NOT_SUPPORTED else Presence.INDETERMINATE


def _rotation(page: bytes | None) -> int | None:
    """Block Device Characteristics (page B1h), bytes 4 and 5."""
    if page is None or len(page) < 6 or page[1] != 0xB1:  # noqa: PLR2004 - the page's code and least length
        return None
    rate = int.from_bytes(page[4:6])
    return 0 if rate == 1 else rate if 0x0401 <= rate <= 0xFFFE else None  # noqa: PLR2004 - the field's own range


def _text(raw: bytes) -> str:
    return raw.decode("ascii", errors="replace").strip(" \x00")
