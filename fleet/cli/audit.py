"""`fleet audit …`, and the check of a wipe certificate."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.markup import escape

from fleet.audit import service as audit
from fleet.audit.keys import service_key
from fleet.cli.console import Exit, JsonOption, err, out, plain
from fleet.config import Settings
from fleet.contract.certificate_file import CertificateFileError, prove
from fleet.contract.signing import KeyFormatError, SignatureError, public_from_text
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.departures.checking import ExportWrong, verify_export
from fleet.ui.i18n import Language
from fleet.wipes import spoken

app = typer.Typer(no_args_is_help=True, help="The hash-chained history.")


@app.command("verify")
def audit_verify(*, as_json: JsonOption = False) -> None:
    """Recompute every chain from its first event and check every signed head; name the first bad event."""
    settings = Settings()
    with Database(settings) as database, unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        reports = audit.verify_all(session, service_key(settings).public_key())
    if as_json:
        plain(json.dumps([_report(report) for report in reports]))
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


@app.command("verify-export")
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
    """Check an organisation's export without network and without database: chain, heads, evidence, bench events, every file."""
    try:
        report = verify_export(file, trusted(service), closing.read_bytes() if closing else None)
    except (ExportWrong, KeyFormatError) as error:
        err.print(f"[red]NOT what it was:[/red] {escape(str(error))}")
        raise typer.Exit(Exit.FAILED) from error
    if as_json:
        plain(json.dumps(asdict(report)))
        return
    out.print(f"[green]intact[/green]: organisation {report.organisation}, {report.events} events, {report.heads} signed heads")
    out.print(f"{report.evidence} pieces of evidence here, {report.evidence_elsewhere} with devices that others have by now")
    if report.evidence_of_others:
        out.print(f"{report.evidence_of_others} of them were recorded by other organisations: their chains vouch for them")
    counts = f"{report.bench_events} bench events, {report.destructions} records of destruction"
    out.print(f"{report.certificates} wipe certificates, {counts}", highlight=False)
    ended = "its history is closed" if report.closed else "no closing event was given"
    out.print(f"last event {report.last_hash}; {ended}", highlight=False)
    out.print(f"SHA-256 of this file {report.sha256}", highlight=False)
    if not report.closed:
        out.print("Without --closing, the rows of devices, books, tasks and transfers rest on the manifest, which nobody signed.")
    if service is None:
        out.print("The service's key came out of the file itself: give --service-key to be sure whose it is.")


@app.command("sign")
def audit_sign() -> None:
    """Sign the newest event of every chain that has grown (a running service does so every hour)."""
    from fleet.app import sign_heads  # brings the whole application along

    settings = Settings()
    with Database(settings) as database:
        out.print(f"{sign_heads(database, settings)} chain heads were signed.")


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
        proven = prove(file.read_bytes(), trusted(key), trusted(service))
    except (CertificateFileError, SignatureError, KeyFormatError) as error:
        err.print(f"[red]{t(spoken.INVALID)}[/red] {escape(str(error))}")
        raise typer.Exit(Exit.FAILED) from error
    if as_json:
        plain(proven.certificate.model_dump_json())
        return
    out.print(f"[green]{t(spoken.VALID)}[/green]")
    for line in spoken.lines(proven, language, key_given=key is not None):
        out.print(escape(line), highlight=False)


def trusted(key: str | None) -> Ed25519PublicKey | None:
    """The public key that somebody gave, as text or as a file. Raises KeyFormatError."""
    if key is None:
        return None
    path = Path(key)
    return public_from_text(path.read_text(encoding="utf-8").strip() if path.is_file() else key)
