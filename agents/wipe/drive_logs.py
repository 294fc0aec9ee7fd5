"""A drive's own logs and status, read before and after its firmware worked, as they go into the certificate."""

import json
from typing import Final

from agents.errors import Failed
from agents.identify.ata import Identify
from agents.shell import sgio
from agents.shell.blockdev import BlockDevice
from agents.shell.run import run
from agents.wipe.plan import WipePlan
from fleet.contract.kinds import Completion, Method

_TIMEOUT_S: Final = 60.0
_ANY_EXIT: Final = range(256)
_KEPT: Final = 4000
"""Characters of one log that a certificate keeps."""
_WORDS: Final = (59, 82, 85, 89, 90, 92, 128)
"""Sanitize, security supported and enabled, its times, master password revision, security status (ACS-4, 7.13.6)."""


def read(plan: WipePlan, device: BlockDevice, when: str) -> dict[str, str]:
    """The logs that say something about this method, by name; one that cannot be read says why. `when`: before or after."""
    found = {f"{name}, {when}": _said(argv) for name, argv in _tools(plan).items()}
    if plan.method.value.startswith("ata_"):
        found[f"IDENTIFY DEVICE words, {when}"] = _identify_words(device)
    return found


def _tools(plan: WipePlan) -> dict[str, list[str]]:
    match plan.completion:
        case Completion.NVME_SANITIZE_LOG:
            return {
                "sanitize log": ["nvme", "sanitize-log", plan.path, "--output-format=json"],
                "SMART log": ["nvme", "smart-log", plan.path, "--output-format=json"],
            }
        case Completion.ATA_SANITIZE_STATUS:
            return {"sanitize status": ["hdparm", "--sanitize-status", plan.path]}
        case Completion.SCSI_REQUEST_SENSE:
            return {"request sense": ["sg_requests", "--hex", plan.path]}
        case Completion.EXIT_CODE if plan.method in (Method.NVME_FORMAT_CRYPTO, Method.NVME_FORMAT_USER_DATA):
            return {
                "SMART log": ["nvme", "smart-log", plan.path, "--output-format=json"],
                "namespace": ["nvme", "id-ns", plan.path, "--output-format=json"],
            }
    return {}


def _said(argv: list[str]) -> str:
    try:
        text = run(argv, timeout_s=_TIMEOUT_S, accept=_ANY_EXIT)
    except Failed as error:
        return f"not read: {error}"[:_KEPT]
    return (_compact(text.stdout) or _compact(text.stderr) or "it said nothing")[:_KEPT]


def _compact(text: str) -> str:
    """JSON without its white space, other text on one line."""
    try:
        return json.dumps(json.loads(text), separators=(",", ":"))
    except ValueError:
        return " | ".join(line.strip() for line in text.splitlines() if line.strip())


def _identify_words(device: BlockDevice) -> str:
    try:
        identify = Identify(sgio.identify_device(device.fd))
    except Failed as error:
        return f"not read: {error}"[:_KEPT]
    return " ".join(f"{number}=0x{identify.word(number):04x}" for number in _WORDS)
