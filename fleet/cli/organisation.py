"""`fleet organisation …`."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fleet.accounts import service as accounts
from fleet.accounts.tokens import new_token
from fleet.auth.rules import SYSTEM, Role
from fleet.cli.console import organisation_id, out, the_system
from fleet.cli.user import link_for, show_link
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.session import unit_of_work
from fleet.departures import service as departures
from fleet.departures.rules import Obstacles
from fleet.organisations import service as organisations
from fleet.organisations.rules import OrganisationKind
from fleet.wipes import pades

app = typer.Typer(no_args_is_help=True, help="Organisations and their sites.")


@app.command("add")
def organisation_add(
    name: Annotated[str, typer.Argument(help="Name, as it stands on labels.")],
    site: Annotated[str, typer.Option(help="Name of the first site.")] = "Werkplaats",
    kind: Annotated[OrganisationKind, typer.Option(help="What it does in the chain of custody.")] = OrganisationKind.WORKSHOP,
    contact: Annotated[str, typer.Option(help="Address and telephone, for whoever finds a device.")] = "",
    admin: Annotated[str | None, typer.Option(help="Login of its first admin, who gets a link to choose a password.")] = None,
    admin_name: Annotated[str | None, typer.Option(help="Name of that admin; the login otherwise.")] = None,
) -> None:
    """Add an organisation with its first site, and its first admin. A donor company or a recycler may do without staff."""
    settings = Settings()
    with Database(settings) as database, unit_of_work(database.engine()) as session:
        added = organisations.create(session, SYSTEM, name, kind, contact)
        system = the_system(added.id)
        organisations.add_site(session, system, site)
        address = None
        if admin is not None:
            made = accounts.create(session, system, admin, admin_name or admin, new_token(), frozenset({Role.ADMIN}))
            address = link_for(session, settings, added.id, made.id)
    out.print(f"{name} was added, with the site {site}.")
    show_link(admin or "", address)


@app.command("leave")
def organisation_leave(
    name: Annotated[str, typer.Argument(help="Name of the organisation, as it was added.")],
    *,
    for_good: Annotated[bool, typer.Option("--for-good", help="Close its history, once nothing stands in the way.")] = False,
    closing: Annotated[Path, typer.Option(help="Where to write the closing event.")] = Path("closing.json"),
) -> None:
    """Show what stands in the way of leaving; with --for-good write the export, close the history and let nobody in any more."""
    settings = Settings()
    with Database(settings) as database:
        me = organisation_id(database, name)
        with unit_of_work(database.engine(), me) as session:
            departures.begin(session, the_system(me))
            standing = departures.obstacles(session, me)
            _show_obstacles(standing)
            if not for_good:
                return
            left = departures.leave(session, the_system(me), settings, organisations.get(session, me).name)
            closing.write_bytes(departures.closing(session, left.departure))
            seq, last = left.departure.last_seq, bytes(left.departure.last_hash or b"").hex()
    out.print(f"{name} has left. Export: {left.export.path}, SHA-256 {left.export.sha256}")
    out.print(f"Last event: number {seq}, hash {last}, in {closing}")


def _show_obstacles(standing: Obstacles) -> None:
    numbers = {
        "own devices here": standing.own_here,
        "own devices held by others": sum(standing.own_elsewhere.values()),
        "devices held for others": sum(standing.held_for.values()),
        "transfers that are not finished": standing.transfers,
        "open tasks": standing.tasks,
        "open intake batches": standing.batches,
    }
    for what, number in numbers.items():
        out.print(f"{number:>6}  {what}", highlight=False)
    out.print(f"{standing.benches:>6}  benches, which will be revoked: let them send what waits in them first", highlight=False)


@app.command("signing-certificate")
def organisation_signing_certificate(
    name: Annotated[str, typer.Argument(help="Name of the organisation, as it was added.")],
    pkcs12: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="PKCS #12 file with key and certificate.")
    ] = None,
    chain: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="PEM file of the authorities that readers trust.")
    ] = None,
    *,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Sign no PDFs any more.")] = False,
) -> None:
    """Supply the certificate with which an organisation's printed certificates are signed (PAdES), or take it away."""
    settings = Settings()
    with Database(settings) as database:
        owner = organisation_id(database, name)
    if remove or pkcs12 is None:
        pades.path_of(settings.pdf_signing_path, owner).unlink(missing_ok=True)
        out.print(f"PDFs of {name} are not signed.")
        return
    password = sys.stdin.readline().rstrip("\n") if password_stdin else typer.prompt("Password", hide_input=True, default="")
    authorities = chain.read_bytes() if chain else b""
    identity = pades.load_pkcs12(pkcs12.read_bytes(), password, authorities, datetime.now(UTC))
    place = pades.keep(identity, settings.pdf_signing_path, owner)
    out.print(f"PDFs of {name} are signed by {identity.certificate.subject.rfc4514_string()}. Key and certificate: {place}")
