"""SAS: SCSI SANITIZE by sg_sanitize. `--quick`: the operator has confirmed already. `--early`: its end is polled."""

from typing import Final

from agents.identify.identity import Identity
from agents.wipe.methods import rates
from agents.wipe.methods.draft import Closed, Command, Draft, Hindrance, Option, stuck_after_s
from fleet.contract.kinds import Completion, Level, MediaType, Method, Presence, VerificationMethod

ALL: Final = (Method.SCSI_SANITIZE_BLOCK, Method.SCSI_SANITIZE_CRYPTO, Method.SCSI_SANITIZE_OVERWRITE)
_OPTIONS: Final[dict[Method, tuple[str, ...]]] = {
    Method.SCSI_SANITIZE_BLOCK: ("--block",),
    Method.SCSI_SANITIZE_CRYPTO: ("--crypto",),
    Method.SCSI_SANITIZE_OVERWRITE: ("--overwrite", "--zero"),
}
_NAMES: Final = {
    Method.SCSI_SANITIZE_BLOCK: "block erase",
    Method.SCSI_SANITIZE_CRYPTO: "cryptographic erase",
    Method.SCSI_SANITIZE_OVERWRITE: "overwrite",
}
_START_S: Final = 120.0
_LEAST_S: Final = 3600.0


def options(identity: Identity) -> tuple[Option, ...]:
    """Every way to sanitize this drive by its firmware; on a hard disk the physical one first, as in `ata`."""
    if identity.capabilities.scsi is None:
        why = f"its SCSI commands could not be asked for ({identity.capabilities.note})"
        return (Closed(ALL, Hindrance.INDETERMINATE, why),)
    order = ALL if identity.storage.media is not MediaType.HDD else tuple(reversed(ALL))
    return tuple(_sanitize(identity, method) for method in order)


def _sanitize(identity: Identity, method: Method) -> Option:
    name, ability = _NAMES[method], _ability(identity, method)
    if ability is not Presence.YES:
        said = "does not support" if ability is Presence.NO else "does not tell whether it supports"
        hindrance = Hindrance.UNSUPPORTED if ability is Presence.NO else Hindrance.INDETERMINATE
        return Closed((method,), hindrance, f"the drive {said} SANITIZE, {name}")
    storage = identity.storage
    expected_s = {
        Method.SCSI_SANITIZE_BLOCK: rates.BLOCK_ERASE_S,
        Method.SCSI_SANITIZE_CRYPTO: rates.CRYPTO_ERASE_S,
    }.get(method, rates.overwrite_s(storage.media, storage.capacity_bytes))
    argv = ("sg_sanitize", *_OPTIONS[method], "--quick", "--early", str(identity.path))
    return Draft(
        method=method,
        level=Level.PURGE,
        technique=f"SCSI SANITIZE, {name} (NIST SP 800-88 Rev. 2, Purge; IEEE 2883-2022)",
        reason=f"REPORT SUPPORTED OPERATION CODES says that the drive can sanitize by {name}",
        commands=(Command(argv, _START_S),),
        completion=Completion.SCSI_REQUEST_SENSE,
        verification=VerificationMethod.SAMPLED,
        scope=(str(identity.path),),
        expected_s=expected_s,
        timeout_s=stuck_after_s(expected_s, least_s=_LEAST_S),
    )


def _ability(identity: Identity, method: Method) -> Presence:
    found = identity.capabilities.scsi
    if found is None:
        return Presence.INDETERMINATE
    return {
        Method.SCSI_SANITIZE_BLOCK: found.block,
        Method.SCSI_SANITIZE_CRYPTO: found.crypto,
        Method.SCSI_SANITIZE_OVERWRITE: found.overwrite,
    }[method]
