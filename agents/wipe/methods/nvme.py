"""NVMe: sanitize where SANICAP has it, else format with a secure erase.

Block erase goes before crypto erase, and the two are not combined. Crypto erase is only as good as the maker's handling of
keys, which nobody outside can check, while block erase drives every cell, spare blocks included, to another state. Doing both
would make two destructive commands of one job: after a power cut, polling alone could no longer tell which one had ended.
Overwrite by the firmware reaches the same cells as block erase, but wears them and takes hours, so it comes last.
"""

from pathlib import PurePath
from typing import Final

from agents.identify.identity import Identity
from agents.identify.nvme import NvmeCapabilities
from agents.wipe.methods import rates
from agents.wipe.methods.draft import Closed, Command, Draft, Hindrance, Option, stuck_after_s
from fleet.contract.kinds import Completion, Level, Method, Presence, VerificationMethod

SANITIZES: Final = (Method.NVME_SANITIZE_BLOCK, Method.NVME_SANITIZE_CRYPTO, Method.NVME_SANITIZE_OVERWRITE)
FORMATS: Final = (Method.NVME_FORMAT_CRYPTO, Method.NVME_FORMAT_USER_DATA)
_ACTIONS: Final = {
    Method.NVME_SANITIZE_BLOCK: ("2", "block erase", "bit 1"),
    Method.NVME_SANITIZE_CRYPTO: ("4", "crypto erase", "bit 0"),
    Method.NVME_SANITIZE_OVERWRITE: ("3", "overwrite", "bit 2"),
}
"""Method: SANACT (NVMe 1.4, figure 358), its name, its bit of SANICAP."""
_START_S: Final = 120.0
"""The controller answers a Sanitize command at once, and works on; some take a minute to become idle first."""
_LEAST_SANITIZE_S: Final = 3600.0
_FORMAT_S: Final = 1800
_UNSEEN: Final = (
    "the controller has, or may have, namespaces that this machine does not show, so it cannot be known whether they are in use: "
    "list them with `nvme list-ns --all`, attach them, and plug the drive in again"
)
_SHARED: Final = "The controller's other namespaces are erased with it: {nodes}."
_FORMAT_UNREAD: Final = (
    "How {nodes} is formatted could not be read (`nvme id-ns`), so the size of its blocks is left to the drive: if it changes, "
    "the wipe fails."
)
_DEALLOCATED: Final = "After the erase the drive may answer zeros for blocks that it no longer maps; zeros alone are no proof."


def options(identity: Identity) -> tuple[Option, ...]:
    """Every way to sanitize this controller by its firmware, the strongest first."""
    found = identity.capabilities.nvme
    if found is None:
        why = f"the controller's capabilities could not be read ({identity.capabilities.note})"
        return (Closed((*SANITIZES, *FORMATS), Hindrance.INDETERMINATE, why),)
    if found.unseen is not Presence.NO:
        return (Closed((*SANITIZES, *FORMATS), Hindrance.SCOPE, _UNSEEN),)
    return (*(_sanitize(identity, found, method) for method in SANITIZES), *_formats(identity, found))


def _sanitize(identity: Identity, found: NvmeCapabilities, method: Method) -> Option:
    action, name, bit = _ACTIONS[method]
    supported, expected_s = _ability(identity, found, method)
    if supported is not Presence.YES:
        return Closed((method,), Hindrance.UNSUPPORTED, f"SANICAP {bit} ({name}) is not set")
    extra = ("--owpass=1", "--ovrpat=0") if method is Method.NVME_SANITIZE_OVERWRITE else ()
    return Draft(
        method=method,
        level=Level.PURGE,
        technique=f"NVMe Sanitize, {name}, over the whole controller (NIST SP 800-88 Rev. 2, Purge; IEEE 2883-2022)",
        reason=f"SANICAP {bit} says that the controller can sanitize by {name}",
        commands=(Command(("nvme", "sanitize", f"/dev/{found.tree.controller}", f"--sanact={action}", *extra), _START_S),),
        completion=Completion.NVME_SANITIZE_LOG,
        verification=VerificationMethod.SAMPLED,
        scope=identity.capabilities.nodes,
        expected_s=expected_s,
        timeout_s=stuck_after_s(expected_s, least_s=_LEAST_SANITIZE_S),
        warnings=_warnings(identity),
    )


def _ability(identity: Identity, found: NvmeCapabilities, method: Method) -> tuple[Presence, float]:
    times, storage = found.times, identity.storage
    match method:
        case Method.NVME_SANITIZE_BLOCK:
            return found.sanitize_block, times.block_s or rates.BLOCK_ERASE_S
        case Method.NVME_SANITIZE_CRYPTO:
            return found.sanitize_crypto, times.crypto_s or rates.CRYPTO_ERASE_S
        case _:
            written_s = rates.overwrite_s(storage.media, storage.capacity_bytes)
            return found.sanitize_overwrite, times.overwrite_s or written_s


def _formats(identity: Identity, found: NvmeCapabilities) -> tuple[Option, ...]:
    """Always with `--ses`: without it nothing need be erased. Each namespace by its own node, in the format that it has.

    Where FNA bit 0 says that a format hits all namespaces, nvme-cli names all of them to the controller, and takes LBA format 0
    unless it is told another.
    """
    if found.format is not Presence.YES:
        return (Closed(FORMATS, Hindrance.UNSUPPORTED, "OACS bit 1 is not set: the controller has no Format command"),)
    crypto: Option = _format(
        identity, found, Method.NVME_FORMAT_CRYPTO, "2", "FNA bit 2 says that a format can erase by changing the key"
    )
    if found.format_crypto is not Presence.YES:
        crypto = Closed((Method.NVME_FORMAT_CRYPTO,), Hindrance.UNSUPPORTED, "FNA bit 2 (crypto erase by format) is not set")
    user = _format(
        identity, found, Method.NVME_FORMAT_USER_DATA, "1", "OACS bit 1 says that the controller can format with user data erase"
    )
    return crypto, user


def _format(identity: Identity, found: NvmeCapabilities, method: Method, ses: str, reason: str) -> Draft:
    nodes = identity.capabilities.nodes
    crypto = method is Method.NVME_FORMAT_CRYPTO
    kind = "cryptographic erase" if crypto else "user data erase"
    each_s = rates.CRYPTO_ERASE_S if crypto else rates.BLOCK_ERASE_S
    commands = tuple(
        Command(
            ("nvme", "format", node, f"--ses={ses}", *_as_now(found, node), "--force", f"--timeout={1000 * _FORMAT_S}"),
            _FORMAT_S + 60,
        )
        for node in nodes
    )
    return Draft(
        method=method,
        level=Level.CLEAR,
        technique=f"NVMe Format NVM with {kind} of every namespace (NIST SP 800-88 Rev. 2, Clear)",
        reason=reason,
        commands=commands,
        completion=Completion.EXIT_CODE,
        verification=VerificationMethod.SAMPLED,
        scope=nodes,
        expected_s=each_s * len(nodes),
        timeout_s=sum(command.timeout_s for command in commands),
        warnings=(*_warnings(identity), *_unread(found, nodes)),
    )


def _as_now(found: NvmeCapabilities, node: str) -> tuple[str, ...]:
    """What keeps a namespace's blocks as they are."""
    used = found.formats.get(PurePath(node).name)
    if used is None:
        return ()
    return (f"--lbaf={used.index}", "--ms=1") if used.extended else (f"--lbaf={used.index}",)


def _unread(found: NvmeCapabilities, nodes: tuple[str, ...]) -> tuple[str, ...]:
    unread = [node for node in nodes if PurePath(node).name not in found.formats]
    return (_FORMAT_UNREAD.format(nodes=", ".join(unread)),) if unread else ()


def _warnings(identity: Identity) -> tuple[str, ...]:
    others = [node for node in identity.capabilities.nodes if node != str(identity.path)]
    shared = (_SHARED.format(nodes=", ".join(others)),) if others else ()
    return (*shared, _DEALLOCATED)
