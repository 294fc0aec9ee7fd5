"""The commands. Exit codes: 0 done, 2 failed, 3 refused and nothing touched, 4 nobody knows: quarantine."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.logging import RichHandler
from typer.exceptions import TyperException

from agents.cli import devices, hardware, images, kiosk, live, running, service, unlock
from agents.cli.context import DEFAULT_CONFIG
from agents.cli.show import as_json, err
from agents.errors import AgentError
from agents.report.enrol import agent_version

_FAILED: Final = 2
_REFUSED: Final = 3
_OPTIONS: Final[dict[str, Any]] = {"no_args_is_help": True, "rich_markup_mode": "rich"}

app = typer.Typer(help="The bench agent of Heropstart: wipes, images and labels devices, with proof.", **_OPTIONS)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(agent_version())
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 done, 2 failed, 3 refused (nothing touched), 4 unknown (quarantine).")
def _common(
    config: Annotated[
        Path, typer.Option("--config", "-c", envvar="HEROPSTART_BENCH_CONFIG", help="The bench's TOML file.")
    ] = DEFAULT_CONFIG,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell more on stderr.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    del config, version  # read by `config_of`, done by `_version`
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_path=False, show_level=verbose)],
        force=True,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)


for command in (
    service.doctor,
    running.ports,
    devices.plan,
    devices.wipe,
    unlock.unlock,
    images.image,
    hardware.inventory,
    hardware.check,
    service.enrol,
    service.outbox,
    running.run,
    running.scan,
):
    app.command()(command)
app.command("live")(live.run)
app.add_typer(images.images_app, name="images")
app.add_typer(kiosk.kiosk_app, name="kiosk")


def main() -> None:
    """Run the command line; every error becomes a message and an exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = app(arguments, prog_name="bench-agent", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except AgentError as error:
        return _said(str(error), error.exit_code, arguments)
    except TyperException as error:
        return _said(f"{error.format_message()} See `bench-agent --help`.", _REFUSED, arguments)
    except (typer.Abort, KeyboardInterrupt):
        return _said("Stopped.", _FAILED, arguments)


def _said(message: str, code: int, arguments: list[str]) -> int:
    """Tell people on stderr, and programs on stdout when they asked for JSON."""
    err.print(message, markup=False, style="red" if code != _REFUSED else "yellow")
    if "--json" in arguments:
        as_json({"error": {"message": message, "exit_code": code}})
    return code
