"""Commands around the service: enrol, outbox, doctor."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from agents.bench.doctor import Health, examine
from agents.bench.station import open_station
from agents.cli.context import JsonOption, opened
from agents.cli.show import as_json, err, out
from agents.journal import outbox as rows
from agents.journal import profile
from agents.report import bundle
from agents.report import enrol as enrolment
from agents.report.client import ServiceClient
from agents.report.delivery import deliver
from agents.report.lease import keep_stock
from labels import codes

_FAILED = 2
_COLOURS = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "red"}


def doctor(context: typer.Context, json: JsonOption = False) -> None:
    """Look at everything the bench needs, and say what to do about each trouble. Touches no device.

    Exit code 0 when the bench is fit to work, else 2.

    Example: [bold]bench-agent --config bench.toml doctor[/bold]
    """
    with opened(context) as (config, journal):
        findings = examine(config, journal)
    fit = all(finding.health is not Health.FAIL for finding in findings)
    if json:
        checks = [{"what": finding.what, "health": finding.health, "text": finding.text} for finding in findings]
        as_json({"fit": fit, "checks": checks})
    else:
        table = Table(box=None, show_header=False, pad_edge=False)
        for finding in findings:
            colour = _COLOURS[finding.health]
            table.add_row(f"[{colour}]{finding.health}[/{colour}]", finding.what, escape(finding.text))
        out.print(table)
    raise typer.Exit(0 if fit else _FAILED)


def enrol(
    context: typer.Context,
    server: Annotated[str, typer.Option(help="Address of the service, such as https://fleet.example.org.")],
    code: Annotated[str, typer.Option(help="The one-time code that your admin made.")],
    replace: Annotated[bool, typer.Option("--replace", help="Enrol anew; the old key is set aside.")] = False,
    json: JsonOption = False,
) -> None:
    """Make this bench known to the service: makes its key, and leases the first asset codes.

    The key stays on this computer. The code works once.

    Example: [bold]bench-agent --config bench.toml enrol --server https://fleet.example.org --code K7QM-4T2X-9D8H[/bold]
    """
    with opened(context) as (config, journal):
        with ServiceClient(server, ca_file=config.ca_file) as client:
            told = enrolment.enrol(journal, config.state_dir, client, code=code, station=config.station, replace=replace)
        with open_station(config, journal) as station:
            leased = keep_stock(journal, station.client, config.codes_in_stock)
    if config.server is not None and config.server != client.server:
        err.print(f"The configuration names {config.server}, and that is where this bench will report.", style="yellow")
    if json:
        as_json({"bench_id": told.bench_id, "key_id": told.key_id, "organisation": told.organisation_name, "codes": leased})
    else:
        out.print(
            f"Enrolled for {told.organisation_name}, {told.site_name}; key {told.key_id}; {leased} asset codes.", markup=False
        )


def outbox(
    context: typer.Context,
    send: Annotated[bool, typer.Option("--send", help="Deliver now.")] = False,
    retry_stuck: Annotated[bool, typer.Option("--retry-stuck", help="Put events that were refused back in line.")] = False,
    export: Annotated[Path | None, typer.Option(help="Write them to this file, for `fleet bench intake FILE`.")] = None,
    json: JsonOption = False,
) -> None:
    """Show the events that the service has not got yet. They leave only when it acknowledged them.

    Without a network, --export writes them to a file that may be carried to the service by hand.

    Example: [bold]bench-agent --config bench.toml outbox --send[/bold]
    """
    undelivered = None
    with opened(context) as (config, journal):
        if retry_stuck:
            with journal.transaction() as tx:
                rows.unstick(tx)
        if send:
            with open_station(config, journal) as station:
                undelivered = deliver(journal, station.client).error
        if export is not None:
            bundle.export(journal, export)
        with journal.transaction(durable=False) as tx:
            enrolled, listed, (waiting, stuck) = profile.find(tx), rows.rows(tx), rows.count(tx)
    trouble = str(undelivered) if undelivered else enrolled.trouble if enrolled else None
    if json:
        as_json({"waiting": waiting, "stuck": stuck, "trouble": trouble, "events": [_event(row) for row in listed]})
    else:
        out.print(_table(listed))
        out.print(f"{waiting} wait, {stuck} stuck.")
        if trouble:
            err.print(trouble, markup=False, style="yellow")
    raise typer.Exit(_FAILED if undelivered else 0)


def _event(row: rows.OutboxRow) -> dict[str, Any]:
    return {
        "sequence": row.sequence,
        "event_id": row.event_id,
        "type": row.type,
        "asset_code": row.asset_code,
        "made_at": row.made_at.isoformat(),
        "attempts": row.attempts,
        "error": row.error,
        "stuck": row.stuck,
    }


def _table(listed: tuple[rows.OutboxRow, ...]) -> Table:
    table = Table("number", "event", "device", "made at", "tries", "trouble", box=None, pad_edge=False)
    for row in listed:
        mark = "[red]stuck[/red] " if row.stuck else ""
        moment = row.made_at.astimezone().strftime("%d-%m %H:%M:%S")
        table.add_row(
            str(row.sequence), row.type, codes.show(row.asset_code), moment, str(row.attempts), mark + escape(row.error or "")
        )
    return table
