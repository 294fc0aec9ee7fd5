"""The bench writes every byte itself and reads every byte back: any medium, always Clear."""

from typing import Final

from agents.identify.identity import Identity
from agents.wipe.methods import rates
from agents.wipe.methods.draft import Closed, Draft, Hindrance, Option
from fleet.contract.kinds import Level, MediaType, Method, Presence

OVERWRITES: Final = (Method.OVERWRITE_RANDOM, Method.OVERWRITE_ZEROS)
FLASH: Final = frozenset({MediaType.SATA_SSD, MediaType.NVME, MediaType.EMMC, MediaType.SD, MediaType.USB_FLASH})
_FLASH_WARNING: Final = (
    "Flash memory: an overwrite does not reach spare blocks. This is Clear, not Purge; your policy may ask for a firmware erase "
    "or destruction."
)
_UNKNOWN_WARNING: Final = "The kind of medium is not known: if it is flash, an overwrite does not reach its spare blocks."
_TECHNIQUES: Final[dict[Method, str]] = {
    Method.OVERWRITE_ZEROS: "one pass of zeros over every addressable byte (NIST SP 800-88 Rev. 2, Clear)",
    Method.OVERWRITE_RANDOM: "one pass of AES-256-CTR keystream over every addressable byte (NIST SP 800-88 Rev. 2, Clear)",
}
LOCKED: Final = (
    "a password locks the drive: it takes neither writes nor erasures. If this bench set it, run `bench-agent unlock`; else ask "
    "the donor, or destroy the drive"
)


def options(identity: Identity, preferred: Method) -> tuple[Option, ...]:
    """Both overwrites, the preferred one first; none on a drive that is locked."""
    ata = identity.capabilities.ata
    if ata is not None and ata.security.locked is not Presence.NO:
        return (Closed(OVERWRITES, Hindrance.LOCKED, LOCKED),)
    return tuple(_draft(identity, method) for method in sorted(OVERWRITES, key=lambda method: method is not preferred))


def _draft(identity: Identity, method: Method) -> Draft:
    storage = identity.storage
    return Draft(
        method=method,
        level=Level.CLEAR,
        technique=_TECHNIQUES[method],
        reason="the bench writes and reads every addressable byte itself",
        expected_s=rates.wipe_s(storage.media, storage.capacity_bytes),
        warnings=_warnings(storage.media),
    )


def _warnings(media: MediaType) -> tuple[str, ...]:
    told = []
    if media in FLASH:
        told.append(_FLASH_WARNING)
    if media is MediaType.UNKNOWN:
        told.append(_UNKNOWN_WARNING)
    if media is MediaType.EMMC:
        told.append("The boot areas of this eMMC (boot0, boot1) are not overwritten.")
    return tuple(told)
