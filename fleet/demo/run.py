"""The order of the demo: a donation is registered, two drives come in, and both end up ready for use."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from agents.bench import Bench
from agents.errors import AgentError
from agents.image.manifest import save_manifest
from agents.journal import outbox
from agents.journal.db import Journal
from fleet.app import sign_heads
from fleet.audit import service as audit
from fleet.audit.keys import service_key
from fleet.contract.certificate_file import verify_file
from fleet.contract.signing import SignedDocument, public_from_text
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.demo import bench as demo_bench
from fleet.demo.drives import SECRET, WELCOME, Drive, make_image
from fleet.demo.people import DemoStepFailed, Person, Team, settle
from fleet.demo.server import DemoServerError, serving
from fleet.errors import FleetError
from labels.codes import show

DELIVERY_S: Final = 60.0
out = Console(soft_wrap=True)


@dataclass(frozen=True)
class Result:
    """One drive's way, as checked at its end."""

    code: str
    state: str
    certificate: Path
    label: Path
    faults: tuple[str, ...]


def run_demo(*, once: bool, port: int) -> int:
    """Run the demo; 0 when everything came out as it must, 2 otherwise."""
    Path(".demo").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=".demo")).resolve()
    out.print(f"Everything of this demo is in {folder.relative_to(Path.cwd())}.")
    try:
        with serving(folder / "service", port) as (app, address):
            team = settle(app)
            results, intact = _main_job(app, address, team, folder)
            good = _report(results, intact=intact)
            if not once:
                _stay(address, team)
    except (DemoStepFailed, DemoServerError, FleetError, AgentError) as error:
        out.print(f"[red]The demo fell short:[/red] {error}")
        return 2
    return 0 if good else 2


def _main_job(app: FastAPI, address: str, team: Team, folder: Path) -> tuple[list[Result], bool]:
    """From the donation to ready."""
    drives = [Drive(name, folder / f"drive-{name}.img") for name in ("A1", "A2")]
    with _people(address, team) as people, closing(Journal(folder / "bench")) as journal:
        batch = _register_donation(people["lies"])
        image = make_image(folder / "bench" / "images")
        signed = people["lies"].do("POST", "/api/v1/images", image.manifest.model_dump(mode="json", by_alias=True))
        save_manifest(folder / "bench" / "images", SignedDocument.model_validate(signed["manifest"]))
        config = demo_bench.configure(folder / "bench", address, drives, image.manifest.name)
        demo_bench.enrol_bench(app, team, config, journal)
        _assign(people["lies"], batch)
        with Bench(config, journal, settle_s=0.3) as bench:
            out.print(
                f"Two donated drives of 96 MiB, full of old data, are plugged in at ports {', '.join(d.port for d in drives)}."
            )
            for drive in drives:
                drive.plug_in()
            for drive in drives:
                shown = demo_bench.label_and_confirm(bench, drive)
                out.print(f"  {drive.port}: label {show(shown.asset_code or '')} printed, read back and scanned; wiping.")
            ends = [(drive, demo_bench.finished(bench, drive)) for drive in drives]
            _await_delivery(journal)
            results = [
                _finish(people, drive, end.asset_code or "", Path(end.certificate or ""), Path(end.label or ""))
                for drive, end in ends
            ]
    return results, _chain_intact(app)


@contextmanager
def _people(address: str, team: Team) -> Iterator[Mapping[str, Person]]:
    people = {login: Person(address, login, password) for login, password in team.passwords.items()}
    try:
        yield people
    finally:
        for person in people.values():
            person.close()


def _register_donation(lead: Person) -> str:
    """A donor, a donation of two drives, an intake batch; the batch's id."""
    donor = lead.do("POST", "/api/v1/donors", {"name": "Stad Voorbeeld, dienst ICT"})
    body = {"donor_id": donor["id"], "declared_count": 2, "note": "twee harde schijven"}
    donation = lead.do("POST", "/api/v1/donations", body)
    batch = lead.do("POST", "/api/v1/batches", {"donation_id": donation["id"]})
    out.print(f"Donation {donation['reference']} is registered, batch {batch['reference']} is open.")
    return str(batch["id"])


def _assign(lead: Person, batch: str) -> None:
    """Tell the bench's place in the service on which batch it works."""
    benches = lead.do("GET", "/api/v1/benches")["items"]
    lead.do("PUT", f"/api/v1/benches/{benches[0]['id']}/batch", {"batch_id": batch})


def _await_delivery(journal: Journal) -> None:
    """Wait until the outbox is empty. Raises DemoStepFailed."""
    deadline = time.monotonic() + DELIVERY_S
    while True:
        with journal.transaction(durable=False) as tx:
            waiting, stuck = outbox.count(tx)
        if not waiting and not stuck:
            return
        if stuck or time.monotonic() > deadline:
            raise DemoStepFailed(f"{waiting} events wait and {stuck} are stuck in the bench's outbox")
        time.sleep(0.1)


def _finish(people: Mapping[str, Person], drive: Drive, code: str, certificate: Path, label: Path) -> Result:
    """Test and release as two different people, then look whether all is true."""
    people["mo"].do("POST", f"/api/v1/devices/{code}/tests", {"functional": True})
    people["fatma"].do("POST", f"/api/v1/devices/{code}/release")
    fiche = people["an"].do("GET", f"/api/v1/devices/{code}")
    faults = list(_faults(people["an"], drive, code, certificate, fiche))
    return Result(code, fiche["device"]["state"], certificate, label, tuple(faults))


def _faults(auditor: Person, drive: Drive, code: str, certificate: Path, fiche: Mapping[str, Any]) -> Iterator[str]:
    """What an auditor would find wrong."""
    if fiche["device"]["state"] != "ready":
        yield f"state is {fiche['device']['state']}, not ready"
    if not fiche["device"]["batch_id"]:
        yield "not in the donation's batch"
    if drive.holds(SECRET):
        yield "old data is still on the drive"
    if not drive.holds(WELCOME[:60]):
        yield "the image is not on the drive"
    stored = auditor.do("GET", f"/api/v1/devices/{code}/certificates")
    if len(stored) != 1:
        yield f"{len(stored)} certificates at the service, not one"
        return
    key = public_from_text(auditor.do("GET", f"/api/v1/certificates/{stored[0]['id']}")["public_key"])
    proven = verify_file(certificate.read_bytes(), key)
    if proven.asset_code != code or str(proven.id) != stored[0]["id"]:
        yield "the certificate at the bench is not the one at the service"


def _chain_intact(app: FastAPI) -> bool:
    """Sign the chain's head, then recompute the chain."""
    database, settings = app.state.database, app.state.settings
    sign_heads(database, settings)
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        reports = audit.verify_all(session, service_key(settings).public_key())
    return bool(reports) and all(report.intact and report.heads_checked for report in reports)


def _report(results: list[Result], *, intact: bool) -> bool:
    """The table; whether all came out as it must."""
    table = Table("asset code", "state", "chain verified")
    for name in ("certificate", "label"):
        table.add_column(name, overflow="fold")
    for result in results:
        verified = "yes" if intact else "NO"
        table.add_row(show(result.code), result.state, verified, result.certificate.name, result.label.name)
    out.print(table)
    for result in results:
        out.print(f"{show(result.code)}: {_shown(result.certificate)}, {_shown(result.label)}")
    for result in results:
        for fault in result.faults:
            out.print(f"[red]{show(result.code)}: {fault}[/red]")
    codes = {result.code for result in results}
    return intact and len(codes) == len(results) and not any(result.faults for result in results)


def _shown(path: Path) -> str:
    """A path from where the demo was started."""
    return str(path.resolve().relative_to(Path.cwd()))


def _stay(address: str, team: Team) -> None:
    """Keep the web app up until Ctrl-C."""
    out.print(f"\nThe web app is at [bold]{address}[/bold]. Sign in as:")
    for login, password in team.passwords.items():
        out.print(f"  {login:8} {password}")
    out.print("Ctrl-C ends the demo.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        out.print("Stopped.")
