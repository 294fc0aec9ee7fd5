"""How fast media are, for the expected time of a plan. Orders of magnitude, so that people know whether to wait or to go home."""

from typing import Final

from fleet.contract.kinds import MediaType

_MB: Final = 1_000_000
_RATES: Final[dict[MediaType, float]] = {
    MediaType.HDD: 120 * _MB,
    MediaType.SATA_SSD: 400 * _MB,
    MediaType.NVME: 1200 * _MB,
    MediaType.EMMC: 100 * _MB,
    MediaType.SD: 20 * _MB,
    MediaType.USB_FLASH: 20 * _MB,
    MediaType.USB_BRIDGE: 120 * _MB,
    MediaType.LOOP: 1000 * _MB,
    MediaType.FILE: 1000 * _MB,
    MediaType.UNKNOWN: 100 * _MB,
}
"""Sustained bytes a second, averaged over the whole medium. Assumptions: orders of magnitude, that a drive's own
estimate (words 89 and 90 of IDENTIFY DEVICE) goes before; cards and sticks: the video speed classes V10 to V30 (SD Physical
Layer 6.0)."""
BLOCK_ERASE_S: Final = 120.0
"""An assumption, for drives that tell no estimate of their own: people only need to know that it is minutes, not hours."""
CRYPTO_ERASE_S: Final = 30.0
"""A key is changed. An assumption, as above."""


def overwrite_s(media: MediaType, size: int) -> float:
    """Seconds of one write pass over `size` bytes."""
    return size / _RATES[media]


def wipe_s(media: MediaType, size: int) -> float:
    """Seconds of one write pass and the reading back of all of it."""
    return 2 * overwrite_s(media, size)
