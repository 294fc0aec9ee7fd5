"""What an organisation asks of a sanitization, per kind of medium. The bench plans by it, the service validates by it."""

from typing import Final

from pydantic import Field

from fleet.contract.base import Wire
from fleet.contract.kinds import Level, MediaType, Method

_ORDER: Final = tuple(Level)
_OVERWRITES: Final = (Method.OVERWRITE_ZEROS, Method.OVERWRITE_RANDOM)
_ATA: Final = (
    Method.ATA_SANITIZE_BLOCK,
    Method.ATA_SANITIZE_CRYPTO,
    Method.ATA_SANITIZE_OVERWRITE,
    Method.ATA_SECURITY_ERASE,
    Method.ATA_SECURITY_ERASE_ENHANCED,
)
_SCSI: Final = (Method.SCSI_SANITIZE_BLOCK, Method.SCSI_SANITIZE_CRYPTO, Method.SCSI_SANITIZE_OVERWRITE)
_NVME: Final = (
    Method.NVME_SANITIZE_BLOCK,
    Method.NVME_SANITIZE_CRYPTO,
    Method.NVME_SANITIZE_OVERWRITE,
    Method.NVME_FORMAT_CRYPTO,
    Method.NVME_FORMAT_USER_DATA,
)
_PURGES: Final = frozenset(
    {
        Method.NVME_SANITIZE_BLOCK,
        Method.NVME_SANITIZE_CRYPTO,
        Method.NVME_SANITIZE_OVERWRITE,
        Method.ATA_SANITIZE_BLOCK,
        Method.ATA_SANITIZE_CRYPTO,
        Method.ATA_SANITIZE_OVERWRITE,
        Method.ATA_SECURITY_ERASE_ENHANCED,
        *_SCSI,
    }
)
_FIRMWARE: Final[dict[MediaType, tuple[Method, ...]]] = {
    MediaType.HDD: (*_ATA, *_SCSI),
    MediaType.SATA_SSD: (*_ATA, *_SCSI),
    MediaType.NVME: _NVME,
    MediaType.EMMC: (Method.EMMC_SECURE_ERASE,),
}


def reaches(level: Level, minimum: Level) -> bool:
    """Whether an assurance level is at least another."""
    return _ORDER.index(level) >= _ORDER.index(minimum)


def highest_level(method: Method) -> Level:
    """The most that a technique can give, whatever a certificate says of itself.

    NIST SP 800-88 Rev. 2 with IEEE 2883-2022: the sanitize commands and the enhanced security erase purge; everything that
    goes through ordinary writes, a format or an eMMC erase clears.
    """
    return Level.PURGE if method in _PURGES else Level.CLEAR


def methods_for(media: MediaType) -> tuple[Method, ...]:
    """The techniques that exist for a kind of medium; firmware is never told anything through a USB bridge."""
    return (*_OVERWRITES, *_FIRMWARE.get(media, ()))


class MediumPolicy(Wire):
    """The rule for one kind of medium."""

    minimum: Level = Field(default=Level.CLEAR, description="a weaker sanitization is not adequate")
    methods: tuple[Method, ...] = Field(default=(), description="what may be used; empty: every method that reaches the minimum")
    second_person: bool = Field(default=False, description="another person than the operator must confirm the result")
    destroy: bool = Field(default=False, description="this kind of medium is not wiped but destroyed")

    def allows(self, method: Method, level: Level) -> bool:
        """Whether a sanitization by this method, of this level, is adequate."""
        fits = not self.methods or method in self.methods
        return not self.destroy and fits and reaches(level, self.minimum)

    def possible(self, media: MediaType) -> bool:
        """Whether any sanitization of this kind of medium could be adequate, or its rule is to destroy it."""
        return self.destroy or any(self.allows(method, highest_level(method)) for method in methods_for(media))


class WipePolicy(Wire):
    """An organisation's rules; a medium that is not named has the default rule."""

    version: int = Field(default=0, ge=0, description="grows by one with each change; 0 when none was ever set")
    media: dict[MediaType, MediumPolicy] = Field(default_factory=dict)

    def of(self, media: MediaType) -> MediumPolicy:
        """The rule for a kind of medium."""
        return self.media.get(media, MediumPolicy())


_PURGE: Final = MediumPolicy(minimum=Level.PURGE)
_CONFIRMED: Final = MediumPolicy(second_person=True)
_DESTROYED: Final = MediumPolicy(destroy=True)
STRICT: Final[dict[MediaType, MediumPolicy]] = {
    MediaType.HDD: _PURGE,
    MediaType.SATA_SSD: _PURGE,
    MediaType.NVME: _PURGE,
    MediaType.EMMC: _CONFIRMED,
    MediaType.USB_BRIDGE: _CONFIRMED,
    MediaType.SD: _DESTROYED,
    MediaType.USB_FLASH: _DESTROYED,
    MediaType.UNKNOWN: _DESTROYED,
}
"""A preset for organisations that hold sensitive data: purge where the medium can, a second person where it can only be
cleared, destruction where neither says much."""
