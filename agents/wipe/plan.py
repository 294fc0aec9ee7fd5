"""A wipe as a value: what the operator confirms is what runs and what the certificate cites."""

from dataclasses import dataclass
from typing import Final

from agents.identify.identity import Identity
from fleet.contract.kinds import Completion, HiddenAreas, Level, MediaType, Method, VerificationMethod
from fleet.contract.storage import StorageIdentity

_ATA_LIKE: Final = frozenset({MediaType.HDD, MediaType.SATA_SSD, MediaType.USB_BRIDGE, MediaType.UNKNOWN})
"""Media that may keep sectors from their host (HPA, DCO); an overwrite neither sees nor reaches them."""
_FLASH: Final = frozenset({MediaType.SATA_SSD, MediaType.NVME, MediaType.EMMC, MediaType.SD, MediaType.USB_FLASH})
_FLASH_WARNING: Final = (
    "Flash memory: an overwrite does not reach spare blocks. This is Clear, not Purge; your policy may ask for a firmware erase "
    "or destruction."
)
_UNKNOWN_WARNING: Final = "The kind of medium is not known: if it is flash, an overwrite does not reach its spare blocks."
_TECHNIQUES: Final[dict[Method, str]] = {
    Method.OVERWRITE_ZEROS: "one pass of zeros over every addressable byte (NIST SP 800-88 Rev. 2, Clear)",
    Method.OVERWRITE_RANDOM: "one pass of AES-256-CTR keystream over every addressable byte (NIST SP 800-88 Rev. 2, Clear)",
}
EXPECTED: Final[dict[Method, str]] = {
    Method.OVERWRITE_ZEROS: "zero",
    Method.OVERWRITE_RANDOM: "the AES-256-CTR keystream of this job, at the byte's own offset",
}
"""What every byte must be, in words, for the certificate."""


PASSWORD: Final = "{password}"  # noqa: S105 - a placeholder, not a password
"""Stands in an argv for the ATA password, which is made when the job is issued and is nowhere shown."""


@dataclass(frozen=True)
class Command:
    """One command of a plan, before it runs.

    Attributes:
        argv: exactly what is run, but for PASSWORD.
        timeout_s: seconds after which it is stuck.
        destroys: data are lost from here; what comes before only prepares.
    """

    argv: tuple[str, ...]
    timeout_s: float
    destroys: bool = True


@dataclass(frozen=True)
class WipePlan:
    """One sanitization, before it runs. Two plans are equal when they do the same to the same medium at the same port.

    Attributes:
        path: the device node, or the plain file.
        port: the bench's port.
        storage: the medium.
        level: Clear or Purge (NIST SP 800-88 Rev. 2).
        method: the technique.
        technique: in words, with the standard it follows.
        verification: how the result is read back.
        hidden_areas: HPA and DCO.
        warnings: what the method does not reach, and what else the operator should know.
        reason: why this method, from the capabilities and the policy.
        commands: what the drive's firmware is told, in order; none for an overwrite.
        completion: how its end is learnt.
        scope: every block device whose data are lost, by its node: all namespaces of a controller, boot areas.
        expected_s: seconds that it should take; None when nothing is known.
        timeout_s: seconds after which the job is stuck, and the device quarantined; None for an overwrite.
    """

    path: str
    port: str
    storage: StorageIdentity
    level: Level
    method: Method
    technique: str
    verification: VerificationMethod
    hidden_areas: HiddenAreas
    warnings: tuple[str, ...] = ()
    reason: str = ""
    commands: tuple[Command, ...] = ()
    completion: Completion = Completion.FLUSHED_WRITES
    scope: tuple[str, ...] = ()
    expected_s: float | None = None
    timeout_s: float | None = None

    def to_dict(self) -> dict[str, str]:
        """The plan in words, for the event that announces it and for people."""
        storage = self.storage
        shown = {
            "port": self.port,
            "device": self.path,
            "manufacturer": storage.manufacturer,
            "model": storage.model,
            "serial": storage.serial,
            "wwn": storage.wwn,
            "capacity_bytes": str(storage.capacity_bytes),
            "media": storage.media.value,
            "level": self.level.value,
            "method": self.method.value,
            "technique": self.technique,
            "verification": self.verification.value,
            "hidden_areas": self.hidden_areas.value,
            "warnings": " ".join(self.warnings),
        }
        return {name: text for name, text in shown.items() if text}

    def to_text(self) -> str:
        """The plan as lines of `name: value`, aligned."""
        lines = self.to_dict()
        width = max(map(len, lines))
        return "\n".join(f"{name.replace('_', ' '):<{width}}  {text}" for name, text in lines.items())


def plan(identity: Identity, *, method: Method = Method.OVERWRITE_RANDOM) -> WipePlan:
    """The plan for one medium. An overwrite is always Clear; what it does not reach is written on it."""
    media = identity.storage.media
    warnings = []
    if media in _FLASH:
        warnings.append(_FLASH_WARNING)
    if media is MediaType.UNKNOWN:
        warnings.append(_UNKNOWN_WARNING)
    if media in _ATA_LIKE:
        warnings.append("Hidden areas (HPA, DCO) were not probed.")
    if media is MediaType.EMMC:
        warnings.append("The boot areas of this eMMC (boot0, boot1) are not overwritten.")
    return WipePlan(
        path=str(identity.path),
        port=identity.port,
        storage=identity.storage,
        level=Level.CLEAR,
        method=method,
        technique=_TECHNIQUES[method],
        verification=VerificationMethod.FULL_READ_BACK,
        hidden_areas=HiddenAreas.INDETERMINATE if media in _ATA_LIKE | {MediaType.EMMC} else HiddenAreas.NOT_APPLICABLE,
        warnings=tuple(warnings),
    )
