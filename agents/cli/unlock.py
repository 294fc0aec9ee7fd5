"""The command that opens a drive again which an interrupted erase left locked."""

from typing import Annotated

import typer

from agents.bench import unlocking
from agents.bench.unlocking import Opened
from agents.cli.context import JsonOption, PathArgument, opened
from agents.cli.show import as_json, out

_SAID = {
    Opened.WAS_OPEN: "has no password: nothing was done.",
    Opened.UNLOCKED: "is unlocked, and its password is gone. It is not erased: wipe it anew.",
}


def unlock(
    context: typer.Context,
    path: PathArgument,
    confirm: Annotated[str | None, typer.Option(help="The drive's serial, to be sure that it is this one.")] = None,
    json: JsonOption = False,
) -> None:
    """Take the password off a drive that a security erase left locked (power cut, erase refused).

    The bench kept the password before it was set. It is forgotten only when the drive itself says that it has none any more.

    Exit codes: 0 it has no password, 2 tried in vain, 3 refused with nothing touched (no password is kept, or in use).

    Example: [bold]bench-agent --config bench.toml unlock /dev/sdb --confirm WD-WX31A45[/bold]
    """
    with opened(context) as (config, journal):
        done = unlocking.unlock(config, journal, path, confirm=confirm)
    if json:
        as_json({"serial": done.serial, "result": done.how})
    else:
        out.print(f"{path}, serial {done.serial}, {_SAID[done.how]}", markup=False)
