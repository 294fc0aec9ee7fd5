"""eMMC: secure erase of everything, then sanitize of what is no longer mapped; the boot areas too. Clear, never Purge.

Without secure erase the user area is zeroed by the kernel, so that every old block is unmapped, and sanitize then removes it: a
discard would not do, because a drive may leave discarded blocks as they are (JESD84-B51, 6.6.12).
"""

from typing import Final

from agents.identify.emmc import EmmcCapabilities
from agents.identify.identity import Identity
from agents.wipe.methods import rates
from agents.wipe.methods.draft import Closed, Command, Draft, Hindrance, Option, stuck_after_s
from fleet.contract.kinds import Completion, Level, Method, Presence, VerificationMethod

ALL: Final = (Method.EMMC_SECURE_ERASE,)
_SHORT_S: Final = 60.0
_LEAST_S: Final = 3600.0
_BOOT_WARNING: Final = (
    "The boot areas are erased too: a device that starts from them (some tablets and boards) needs its boot loader written anew."
)


def options(identity: Identity) -> tuple[Option, ...]:
    """Secure erase and sanitize, as far as the eMMC has them."""
    found = identity.capabilities.emmc
    if found is None:
        why = f"the extended CSD could not be read ({identity.capabilities.note})"
        return (Closed(ALL, Hindrance.INDETERMINATE, why),)
    if Presence.YES not in (found.secure_erase, found.sanitize):
        why = "SEC_FEATURE_SUPPORT has neither secure erase (bit 0) nor sanitize (bit 6)"
        return (Closed(ALL, Hindrance.UNSUPPORTED, why),)
    if found.other_areas is Presence.YES:
        why = "it has general purpose partitions, which this method would not reach: overwrite each of them, or destroy it"
        return (Closed(ALL, Hindrance.SCOPE, why),)
    return (_draft(identity, found),)


def _draft(identity: Identity, found: EmmcCapabilities) -> Draft:
    storage = identity.storage
    whole_s = rates.overwrite_s(storage.media, storage.capacity_bytes)
    stuck_s = stuck_after_s(whole_s, least_s=_LEAST_S)
    secure, sanitize = found.secure_erase is Presence.YES, found.sanitize is Presence.YES
    steps = ["secure erase" if secure else "zeros over every block", *(["sanitize"] if sanitize else [])]
    return Draft(
        method=Method.EMMC_SECURE_ERASE,
        level=Level.CLEAR,
        technique=f"eMMC {' and '.join(steps)}, boot areas zeroed (NIST SP 800-88 Rev. 2, Clear; JESD84-B51)",
        reason=f"SEC_FEATURE_SUPPORT: secure erase {found.secure_erase}, sanitize {found.sanitize}",
        commands=(*_boot_commands(found), *_main_commands(str(identity.path), secure=secure, sanitize=sanitize, stuck_s=stuck_s)),
        completion=Completion.EXIT_CODE,
        verification=VerificationMethod.SAMPLED,
        scope=identity.capabilities.nodes,
        expected_s=whole_s,
        timeout_s=2 * stuck_s,
        warnings=(_BOOT_WARNING,) if found.boot_areas else (),
    )


def _main_commands(path: str, *, secure: bool, sanitize: bool, stuck_s: float) -> tuple[Command, ...]:
    erase = ("blkdiscard", "--secure" if secure else "--zeroout", "--force", path)
    return (Command(erase, stuck_s), *([Command(("mmc", "sanitize", path), stuck_s)] if sanitize else []))


def _boot_commands(found: EmmcCapabilities) -> tuple[Command, ...]:
    """Boot areas are read-only until their `force_ro` is 0: it is copied from the main area's own `ro`, which holds that."""
    commands: list[Command] = []
    for name in found.boot_areas:
        unlock = ("dd", f"if=/sys/block/{found.main}/ro", f"of=/sys/block/{name}/force_ro", "status=none")
        commands.append(Command(unlock, _SHORT_S, destroys=False))
        commands.append(Command(("blkdiscard", "--zeroout", "--force", f"/dev/{name}"), _SHORT_S))
    return tuple(commands)
