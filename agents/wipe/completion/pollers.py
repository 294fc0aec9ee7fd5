"""Asking a drive how far it is: one question a method, answered by its own tool."""

from collections.abc import Callable
from typing import Final

from agents.errors import Failed
from agents.shell.run import Completed, run
from agents.wipe.completion import ata_sanitize, nvme_sanitize, scsi_sense
from agents.wipe.completion.status import State, Status
from agents.wipe.plan import WipePlan
from fleet.contract.kinds import Completion

_TIMEOUT_S: Final = 60.0
_ANY_EXIT: Final = range(256)
"""What the drive says counts, not how the tool ends: hdparm ends with an error number for a drive whose sanitize failed."""

Poller = Callable[[], Status]


def poller_for(plan: WipePlan) -> Poller | None:
    """The question of a plan; None where the exit code is the answer."""
    match plan.completion:
        case Completion.NVME_SANITIZE_LOG:
            argv = ["nvme", "sanitize-log", plan.path, "--output-format=json"]
            return lambda: _ask(argv, lambda done: nvme_sanitize.parse(done.stdout, plan.method))
        case Completion.ATA_SANITIZE_STATUS:
            argv = ["hdparm", "--sanitize-status", plan.path]
            return lambda: _ask(argv, lambda done: ata_sanitize.parse(f"{done.stdout}\n{done.stderr}"))
        case Completion.SCSI_REQUEST_SENSE:
            argv = ["sg_requests", "--hex", plan.path]
            return lambda: _ask(argv, lambda done: scsi_sense.parse(done.stdout))
        case Completion.EXIT_CODE | Completion.FLUSHED_WRITES:
            return None


def _ask(argv: list[str], parse: Callable[[Completed], Status]) -> Status:
    try:
        return parse(run(argv, timeout_s=_TIMEOUT_S, accept=_ANY_EXIT))
    except Failed as error:
        return Status(State.UNCLEAR, str(error))
