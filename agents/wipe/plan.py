"""A wipe as a value: what the operator confirms is what runs and what the certificate cites."""

from dataclasses import dataclass
from typing import Any, Final

from agents.identify.identity import Identity
from agents.wipe.choice import Choice, choose, options
from agents.wipe.methods.draft import PASSWORD, Command, Draft
from fleet.contract.kinds import Completion, HiddenAreas, Level, MediaType, Method, VerificationMethod
from fleet.contract.policy import MediumPolicy
from fleet.contract.storage import StorageIdentity

__all__ = ["EXPECTED", "PASSWORD", "Command", "WipePlan", "plan", "planned", "plans"]

_ATA_LIKE: Final = frozenset({MediaType.HDD, MediaType.SATA_SSD, MediaType.USB_BRIDGE, MediaType.UNKNOWN})
"""Media that may keep sectors from their host (HPA, DCO); an overwrite neither sees nor reaches them."""
_SAMPLED: Final = "no sample as it was before, and none of the canaries planted there"
EXPECTED: Final[dict[Method, str]] = {
    **dict.fromkeys(Method, _SAMPLED),
    Method.OVERWRITE_ZEROS: "zero",
    Method.OVERWRITE_RANDOM: "the AES-256-CTR keystream of this job, at the byte's own offset",
}
"""What every byte, or every sample, must be, in words, for the certificate."""
_BEYOND_REACH: Final = (
    "This drive hides sectors from its host (HPA or DCO), and an overwrite does not reach them: data may remain there. Take the "
    "hidden area away first, or choose a method of the firmware."
)


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
        scope: every block device whose data are lost, by its node: all namespaces of a controller, boot areas. Empty for an
            overwrite, which reaches the device itself alone.
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
            "reason": self.reason,
            "commands": "; ".join(" ".join(command.argv) for command in self.commands),
            "completion": self.completion.value,
            "verification": self.verification.value,
            "scope": " ".join(self.scope),
            "hidden_areas": self.hidden_areas.value,
            "expected_seconds": "" if self.expected_s is None else f"{self.expected_s:.0f}",
            "warnings": " ".join(self.warnings),
        }
        return {name: text for name, text in shown.items() if text}

    def to_document(self) -> dict[str, Any]:
        """The whole plan as JSON values, nothing left out."""
        return {
            "port": self.port,
            "path": self.path,
            "storage": self.storage.model_dump(mode="json"),
            "level": self.level.value,
            "method": self.method.value,
            "technique": self.technique,
            "reason": self.reason,
            "commands": [
                {"argv": list(command.argv), "timeout_s": command.timeout_s, "destroys": command.destroys}
                for command in self.commands
            ],
            "completion": self.completion.value,
            "verification": self.verification.value,
            "scope": list(self.scope),
            "hidden_areas": self.hidden_areas.value,
            "expected_s": self.expected_s,
            "timeout_s": self.timeout_s,
            "warnings": list(self.warnings),
        }


def plan(
    identity: Identity,
    *,
    policy: MediumPolicy = MediumPolicy(),  # noqa: B008 - a frozen value
    method: Method | None = None,
    overwrite: Method = Method.OVERWRITE_RANDOM,
) -> WipePlan:
    """The plan for one medium: the strongest method that its capabilities and the policy allow, or exactly the one asked for.

    Args:
        identity: the medium, with what its firmware can be told to do.
        policy: the organisation's rule for this kind of medium.
        method: the one method wanted; else the strongest.
        overwrite: what is written where an overwrite is chosen.

    Raises:
        PolicyWantsDestroy, PolicyNotReached, MethodNotPossible, MediumFrozen, MediumLocked: each says what to do. The plan never
        falls below the policy's minimum, and another method than the one asked for is never taken.
    """
    return planned(identity, choose(identity, policy=policy, method=method, overwrite=overwrite))


def plans(identity: Identity, *, overwrite: Method = Method.OVERWRITE_RANDOM) -> tuple[WipePlan, ...]:
    """A plan for every method that is possible on this medium, the strongest first; policy is not looked at."""
    found = options(identity, overwrite_with=overwrite)
    return tuple(planned(identity, Choice(option, option.reason)) for option in found if isinstance(option, Draft))


def planned(identity: Identity, choice: Choice) -> WipePlan:
    """The plan of a choice."""
    draft = choice.draft
    hidden = _hidden_areas(identity)
    return WipePlan(
        path=str(identity.path),
        port=identity.port,
        storage=identity.storage,
        level=draft.level,
        method=draft.method,
        technique=draft.technique,
        verification=draft.verification,
        hidden_areas=hidden,
        warnings=(*draft.warnings, *_hidden_warnings(draft, hidden, identity)),
        reason=choice.reason,
        commands=draft.commands,
        completion=draft.completion,
        scope=draft.scope,
        expected_s=draft.expected_s,
        timeout_s=draft.timeout_s,
    )


def _hidden_areas(identity: Identity) -> HiddenAreas:
    """As read; where nothing was read, a drive that may have such areas is never said to have none."""
    read = identity.capabilities.hidden_areas
    if read is not None:
        return read
    apart = identity.storage.media in _ATA_LIKE | {MediaType.EMMC}
    return HiddenAreas.INDETERMINATE if apart else HiddenAreas.NOT_APPLICABLE


def _hidden_warnings(draft: Draft, hidden: HiddenAreas, identity: Identity) -> tuple[str, ...]:
    by_host = draft.method.by_host
    match hidden:
        case HiddenAreas.PRESENT if by_host:
            return (_BEYOND_REACH,)
        case HiddenAreas.PRESENT:
            return ("This drive hides sectors from its host (HPA or DCO); they cannot be read back.",)
        case HiddenAreas.INDETERMINATE if identity.storage.media in _ATA_LIKE and identity.capabilities.ata is None:
            return ("Hidden areas (HPA, DCO) were not probed.",)
        case HiddenAreas.INDETERMINATE if by_host and identity.storage.media in _ATA_LIKE:
            return ("Whether this drive hides sectors (HPA, DCO) could not be read, and an overwrite would not reach them.",)
        case _:
            return ()
