"""Commands for one device by its path: plan, wipe."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.bench import direct
from agents.cli import plans
from agents.cli.bar import Bar
from agents.cli.context import JsonOption, PathArgument, config_of, opened, stopped_by_signals
from agents.cli.show import as_json, err, out
from agents.config import BenchConfig
from agents.journal.scans import NewScan
from fleet.contract.kinds import Verdict, VisualResult
from labels import codes

_EXIT = {Verdict.ERASED: 0, Verdict.FAILED: 2, Verdict.UNKNOWN: 4, None: 2}
MethodOption = Annotated[
    str | None,
    typer.Option(help="Exactly this method (`zeros`, `random`, or one that `plan` lists); else the strongest possible."),
]


def plan(context: typer.Context, path: PathArgument, method: MethodOption = None, json: JsonOption = False) -> None:
    """Show what a wipe would do to a device: method, level, commands, and why no other method. Only reads.

    Refused (exit code 3) when the guard would refuse the wipe (not at a declared port, in use by this machine, read-only), and
    when nothing that is possible is enough for the policy.

    Example: [bold]bench-agent --config bench.toml plan /dev/sdb[/bold]
    """
    identity, wanted = direct.plan_for(config_of(context), path, plans.method_of(method))
    if json:
        as_json(plans.document(identity, wanted))
        return
    out.print(plans.text(identity, wanted), markup=False)
    out.print(f"\nTo carry it out: bench-agent wipe {path} --confirm {wanted.storage.serial}", markup=False)


def wipe(
    context: typer.Context,
    path: PathArgument,
    confirm: Annotated[str, typer.Option(help="The serial of the device, as `plan` and the device itself show it.")],
    method: MethodOption = None,
    label: Annotated[
        str | None, typer.Option(help="What the scanner read of the label on the device; asked for at a terminal.")
    ] = None,
    visual: Annotated[VisualResult, typer.Option(help="What you see of the device.")] = VisualResult.GOOD,
    json: JsonOption = False,
) -> None:
    """Wipe one device now, read every byte back, and certify it.

    Its label is drawn first, to be stuck on and scanned back. Without that scan the wipe is done and certified all the same, but
    the service asks the workshop lead, because nobody inspected the device.

    Exit codes: 0 erased and proven, 2 failed, 3 refused with nothing touched, 4 unknown: put the device in quarantine.

    Example: [bold]bench-agent --config bench.toml wipe /dev/sdb --confirm WD-WX31A45[/bold]
    """
    with opened(context) as (config, journal), stopped_by_signals() as stop, Bar(json) as bar:
        ask = _scan_asker(config, path, label, visual, json=json)
        wanted = plans.method_of(method)
        done = direct.wipe(config, journal, path, confirm=confirm, method=wanted, watch=bar.show, stop=stop, ask_scan=ask)
    document = {
        "asset_code": done.asset_code,
        "verdict": done.end.verdict,
        "reason": done.end.reason,
        "certificate": done.end.certificate,
        "label": done.label,
        "undelivered": None if done.undelivered is None else str(done.undelivered),
    }
    _report(document, json=json)
    raise typer.Exit(_EXIT[done.end.verdict])


def _report(document: dict[str, Any], *, json: bool) -> None:
    if json:
        as_json(document)
        return
    shown = document | {"asset_code": codes.show(document["asset_code"])}
    for name, value in shown.items():
        if value is not None:
            out.print(f"{name.replace('_', ' '):<16} {value}", markup=False)


def _scan_asker(config: BenchConfig, path: Path, label: str | None, visual: VisualResult, *, json: bool) -> direct.AskScan:
    """Takes the scan from the option, or from the person at the terminal."""

    def ask(code: str, drawn: Path) -> NewScan | None:
        text = label
        if text is None and sys.stdin.isatty() and not json:
            err.print(f"Label {codes.show(code)} is drawn: {drawn}", markup=False)
            text = typer.prompt("Stick it on, and scan it (Enter goes on without)", default="", show_default=False, err=True)
        port = direct.port_of(config, path).name
        return NewScan(port, text, visual, operator=config.operator) if text else None

    return ask
