"""`fleet bench …`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from fleet.accounts import service as accounts
from fleet.cli.console import Exit, OrganisationOption, err, organisation_id, out, the_system
from fleet.config import Settings
from fleet.contract.bundle import BundleError, read_bundle
from fleet.db.engine import Database
from fleet.db.session import unit_of_work
from fleet.intake.carried import take_in_bundle
from fleet.organisations import service as organisations

app = typer.Typer(no_args_is_help=True, help="Workshop benches.")


@app.command("code")
def bench_code(
    organisation: OrganisationOption,
    site: Annotated[str | None, typer.Option(help="Name of the site; the first one otherwise.")] = None,
) -> None:
    """Make a one-time code with which a bench enrols within an hour."""
    with Database(Settings()) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            where = organisations.site_by_name(session, site)
            code = accounts.issue_enrolment_code(session, the_system(owner), where.id)
    out.print(code)


@app.command("intake")
def bench_intake(
    file: Annotated[Path, typer.Argument(help="What `bench-agent outbox --export` or a live stick wrote.", exists=True)],
) -> None:
    """Take in the events of a bench or live stick that had no network. A file may be taken in twice: nothing counts double.

    Example: fleet bench intake /media/stick/reports/events-20260301.json
    """
    try:
        bundle = read_bundle(file.read_bytes())
    except BundleError as error:
        err.print(f"[red]{escape(str(file))} is no file of bench events: {escape(str(error))}[/red]")
        raise typer.Exit(Exit.REFUSED) from error
    with Database(Settings()) as database:
        taken = take_in_bundle(database.engine(), bundle)
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(taken.outcomes.items()))
    out.print(f"{len(bundle.events)} events: {told or 'none'}.")
