"""SATA: sanitize where IDENTIFY has it, else ATA security erase; only on a port of the machine itself.

Block erase goes before crypto erase, for the reason given in `nvme`. On a hard disk an overwrite by the bench, with every byte
read back, goes before a normal security erase: both are Clear, and the first one is proven.
"""

from typing import Final

from agents.identify.ata import AtaCapabilities
from agents.identify.identity import Identity
from agents.wipe.methods import rates
from agents.wipe.methods.draft import PASSWORD, Closed, Command, Draft, Hindrance, Option, stuck_after_s
from agents.wipe.methods.overwrite import LOCKED
from fleet.contract.kinds import Completion, Level, MediaType, Method, Presence, VerificationMethod

SANITIZES: Final = (Method.ATA_SANITIZE_BLOCK, Method.ATA_SANITIZE_CRYPTO, Method.ATA_SANITIZE_OVERWRITE)
SECURITIES: Final = (Method.ATA_SECURITY_ERASE_ENHANCED, Method.ATA_SECURITY_ERASE)
ALL: Final = (*SANITIZES, *SECURITIES)
_CONFIRMED: Final = "--yes-i-know-what-i-am-doing"
_SANITIZE_OPTIONS: Final[dict[Method, tuple[str, ...]]] = {
    Method.ATA_SANITIZE_BLOCK: ("--sanitize-block-erase",),
    Method.ATA_SANITIZE_CRYPTO: ("--sanitize-crypto-scramble",),
    Method.ATA_SANITIZE_OVERWRITE: ("--sanitize-overwrite-passes", "1", "--sanitize-overwrite", "hex:00000000"),
}
"""One pass is named because none (0) means sixteen to the drive (ACS-4, 7.36.6)."""
_NAMES: Final = {
    Method.ATA_SANITIZE_BLOCK: ("block erase", "bit 15"),
    Method.ATA_SANITIZE_CRYPTO: ("crypto scramble", "bit 13"),
    Method.ATA_SANITIZE_OVERWRITE: ("overwrite", "bit 14"),
}
_START_S: Final = 60.0
_LEAST_S: Final = 3600.0
_FROZEN: Final = (
    "the firmware of this computer froze ATA security at the start: suspend the computer and wake it, or pull the drive's power "
    "plug and put it back while the computer runs, then plan again"
)
_SANITIZE_FROZEN: Final = "the sanitize feature set is frozen until the drive loses power: unplug it, plug it in, then plan again"
_IN_USE: Final = (
    "a password is set on the drive already: take it away with `hdparm --security-disable`, or, if this bench set it, with "
    "`bench-agent unlock`"
)
_EXPIRED: Final = "too many wrong passwords were tried: take the drive's power away and put it back, then plan again"
_BUSY: Final = "an earlier sanitize is still running in the drive: wait until it has ended"


def options(identity: Identity) -> tuple[Option, ...]:
    """Every way to sanitize this drive by its firmware, the strongest first."""
    found = identity.capabilities.ata
    if found is None:
        why = f"IDENTIFY DEVICE could not be read ({identity.capabilities.note})"
        return (Closed(ALL, Hindrance.INDETERMINATE, why),)
    if found.security.locked is not Presence.NO:
        return (Closed(ALL, Hindrance.LOCKED, LOCKED),)
    if found.sanitize.running is Presence.YES:
        return (Closed(ALL, Hindrance.BUSY, _BUSY),)
    order = SANITIZES if identity.storage.media is not MediaType.HDD else tuple(reversed(SANITIZES))
    return (*(_sanitize(identity, found, method) for method in order), *_securities(identity, found))


def _sanitize(identity: Identity, found: AtaCapabilities, method: Method) -> Option:
    name, bit = _NAMES[method]
    sanitize = found.sanitize
    ability = {
        Method.ATA_SANITIZE_BLOCK: sanitize.block,
        Method.ATA_SANITIZE_CRYPTO: sanitize.crypto,
        Method.ATA_SANITIZE_OVERWRITE: sanitize.overwrite,
    }
    if sanitize.supported is not Presence.YES or ability[method] is not Presence.YES:
        return Closed((method,), Hindrance.UNSUPPORTED, f"IDENTIFY word 59 does not have bit 12 and {bit} ({name}) set")
    if sanitize.frozen is Presence.YES:
        return Closed((method,), Hindrance.FROZEN, _SANITIZE_FROZEN)
    expected_s = _sanitize_s(identity, method)
    argv = ("hdparm", _CONFIRMED, *_SANITIZE_OPTIONS[method], str(identity.path))
    return Draft(
        method=method,
        level=Level.PURGE,
        technique=f"ATA Sanitize Device, {name} (NIST SP 800-88 Rev. 2, Purge; IEEE 2883-2022)",
        reason=f"IDENTIFY word 59 bits 12 and {bit.removeprefix('bit ')} say that the drive can sanitize by {name}",
        commands=(Command(argv, _START_S),),
        completion=Completion.ATA_SANITIZE_STATUS,
        verification=VerificationMethod.SAMPLED,
        scope=(str(identity.path),),
        expected_s=expected_s,
        timeout_s=stuck_after_s(expected_s, least_s=_LEAST_S),
    )


def _sanitize_s(identity: Identity, method: Method) -> float:
    match method:
        case Method.ATA_SANITIZE_BLOCK:
            return rates.BLOCK_ERASE_S
        case Method.ATA_SANITIZE_CRYPTO:
            return rates.CRYPTO_ERASE_S
        case _:
            return rates.overwrite_s(identity.storage.media, identity.storage.capacity_bytes)


def _securities(identity: Identity, found: AtaCapabilities) -> tuple[Option, ...]:
    hindrance = _security_hindrance(found)
    if hindrance is not None:
        return (Closed(SECURITIES, *hindrance),)
    enhanced: Option = _security(identity, found, Method.ATA_SECURITY_ERASE_ENHANCED)
    if found.security.enhanced is not Presence.YES:
        why = "IDENTIFY word 128 bit 5 (enhanced erase) is not set"
        enhanced = Closed((Method.ATA_SECURITY_ERASE_ENHANCED,), Hindrance.UNSUPPORTED, why)
    return enhanced, _security(identity, found, Method.ATA_SECURITY_ERASE)


def _security_hindrance(found: AtaCapabilities) -> tuple[Hindrance, str] | None:
    security = found.security
    if security.supported is Presence.NO:
        return Hindrance.UNSUPPORTED, "IDENTIFY words 82 and 128 say that the drive has no ATA security"
    if security.supported is not Presence.YES:
        return Hindrance.INDETERMINATE, "IDENTIFY words 82 and 128 differ on whether the drive has ATA security"
    if security.frozen is not Presence.NO:
        return Hindrance.FROZEN, _FROZEN
    if security.expired is not Presence.NO:
        return Hindrance.FROZEN, _EXPIRED
    if security.enabled is not Presence.NO:
        return Hindrance.LOCKED, _IN_USE
    return None


def _security(identity: Identity, found: AtaCapabilities, method: Method) -> Draft:
    """The enhanced erase of a hard disk also reaches sectors that were set aside: Purge. On flash neither is known to."""
    enhanced = method is Method.ATA_SECURITY_ERASE_ENHANCED
    purge = enhanced and identity.storage.media is MediaType.HDD
    minutes = found.security.enhanced_minutes if enhanced else found.security.erase_minutes
    storage, path = identity.storage, str(identity.path)
    expected_s = 60.0 * minutes if minutes else rates.overwrite_s(storage.media, storage.capacity_bytes)
    stuck_s = stuck_after_s(expected_s, least_s=_LEAST_S)
    erase = "--security-erase-enhanced" if enhanced else "--security-erase"
    return Draft(
        method=method,
        level=Level.PURGE if purge else Level.CLEAR,
        technique=(
            f"ATA Security Erase Unit, {'enhanced' if enhanced else 'normal'} mode "
            f"(NIST SP 800-88 Rev. 2, {'Purge' if purge else 'Clear'})"
        ),
        reason=f"IDENTIFY word 128 says that {'enhanced' if enhanced else 'normal'} security erase is supported, and not frozen",
        commands=(
            Command(("hdparm", "--user-master", "u", "--security-set-pass", PASSWORD, path), _START_S, destroys=False),
            Command(("hdparm", "--user-master", "u", erase, PASSWORD, path), stuck_s),
        ),
        completion=Completion.EXIT_CODE,
        verification=VerificationMethod.SAMPLED,
        scope=(path,),
        expected_s=expected_s,
        timeout_s=stuck_s,
        warnings=("Cutting the power during a security erase leaves the drive locked; `bench-agent unlock` opens it again.",),
    )
