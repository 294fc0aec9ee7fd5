"""Telling the firmware: the commands of a plan, one by one, each recorded as it ran.

They run while the bench holds the disk exclusively. nvme (with --force), hdparm, sg_sanitize, mmc and blkdiscard (with --force)
open the node without O_EXCL, so that the hold stands until the verification is over: nothing can be mounted in between.
"""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Final

from agents.identify.identity import Identity
from agents.shell.run import ProgramMissing, run
from agents.wipe.completion.exit_code import record
from agents.wipe.methods.draft import PASSWORD, Command
from agents.wipe.plan import WipePlan
from fleet.contract.certificate import CommandRecord

_ANY_EXIT: Final = range(-64, 256)
"""Every end is recorded and judged later, a signal's (negative) too."""
_SYSTEM_PATH: Final = "/usr/sbin:/sbin"
_DISK: Final = re.compile(r"(?:/dev/|/sys/block/)([^/=\s]+)")


def foreign_nodes(plan: WipePlan, identity: Identity) -> tuple[str, ...]:
    """Device nodes in the plan's commands that are not this device's own: its name may be another's since the plan was made."""
    nvme = identity.capabilities.nvme
    own = {str(identity.path), *identity.capabilities.nodes, *((f"/dev/{nvme.tree.controller}",) if nvme else ())}
    named = {node for command in plan.commands for argument in command.argv for node in _nodes(argument)}
    return tuple(sorted(named - own))


def _nodes(argument: str) -> list[str]:
    """What an argument names: itself when it is a path, and every disk of /dev or /sys/block in it."""
    whole = [argument] if argument.startswith("/") else []
    return whole + [f"/dev/{name}" for name in _DISK.findall(argument) if f"/dev/{name}" not in whole]


def require_tools(plan: WipePlan) -> None:
    """Every program of the plan is there, before anything is touched. Raises ProgramMissing."""
    path = f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_PATH}"
    for program in dict.fromkeys(command.argv[0] for command in plan.commands):
        if shutil.which(program, path=path) is None:
            raise ProgramMissing(f"`{program}` is not installed; nothing was touched. Install it, or run `make setup`.")


def tell(plan: WipePlan, secret: bytes | None) -> Iterator[CommandRecord]:
    """Run the commands in order; ends after the first one that is refused.

    Raises:
        ProgramTimedOut: one did not end in time; whether it still works on is not known.
        ProgramMissing: one could not be started.
    """
    password = secret.decode("ascii") if secret else None
    for command in plan.commands:
        told = _run(command, password)
        yield told
        if told.exit_code:
            return


def _run(command: Command, password: str | None) -> CommandRecord:
    argv = [argument.replace(PASSWORD, password) if password else argument for argument in command.argv]
    hidden = (password,) if password else ()
    return record(run(argv, timeout_s=command.timeout_s, accept=_ANY_EXIT, redact=hidden))
