"""Which method: all that a medium offers, held against the organisation's policy. Pure, and never below the policy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agents.errors import Refused
from agents.identify.identity import Identity
from agents.identify.probing import ATA_TRANSPORTS, BEHIND_USB, SCSI_TRANSPORTS
from agents.wipe.denylist import forbids
from agents.wipe.methods import ata, emmc, nvme, overwrite, scsi
from agents.wipe.methods.draft import FIRMWARE_METHODS, Closed, Draft, Hindrance, Option
from fleet.contract.kinds import Level, MediaType, Method
from fleet.contract.policy import MediumPolicy
from fleet.contract.storage import StorageIdentity

_LEVELS: Final = tuple(Level)
_USB: Final = frozenset({MediaType.USB_BRIDGE, MediaType.USB_FLASH})
_VIRTUAL: Final = frozenset({MediaType.LOOP, MediaType.FILE})


class PolicyWantsDestroy(Refused):
    """Your organisation's policy says that this kind of medium is destroyed, not wiped. Record its destruction."""


class PolicyNotReached(Refused):
    """No method that is possible on this medium is enough for your organisation's policy. Nothing weaker is done instead.

    Have the policy changed, take the medium to where a stronger method is possible, or destroy it.
    """


class MethodNotPossible(Refused):
    """The method asked for is not possible on this medium. `bench-agent plan` lists those that are."""


class MediumFrozen(Refused):
    """The drive takes no erase command until it has lost power, or this computer has slept."""


class MediumLocked(Refused):
    """A password locks this drive: nothing can be erased, by any method."""


@dataclass(frozen=True)
class Choice:
    """The method chosen, and why it and no other."""

    draft: Draft
    reason: str


def options(identity: Identity, *, overwrite_with: Method = Method.OVERWRITE_RANDOM) -> tuple[Option, ...]:
    """Every method for this medium, open or closed, the strongest first.

    Equal levels keep the planners' order, and what the firmware does goes before an overwrite: it also reaches spare blocks. Only
    a hard disk's normal security erase, which reaches no more than an overwrite and is proven less, goes after it.
    """
    written = overwrite.options(identity, overwrite_with)
    found = (*(_unless_known_bad(identity, option) for option in _firmware(identity)), *written)
    drafts = sorted((option for option in found if isinstance(option, Draft)), key=lambda draft: _rank(identity, draft))
    return (*drafts, *(option for option in found if isinstance(option, Closed)))


def choose(
    identity: Identity, *, policy: MediumPolicy, method: Method | None, overwrite: Method = Method.OVERWRITE_RANDOM
) -> Choice:
    """The strongest method that the policy allows, or the one asked for. Raises as `agents.wipe.plan.plan`."""
    if policy.destroy:
        raise PolicyWantsDestroy
    found = options(identity, overwrite_with=overwrite)
    drafts = [option for option in found if isinstance(option, Draft)]
    closed = [option for option in found if isinstance(option, Closed)]
    if method is not None:
        return _wanted(method, drafts, closed, policy)
    for draft in drafts:
        if policy.allows(draft.method, draft.level):
            return Choice(draft, _reason(draft, drafts, closed, policy))
    raise _refusal(drafts, closed, policy)


def _firmware(identity: Identity) -> tuple[Option, ...]:
    barrier = _barrier(identity.storage)
    planner = _planner(identity.storage)
    if barrier is not None:
        return (Closed(FIRMWARE_METHODS, *barrier),)
    if planner is not None:
        return planner(identity)
    why = f"how this drive is connected is not known ({identity.storage.transport or 'no transport'})"
    return (Closed(FIRMWARE_METHODS, Hindrance.INDETERMINATE, why),)


def _barrier(storage: StorageIdentity) -> tuple[Hindrance, str] | None:
    """What keeps the bench from telling any firmware anything, whatever it says of itself."""
    if storage.media in _VIRTUAL:
        return Hindrance.UNSUPPORTED, "a virtual drive has no firmware"
    if storage.media in _USB or storage.transport == "usb" or storage.bridge is not None:
        return Hindrance.BRIDGE, f"{BEHIND_USB}: connect the drive directly for more than Clear"
    if storage.media is MediaType.SD:
        return Hindrance.UNSUPPORTED, "an SD card has no erase that is known to reach everything"
    return None


def _planner(storage: StorageIdentity) -> Callable[[Identity], tuple[Option, ...]] | None:
    match storage.media:
        case MediaType.NVME:
            return nvme.options
        case MediaType.EMMC:
            return emmc.options
        case _ if storage.transport in ATA_TRANSPORTS:
            return ata.options
        case _ if storage.transport in SCSI_TRANSPORTS:
            return scsi.options
        case _:
            return None


def _unless_known_bad(identity: Identity, option: Option) -> Option:
    """A method that the drive offers, and that drives like it are known to fail at, is closed."""
    why = forbids(identity.storage, option.method) if isinstance(option, Draft) else None
    return option if why is None or isinstance(option, Closed) else Closed((option.method,), Hindrance.KNOWN_BAD, why)


def _rank(identity: Identity, draft: Draft) -> tuple[int, bool]:
    weak = draft.method is Method.ATA_SECURITY_ERASE and identity.storage.media is MediaType.HDD
    return (-_LEVELS.index(draft.level), weak)


def _wanted(method: Method, drafts: list[Draft], closed: list[Closed], policy: MediumPolicy) -> Choice:
    draft = next((draft for draft in drafts if draft.method is method), None)
    if draft is None:
        raise _impossible(method, closed)
    if not policy.allows(method, draft.level):
        raise PolicyNotReached(
            f"{method} reaches {draft.level}; the policy asks for {_asked(policy)}. {_first_line(PolicyNotReached)}"
        )
    return Choice(draft, f"asked for: {draft.reason}")


def _impossible(method: Method, closed: list[Closed]) -> Refused:
    barrier = next((option for option in closed if method in option.methods), None)
    if barrier is None:
        return MethodNotPossible(f"{method} is no method for this kind of medium. {MethodNotPossible.__doc__}")
    told = f"{method}: {barrier.why}."
    match barrier.hindrance:
        case Hindrance.FROZEN:
            return MediumFrozen(f"{told} {MediumFrozen.__doc__}")
        case Hindrance.LOCKED:
            return MediumLocked(f"{told} {MediumLocked.__doc__}")
        case _:
            return MethodNotPossible(f"{told} {MethodNotPossible.__doc__}")


def _refusal(drafts: list[Draft], closed: list[Closed], policy: MediumPolicy) -> Refused:
    """Nothing is adequate. What a person can remove (a freeze, a password) is named before the policy is."""
    if not drafts:
        return MediumLocked(f"{_barriers(closed)}. {MediumLocked.__doc__}")
    frozen = next((option for option in closed if option.hindrance is Hindrance.FROZEN), None)
    best = drafts[0]
    told = f"The policy asks for {_asked(policy)}; the best possible now is {best.level} by {best.method} ({_barriers(closed)})."
    if frozen is not None:
        return MediumFrozen(f"{told} {MediumFrozen.__doc__}")
    return PolicyNotReached(f"{told} {PolicyNotReached.__doc__}")


def _asked(policy: MediumPolicy) -> str:
    methods = f" by {' or '.join(policy.methods)}" if policy.methods else ""
    return f"{policy.minimum}{methods}"


def _reason(chosen: Draft, drafts: list[Draft], closed: list[Closed], policy: MediumPolicy) -> str:
    """What was read, and why nothing stronger was taken."""
    parts = [chosen.reason]
    before = drafts[: drafts.index(chosen)]
    parts += [f"{draft.method}: the policy does not allow it" for draft in before]
    if chosen.level is not Level.PURGE:
        parts += [str(option) for option in closed]
    if policy != MediumPolicy():
        parts.append(f"the policy asks for {_asked(policy)}")
    return "; ".join(parts)


def _barriers(closed: list[Closed]) -> str:
    return "; ".join(dict.fromkeys(option.why for option in closed)) or "no stronger method exists for this kind of medium"


def _first_line(error: type[Refused]) -> str:
    return str(error.__doc__).splitlines()[0]
