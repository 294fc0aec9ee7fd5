"""Commands of which the exit code is the end: what they mean, and what was said."""

from collections.abc import Sequence
from typing import Final

from agents.shell.run import Completed
from fleet.contract.certificate import CommandRecord

_KEPT: Final = 1500
"""Characters of a command's output that a certificate keeps."""


def record(completed: Completed) -> CommandRecord:
    """One command as it ran, for the certificate: secrets are struck out already."""
    said = " | ".join(line.strip() for line in f"{completed.stdout}\n{completed.stderr}".splitlines() if line.strip())
    return CommandRecord(argv=completed.argv, exit_code=completed.code, output=said[:_KEPT] or None)


def refusal(commands: Sequence[CommandRecord]) -> str | None:
    """The first command that did not end with 0, in words; None when all were accepted."""
    for command in commands:
        if command.exit_code:
            return f"`{' '.join(command.argv)}` ended with exit code {command.exit_code}: {command.output or 'it said nothing'}"
    return None
