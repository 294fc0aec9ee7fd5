"""The command line of the service: `fleet …`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console
from rich.markup import escape
from sqlmodel import Session

from fleet.accounts import api_tokens, people
from fleet.accounts import service as accounts
from fleet.accounts.api_tokens_models import ApiToken
from fleet.accounts.api_tokens_rules import DEFAULT_DAYS
from fleet.accounts.oidc_settings import ProvidersFileError
from fleet.audit import service as audit
from fleet.audit.keys import ServiceKeyError, service_key
from fleet.auth.rules import SYSTEM, Principal, Role, Scope
from fleet.config import Settings
from fleet.contract.bundle import BundleError, read_bundle
from fleet.contract.certificate_file import CertificateFileError, prove
from fleet.contract.signing import KeyFormatError, SignatureError, public_from_text
from fleet.db.embedded import EmbeddedError
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.keyset import MAX_PAGE
from fleet.db.migrate import migrate as migrate_database
from fleet.db.session import unit_of_work
from fleet.departures import service as departures
from fleet.departures.checking import ExportWrong, verify_export
from fleet.departures.rules import Obstacles
from fleet.errors import FleetError
from fleet.images import service as images
from fleet.images.content import ContentStore
from fleet.images.rules import published
from fleet.intake.carried import take_in_bundle
from fleet.organisations import service as organisations
from fleet.organisations.rules import OrganisationKind
from fleet.ui.i18n import Language
from fleet.wipes import pades, spoken

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Heropstart: the central service.")
organisation_app = typer.Typer(no_args_is_help=True, help="Organisations and their sites.")
user_app = typer.Typer(no_args_is_help=True, help="Staff accounts.")
bench_app = typer.Typer(no_args_is_help=True, help="Workshop benches.")
image_app = typer.Typer(no_args_is_help=True, help="Disk images.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens of an organisation.")
audit_app = typer.Typer(no_args_is_help=True, help="The hash-chained history.")
app.add_typer(organisation_app, name="organisation")
app.add_typer(user_app, name="user")
app.add_typer(bench_app, name="bench")
app.add_typer(image_app, name="image")
app.add_typer(audit_app, name="audit")
app.add_typer(token_app, name="token")
out, err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)

OrganisationOption = Annotated[str, typer.Option("--organisation", "-o", help="Name of the organisation, as it was added.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    FAILED = 2
    REFUSED = 3


def _principal(organisation_id: UUID) -> Principal:
    """The command line acts as the system, with an admin's rights."""
    return Principal(organisation_id, SYSTEM, frozenset({Role.ADMIN}), "command line")


def _organisation(database: Database, name: str) -> UUID:
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        return organisations.by_name(session, name).id


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; FLEET_HOST otherwise.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; FLEET_PORT otherwise.")] = None,
) -> None:
    """Serve the web app and the API. Without FLEET_DATABASE_URL an embedded PostgreSQL is started and migrated."""
    import uvicorn  # the other commands do without it

    from fleet.app import create_app  # composing the whole application takes a second that the other commands save
    from fleet.web.serving import Server

    settings = Settings()
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_level="info",
        proxy_headers=False,  # the public address comes from the settings, never from what a request says
        server_header=False,
        timeout_graceful_shutdown=30,  # what is under way ends; pages that wait for news are let go at once
    )
    server = Server(config, app.state.hub.close)
    server.run()
    if not server.started:
        raise typer.Exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema; make the three database roles where they are missing."""
    with Database(Settings()) as database:
        migrate_database(database)
    out.print("The database has the newest schema.")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Do not stay up; exit non-zero if anything fell short.")] = False,
    port: Annotated[int, typer.Option(help="Port of the web app; 0 takes a free one.")] = 0,
) -> None:
    """Run the main job for real on throw-away data: two donated drives, from the donation to ready."""
    from fleet.demo import run_demo  # brings the bench agent along

    raise typer.Exit(run_demo(once=once, port=port))


@organisation_app.command("add")
def organisation_add(
    name: Annotated[str, typer.Argument(help="Name, as it stands on labels.")],
    site: Annotated[str, typer.Option(help="Name of the first site.")] = "Werkplaats",
    kind: Annotated[OrganisationKind, typer.Option(help="What it does in the chain of custody.")] = OrganisationKind.WORKSHOP,
    contact: Annotated[str, typer.Option(help="Address and telephone, for whoever finds a device.")] = "",
) -> None:
    """Add an organisation with its first site. A donor company or a recycler may do without staff."""
    with Database(Settings()) as database, unit_of_work(database.engine()) as session:
        added = organisations.create(session, SYSTEM, name, kind, contact)
        organisations.add_site(session, _principal(added.id), site)
    out.print(f"{name} was added, with the site {site}.")


@organisation_app.command("leave")
def organisation_leave(
    name: Annotated[str, typer.Argument(help="Name of the organisation, as it was added.")],
    *,
    for_good: Annotated[bool, typer.Option("--for-good", help="Close its history, once nothing stands in the way.")] = False,
    closing: Annotated[Path, typer.Option(help="Where to write the closing event.")] = Path("closing.json"),
) -> None:
    """Show what stands in the way of leaving; with --for-good write the export, close the history and let nobody in any more."""
    settings = Settings()
    with Database(settings) as database:
        me = _organisation(database, name)
        with unit_of_work(database.engine(), me) as session:
            departures.begin(session, _principal(me))
            standing = departures.obstacles(session, me)
            _show_obstacles(standing)
            if not for_good:
                return
            left = departures.leave(session, _principal(me), settings, organisations.get(session, me).name)
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


@user_app.command("add")
def user_add(
    login: Annotated[str, typer.Argument(help="What the person signs in with.")],
    organisation: OrganisationOption,
    role: Annotated[list[Role], typer.Option("--role", "-r", help="May be given several times.")],
    name: Annotated[str | None, typer.Option(help="Name to show; the login otherwise.")] = None,
    *,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
) -> None:
    """Add a staff account; the password is asked for."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            accounts.create(session, _principal(owner), login, name or login, password, frozenset(role))
    out.print(f"{login} was added to {organisation} as {', '.join(role)}.")


@user_app.command("invite")
def user_invite(
    login: Annotated[str, typer.Argument(help="Login of somebody who has an account at another organisation.")],
    organisation: OrganisationOption,
    role: Annotated[list[Role], typer.Option("--role", "-r", help="May be given several times.")],
) -> None:
    """Give somebody of another organisation roles in this one."""
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            people.invite(session, _principal(owner), login, frozenset(role))
    out.print(f"{login} works for {organisation} too, as {', '.join(role)}.")


@user_app.command("sign-out")
def user_sign_out(
    login: Annotated[str, typer.Argument(help="Whose sign-ins end.")],
    organisation: OrganisationOption,
) -> None:
    """End all sign-ins of somebody, on every computer; a guest of the organisation stays signed in at home."""
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            principal = _principal(owner)
            ended = people.sign_out(session, principal, people.by_login(session, principal, login).id)
    out.print(f"{login}: {ended} sign-ins ended.")


@bench_app.command("code")
def bench_code(
    organisation: OrganisationOption,
    site: Annotated[str | None, typer.Option(help="Name of the site; the first one otherwise.")] = None,
) -> None:
    """Make a one-time code with which a bench enrols within an hour."""
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            where = organisations.site_by_name(session, site)
            code = accounts.issue_enrolment_code(session, _principal(owner), where.id)
    out.print(code)


@token_app.command("add")
def token_add(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    organisation: OrganisationOption,
    scope: Annotated[list[Scope], typer.Option("--scope", "-s", help="May be given several times.")],
    days: Annotated[int, typer.Option(help="How long it is valid, at most 365.")] = DEFAULT_DAYS,
) -> None:
    """Make an API token; it is printed alone, and never again."""
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            made = api_tokens.create(session, _principal(owner), name, scope, days=days)
    print(made.token)


@token_app.command("list")
def token_list(organisation: OrganisationOption, *, as_json: JsonOption = False) -> None:
    """The newest 200 tokens of an organisation, ended ones included. The tokens themselves are kept nowhere."""
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            rows = [token.model_dump(mode="json", exclude={"token_hash", "organisation_id"}) for token in _tokens(session, owner)]
    if as_json:
        print(json.dumps(rows))
    for row in () if as_json else rows:
        ends = f"revoked {row['revoked_at'][:10]}" if row["revoked_at"] else f"valid until {row['expires_at'][:10]}"
        used = f"last used {row['last_used_at'][:10]}" if row["last_used_at"] else "never used"
        out.print(f"{row['id']}  {escape(row['name'])}: {', '.join(row['scopes'])}; {ends}; {used}", highlight=False)


def _tokens(session: Session, owner: UUID) -> Sequence[ApiToken]:
    return api_tokens.page(session, _principal(owner), limit=MAX_PAGE).items


@token_app.command("revoke")
def token_revoke(
    token: Annotated[UUID, typer.Argument(help="Its number, from `fleet token list`.")], organisation: OrganisationOption
) -> None:
    """End an API token at once."""
    with Database(Settings()) as database:
        owner = _organisation(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            row = api_tokens.revoke(session, _principal(owner), token)
            name = row.name
    out.print(f"{escape(name)} is revoked: it opens nothing any more.")


@image_app.command("publish")
def image_publish(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The .manifest.json file.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The image's file, as it was packed.")],
    organisation: OrganisationOption,
) -> None:
    """Sign an image's manifest, and keep its file here for the benches to fetch. The same again changes nothing."""
    settings = Settings()
    read = published(manifest.read_bytes(), str(manifest))
    with Database(settings) as database:
        owner = _organisation(database, organisation)
        ContentStore(settings.images_path).add(file, read)
        with unit_of_work(database.engine(), owner) as session:
            images.publish(session, _principal(owner), read, service_key(settings))
            images.keep_content(session, _principal(owner), read)
    out.print(f"{read.name} {read.version} is published, its {read.file_bytes} bytes are kept in {settings.images_path}.")


@bench_app.command("intake")
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


@audit_app.command("verify")
def audit_verify(*, as_json: JsonOption = False) -> None:
    """Recompute every chain from its first event and check every signed head; name the first bad event."""
    settings = Settings()
    with Database(settings) as database, unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        reports = audit.verify_all(session, service_key(settings).public_key())
    if as_json:
        print(json.dumps([_report(report) for report in reports]))
    for report in () if as_json else reports:
        state = "[green]intact[/green]" if report.intact else "[red]BROKEN[/red]"
        out.print(f"{report.organisation_id}: {report.events} events, {report.heads_checked} signed heads, {state}")
        if report.first_bad:
            out.print(f"  first bad event: number {report.first_bad.seq}, {report.first_bad.fault}")
        if report.bad_head:
            out.print(f"  signed head of event {report.bad_head.seq}: {report.bad_head.fault}")
    if not all(report.intact for report in reports):
        raise typer.Exit(Exit.FAILED)


def _report(report: audit.ChainReport) -> dict[str, object]:
    return {
        "organisation": str(report.organisation_id),
        "events": report.events,
        "head": report.head_hash.hex(),
        "intact": report.intact,
        "first_bad": {"seq": report.first_bad.seq, "fault": report.first_bad.fault} if report.first_bad else None,
        "heads_checked": report.heads_checked,
        "bad_head": {"seq": report.bad_head.seq, "fault": report.bad_head.fault} if report.bad_head else None,
    }


@audit_app.command("verify-export")
def audit_verify_export(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The export of an organisation, a .zip file.")],
    closing: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="The closing.json of an organisation that left.")
    ] = None,
    service: Annotated[
        str | None, typer.Option("--service-key", help="The service's public key (base64) or its file; the export's otherwise.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check an organisation's export without network and without database: chain, heads, evidence, certificates, every file."""
    try:
        report = verify_export(file, _trusted(service), closing.read_bytes() if closing else None)
    except (ExportWrong, KeyFormatError) as error:
        err.print(f"[red]NOT what it was:[/red] {escape(str(error))}")
        raise typer.Exit(Exit.FAILED) from error
    if as_json:
        print(json.dumps(asdict(report)))
        return
    out.print(f"[green]intact[/green]: organisation {report.organisation}, {report.events} events, {report.heads} signed heads")
    out.print(f"{report.evidence} pieces of evidence here, {report.evidence_elsewhere} with devices that others have by now")
    out.print(f"{report.certificates} wipe certificates", highlight=False)
    ended = "its history is closed" if report.closed else "no closing event was given"
    out.print(f"last event {report.last_hash}; {ended}", highlight=False)
    out.print(f"SHA-256 of this file {report.sha256}", highlight=False)
    if service is None:
        out.print("The service's key came out of the file itself: give --service-key to be sure whose it is.")


@audit_app.command("sign")
def audit_sign() -> None:
    """Sign the newest event of every chain that has grown (a running service does so every hour)."""
    from fleet.app import sign_heads  # brings the whole application along

    settings = Settings()
    with Database(settings) as database:
        out.print(f"{sign_heads(database, settings)} chain heads were signed.")


@organisation_app.command("signing-certificate")
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
        owner = _organisation(database, name)
    if remove or pkcs12 is None:
        pades.path_of(settings.pdf_signing_path, owner).unlink(missing_ok=True)
        out.print(f"PDFs of {name} are not signed.")
        return
    password = sys.stdin.readline().rstrip("\n") if password_stdin else typer.prompt("Password", hide_input=True, default="")
    authorities = chain.read_bytes() if chain else b""
    identity = pades.load_pkcs12(pkcs12.read_bytes(), password, authorities, datetime.now(UTC))
    place = pades.keep(identity, settings.pdf_signing_path, owner)
    out.print(f"PDFs of {name} are signed by {identity.certificate.subject.rfc4514_string()}. Key and certificate: {place}")


@app.command("verify-certificate")
def verify_certificate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The certificate's .json file.")],
    key: Annotated[
        str | None, typer.Option(help="The bench's public key (base64) or a file that holds it; the file's own key otherwise.")
    ] = None,
    service: Annotated[
        str | None, typer.Option("--service-key", help="The service's public key, as --key; for the validation in the file.")
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the answer.")] = Language.EN,
    *,
    as_json: JsonOption = False,
) -> None:
    """Check a wipe certificate without network and without database: its signatures, and that it is complete."""
    t = spoken.translator(language)
    try:
        proven = prove(file.read_bytes(), _trusted(key), _trusted(service))
    except (CertificateFileError, SignatureError, KeyFormatError) as error:
        err.print(f"[red]{t(spoken.INVALID)}[/red] {escape(str(error))}")
        raise typer.Exit(Exit.FAILED) from error
    if as_json:
        print(proven.certificate.model_dump_json())
        return
    out.print(f"[green]{t(spoken.VALID)}[/green]")
    for line in spoken.lines(proven, language, key_given=key is not None):
        out.print(escape(line), highlight=False)


def _trusted(key: str | None) -> Ed25519PublicKey | None:
    if key is None:
        return None
    path = Path(key)
    return public_from_text(path.read_text(encoding="utf-8").strip() if path.is_file() else key)


def main() -> None:
    """Run a command; what the user can mend ends in one line instead of a traceback."""
    try:
        app()
    except (FleetError, EmbeddedError, ServiceKeyError, ProvidersFileError) as error:
        err.print(f"[red]{error}[/red]")
        sys.exit(Exit.REFUSED)


if __name__ == "__main__":
    main()
