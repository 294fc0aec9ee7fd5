"""What an ATA drive can do, from the bytes of IDENTIFY DEVICE and a few questions beside it. Pure.

Words and bits are those of ACS-4 (INCITS 529-2018), 7.13.6; the hidden areas those of ACS-2 (HPA, DCO) and ACS-3 (AMA).
"""

import struct
from dataclasses import dataclass
from typing import Final

from agents.errors import Failed
from agents.identify.presence import presence
from fleet.contract.kinds import HiddenAreas, Presence

WORDS: Final = 256
SECTOR_BYTES: Final = 512
_CHECKSUM_SIGNATURE: Final = 0xA5
_VALID, _VALID_MASK = 0x4000, 0xC000
"""Words 83, 84, 87, 119 and 120 say in bits 15:14 (01b) that they, and those before them, mean anything."""
_EXTENDED_TIME: Final = 0x8000
_MINUTES_PER_COUNT: Final = 2
_UNKNOWN_LONG: Final = (508, 65534)
"""Minutes that stand for "longer than can be told" in the short and the extended format."""


class IdentifyUnreadable(Failed):
    """These are not the 512 bytes of an IDENTIFY DEVICE, or their checksum is wrong. Reseat the drive and try again."""


@dataclass(frozen=True)
class AtaReadings:
    """What was asked of a drive; None where it did not answer.

    Attributes:
        identify: IDENTIFY DEVICE.
        native_max: its highest sector, HPA included.
        dco: DEVICE CONFIGURATION IDENTIFY.
        sanitize_status: count register of SANITIZE STATUS EXT.
    """

    identify: bytes
    native_max: int | None = None
    dco: bytes | None = None
    sanitize_status: int | None = None


@dataclass(frozen=True)
class AtaSanitize:
    """The sanitize feature set (word 59), and whether it is frozen or at work now."""

    supported: Presence
    crypto: Presence
    block: Presence
    overwrite: Presence
    frozen: Presence
    running: Presence


@dataclass(frozen=True)
class AtaSecurity:
    """The security feature set (word 128). Times in minutes (words 89, 90); None when the drive tells none."""

    supported: Presence
    enabled: Presence
    locked: Presence
    frozen: Presence
    expired: Presence
    enhanced: Presence
    erase_minutes: int | None
    enhanced_minutes: int | None


@dataclass(frozen=True)
class AtaHidden:
    """Sectors kept from the host. Counts in logical sectors; None where the drive did not tell."""

    hpa: Presence
    dco: Presence
    sectors: int
    native_sectors: int | None
    factory_sectors: int | None

    @property
    def areas(self) -> HiddenAreas:
        """Both in one: none only when both were read as none."""
        if Presence.YES in (self.hpa, self.dco):
            return HiddenAreas.PRESENT
        return HiddenAreas.NONE if (self.hpa, self.dco) == (Presence.NO, Presence.NO) else HiddenAreas.INDETERMINATE


@dataclass(frozen=True)
class AtaCapabilities:
    """One drive. `rotation` in revolutions a minute, 0 for solid state, None when it does not tell."""

    model: str
    serial: str
    firmware: str
    checksum: Presence
    rotation: int | None
    trim: Presence
    sanitize: AtaSanitize
    security: AtaSecurity
    hidden: AtaHidden


@dataclass(frozen=True)
class Identify:
    """The 256 words of IDENTIFY DEVICE. Raises IdentifyUnreadable when they cannot be right."""

    data: bytes

    def __post_init__(self) -> None:
        if len(self.data) != 2 * WORDS:
            raise IdentifyUnreadable(f"{len(self.data)} bytes. {IdentifyUnreadable.__doc__}")
        if self.word(0) & 0x8000 or not self.sectors:
            raise IdentifyUnreadable(f"They are not those of an ATA disk. {IdentifyUnreadable.__doc__}")
        if self.word(255) & 0xFF == _CHECKSUM_SIGNATURE and sum(self.data) & 0xFF:
            raise IdentifyUnreadable

    def word(self, number: int) -> int:
        """One word."""
        return int(struct.unpack_from("<H", self.data, 2 * number)[0])

    def bit(self, number: int, bit: int, valid: int | None = None) -> Presence:
        """One bit; indeterminate when the word that vouches for it does not."""
        if valid is not None and self.word(valid) & _VALID_MASK != _VALID:
            return Presence.INDETERMINATE
        return presence(self.word(number) >> bit & 1)

    def text(self, first: int, last: int) -> str:
        """An ATA string: two characters a word, the first one in the high byte."""
        swapped = b"".join(self.data[at + 1 : at - 1 if at else None : -1] for at in range(2 * first, 2 * last + 1, 2))
        return swapped.decode("ascii", errors="replace").strip(" \x00")

    @property
    def sectors(self) -> int:
        """Sectors that the host may address now: words 230-233, 100-103 or 60-61, the first that apply."""
        (narrow,) = struct.unpack_from("<I", self.data, 120)
        (wide,) = struct.unpack_from("<Q", self.data, 200)
        (extended,) = struct.unpack_from("<Q", self.data, 460)
        if self.word(69) >> 3 & 1 and extended:
            return int(extended)
        has_wide = self.bit(83, 10, valid=83) is Presence.YES and wide
        return int(wide if has_wide else narrow)

    @property
    def wide(self) -> bool:
        """Whether it takes 48-bit addresses."""
        return self.bit(83, 10, valid=83) is Presence.YES

    @property
    def has_ama(self) -> Presence:
        """Accessible Max Address Configuration, which took the place of the HPA in ACS-3."""
        return self.bit(119, 8, valid=119)


def parse(readings: AtaReadings) -> AtaCapabilities:
    """What a drive can do. Raises IdentifyUnreadable."""
    identify = Identify(readings.identify)
    rate = identify.word(217)
    return AtaCapabilities(
        model=identify.text(27, 46),
        serial=identify.text(10, 19),
        firmware=identify.text(23, 26),
        checksum=Presence.YES if identify.word(255) & 0xFF == _CHECKSUM_SIGNATURE else Presence.INDETERMINATE,
        rotation=0 if rate == 1 else rate if 0x0401 <= rate <= 0xFFFE else None,  # noqa: PLR2004 - word 217's own range
        trim=identify.bit(169, 0),
        sanitize=_sanitize(identify, readings.sanitize_status),
        security=_security(identify),
        hidden=_hidden(identify, readings),
    )


def _sanitize(identify: Identify, status: int | None) -> AtaSanitize:
    supported = identify.bit(59, 12)
    if supported is not Presence.YES:
        return AtaSanitize(supported, *(Presence.NO,) * 5)
    now = Presence.INDETERMINATE
    return AtaSanitize(
        supported=supported,
        crypto=identify.bit(59, 13),
        overwrite=identify.bit(59, 14),
        block=identify.bit(59, 15),
        frozen=now if status is None else presence(status >> 13 & 1),
        running=now if status is None else presence(status >> 14 & 1),
    )


def _security(identify: Identify) -> AtaSecurity:
    """Word 128 and the older word 82 must agree that there is such a thing."""
    told, older = identify.bit(128, 0), identify.bit(82, 1)
    return AtaSecurity(
        supported=told if told is older else Presence.INDETERMINATE,
        enabled=identify.bit(128, 1),
        locked=identify.bit(128, 2),
        frozen=identify.bit(128, 3),
        expired=identify.bit(128, 4),
        enhanced=identify.bit(128, 5),
        erase_minutes=erase_minutes(identify.word(89)),
        enhanced_minutes=erase_minutes(identify.word(90)),
    )


def erase_minutes(word: int) -> int | None:
    """Words 89 and 90: minutes, counted in twos; 7 or 15 bits. None for 0 and for "longer than this can say"."""
    minutes = _MINUTES_PER_COUNT * (word & (0x7FFF if word & _EXTENDED_TIME else 0xFF))
    return None if not minutes or minutes >= _UNKNOWN_LONG[bool(word & _EXTENDED_TIME)] else minutes


def _hidden(identify: Identify, readings: AtaReadings) -> AtaHidden:
    native = None if readings.native_max is None else readings.native_max + 1
    factory = dco_sectors(readings.dco)
    known = [count for count in (native, identify.sectors) if count is not None]
    return AtaHidden(
        hpa=_hpa(identify, native),
        dco=_beyond(factory, max(known)) if identify.bit(83, 11, valid=83) is not Presence.NO else Presence.NO,
        sectors=identify.sectors,
        native_sectors=native,
        factory_sectors=factory,
    )


def _hpa(identify: Identify, native: int | None) -> Presence:
    if native is not None:
        return _beyond(native, identify.sectors)
    features = (identify.bit(82, 10, valid=83), identify.has_ama)
    return Presence.NO if features == (Presence.NO, Presence.NO) else Presence.INDETERMINATE


def _beyond(all_sectors: int | None, shown: int) -> Presence:
    """Whether there are more sectors than shown. Fewer cannot be: then one of the two answers is wrong."""
    if all_sectors is None or all_sectors < shown:
        return Presence.INDETERMINATE
    return presence(all_sectors > shown)


def dco_sectors(dco: bytes | None) -> int | None:
    """The factory's number of sectors (words 3 to 6 of DEVICE CONFIGURATION IDENTIFY hold the highest one)."""
    if dco is None or len(dco) != 2 * WORDS or (dco[510] == _CHECKSUM_SIGNATURE and sum(dco) & 0xFF):
        return None
    (highest,) = struct.unpack_from("<Q", dco, 6)
    return int(highest) + 1 if highest else None
