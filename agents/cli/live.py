"""`bench-agent live`: the computer that a live stick started is read, wiped, imaged and reported, one question at a time."""

import platform
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer

from agents.bench import imaging, labelling, live, measuring, recovery, wiping
from agents.bench.lock import agent_lock
from agents.bench.settling import WipeEnd
from agents.bench.station import Station, open_station
from agents.cli import plans
from agents.cli.context import DEFAULT_CONFIG, stopped_by_signals
from agents.cli.dialogue import Steps, ask, ask_checks, ask_serial, ask_visual
from agents.cli.show import err, out
from agents.config import BenchConfig, load_live
from agents.errors import AgentError, Refused
from agents.image.finish import windows_key
from agents.image.fit import Computer, refuse_unfit
from agents.journal import devices, profile
from agents.journal.db import Journal
from agents.journal.devices import KnownDevice, Stage
from agents.journal.scans import NewScan
from agents.report import bundle
from agents.report import enrol as enrolment
from agents.report.client import ServiceClient
from agents.report.delivery import deliver
from agents.report.errors import ServiceError
from agents.report.lease import keep_stock
from agents.shell.clock import now
from fleet.contract.hardware import HardwareReport
from fleet.contract.kinds import Architecture, Firmware, Verdict
from labels import codes

_GIB: Final = 1 << 30
ReportsOption = Annotated[Path, typer.Option(help="Folder for certificates, label and events, such as the stick's own.")]


class NothingWiped(Refused):
    """No disk was confirmed, so nothing was wiped. Start again, and type the serial of each disk that is to be erased."""


@dataclass(frozen=True)
class _Wiped:
    """How a confirmed disk came out; `job` is None when it could not begin."""

    verdict: Verdict | None
    job: UUID | None = None


@dataclass(frozen=True)
class _Work:
    """What stands before the operator."""

    station: Station
    report: HardwareReport
    seen: Sequence[live.LiveDisk]
    machine: Sequence[KnownDevice]
    reports: Path
    orphans: recovery.Orphans
    stop: threading.Event

    @property
    def code(self) -> str:
        return self.machine[0].asset_code

    @property
    def operator(self) -> str | None:
        return self.station.config.operator


def run(
    context: typer.Context,
    reports: ReportsOption = Path("reports"),
    enrol: Annotated[str | None, typer.Option(help="The one-time code, when this stick is not enrolled yet.")] = None,
    image: Annotated[str | None, typer.Option(help="The image to write after a proven wipe; asked for otherwise.")] = None,
) -> None:
    """Work on the computer that this stick has started: read it, wipe its disks, write an image, report.

    Each disk is erased only after its serial number is typed. Without a network everything is kept on the stick, and written to a
    file in --reports that `fleet bench intake` takes in.

    Exit codes: 0 every confirmed disk is erased and proven, 2 one is not, 3 nothing was wiped.

    Example: [bold]bench-agent --config live.toml live --reports /media/heropstart/reports[/bold]
    """
    file = context.find_root().params["config"]
    report = measuring.this_machine()
    _show_machine(report)
    config = load_live(file if isinstance(file, Path) else DEFAULT_CONFIG, live.internal_ports(report.kind))
    reports.mkdir(parents=True, exist_ok=True)
    with Journal(config.state_dir) as journal, stopped_by_signals() as stop:
        _enrolled(config, journal, enrol)
        with agent_lock(config.state_dir), open_station(config, journal) as station:
            _refresh(station)
            seen = live.disks(config, station.profile.wipe_policy)
            _show_disks(seen)
            machine = live.receive_machine(station, report, seen)
            left = recovery.resolve(station, {port.name for port in config.ports})
            work = _Work(station, report, seen, machine, reports, left.orphans, stop)
            done = _at_work(work, image)
            _hand_over(work)
    if not done:
        raise NothingWiped
    raise typer.Exit(0 if all(wiped.verdict is Verdict.ERASED for wiped in done) else 2)


def _at_work(work: _Work, image: str | None) -> list[_Wiped]:
    """Label, wipe, image and check-list; how each disk that was confirmed came out."""
    _label(work)
    measuring.tell_measured(work.station, work.code, work.report, work.operator)
    done = [_wipe(work, disk, device) for disk, device in zip(work.seen, work.machine, strict=True) if _confirmed(disk)]
    if len(done) == len(work.seen) and all(wiped.verdict is Verdict.ERASED for wiped in done):
        wanted = image if image is not None else ask("Image to write (Enter for none)")
        if wanted:
            _image(work, wanted, done[0].job)
    answers, note = ask_checks(work.machine[0].kind)
    if answers:
        measuring.tell_checked(work.station, work.code, answers, note, work.operator)
    return done


def _enrolled(config: BenchConfig, journal: Journal, code: str | None) -> None:
    """A stick is enrolled once, like a bench; it then works without a network."""
    with journal.transaction(durable=False) as tx:
        known = profile.find(tx)
    if known is not None:
        return
    server = config.server or ask("Address of the service")
    with ServiceClient(server, ca_file=config.ca_file) as client:
        wanted = code or ask("This stick is not enrolled yet. One-time code")
        told = enrolment.enrol(journal, config.state_dir, client, code=wanted, station=config.station)
    out.print(f"Enrolled for {told.organisation_name}.", markup=False)


def _refresh(station: Station) -> None:
    """Fetch what can be fetched; a stick without a network goes on with what it has."""
    try:
        keep_stock(station.journal, station.client, station.config.codes_in_stock)
        told = station.client.profile()
    except ServiceError as error:
        err.print(f"No service now: {error} What happens here is kept on the stick.", markup=False, style="yellow")
        return
    with station.journal.transaction() as tx:
        profile.refresh(tx, told)


def _show_machine(report: HardwareReport) -> None:
    battery = report.battery_percent
    name = " ".join(filter(None, (report.manufacturer, report.model))) or "a computer without a name"
    out.print(f"\n{name}, serial {report.serial or 'unknown'}", markup=False, style="bold")
    out.print(f"{report.cpu or 'unknown processor'}, {(report.memory_bytes or 0) / _GIB:.1f} GiB of memory", markup=False)
    if battery is not None:
        out.print(f"Battery: {battery} % of its capacity is left", markup=False)


def _show_disks(seen: Sequence[live.LiveDisk]) -> None:
    for disk in seen:
        out.print("")
        if disk.plan is None or disk.identity is None:
            out.print(f"{disk.path} CANNOT be wiped here: {disk.refusal}", markup=False, style="red")
        else:
            out.print(plans.text(disk.identity, disk.plan), markup=False, highlight=False)
    out.print("")


def _label(work: _Work) -> None:
    """Draw the label and take its scan; without one the service asks the workshop lead."""
    station, device = work.station, work.machine[0]
    base_url = station.profile.label_base_url
    drawn = labelling.draw(station, device)
    kept = work.reports / drawn.name
    kept.write_bytes(drawn.read_bytes())
    out.print(f"Code: {codes.show(device.asset_code)}   (label: {kept})", markup=False, style="bold")
    while text := ask("Stick the label on, and scan or type its code (Enter goes on without)"):
        scan = NewScan(station.config.ports[0].name, text, ask_visual(), operator=work.operator)
        try:
            with station.journal.transaction() as tx:
                known = devices.find(tx, device.storage.key) or device
                labelling.confirm(station, tx, known, scan, base_url)
                for other in work.machine[1:]:
                    devices.reach(tx, other.storage.key, Stage.SCANNED)
        except Refused as refused:
            out.print(str(refused), markup=False, style="yellow")
        else:
            return


def _confirmed(disk: live.LiveDisk) -> bool:
    if disk.plan is not None and ask_serial(disk.plan.storage):
        return True
    out.print(f"{disk.path} is left alone: it is NOT wiped.", markup=False, style="yellow")
    return False


def _wipe(work: _Work, disk: live.LiveDisk, device: KnownDevice) -> _Wiped:
    """Wipe a confirmed disk, or go on where the stick's last start left it."""
    try:
        end, job = _carried_out(work, disk, device)
    except AgentError as error:
        out.print(f"{disk.path}: {error}", markup=False, style="red")
        return _Wiped(Verdict.FAILED)
    if end.certificate is not None:
        (work.reports / end.certificate.name).write_bytes(end.certificate.read_bytes())
    style = "green" if end.verdict is Verdict.ERASED else "red"
    out.print(f"{disk.path}: {end.verdict or 'not wiped'}{f', {end.reason}' if end.reason else ''}", markup=False, style=style)
    return _Wiped(end.verdict, job)


def _carried_out(work: _Work, disk: live.LiveDisk, device: KnownDevice) -> tuple[WipeEnd, UUID]:
    """Raises AgentError: it could not begin, or not go on."""
    if disk.plan is None or disk.identity is None:
        raise live.DiskIncomplete
    recovery.refuse_held(work.station, disk.identity.storage)
    job = work.orphans.take(disk.identity.storage.key)
    if job is None:
        job = wiping.begin(work.station, device, disk.plan, work.operator)
    return wiping.carry_out(work.station, job, disk.identity, wiping.WipeWatch(Steps().show, stop=work.stop)), job.id


def _image(work: _Work, name: str, wiped: UUID | None) -> None:
    """Write an image onto the first disk, which the machine starts from."""
    disk, device, station = work.seen[0], work.machine[0], work.station
    if disk.identity is None:
        return
    try:
        found = imaging.find(station, name, work.stop)
        refuse_unfit(found.manifest, _computer(work.report))
        watch = imaging.ImageWatch(Steps().show, work.stop, windows_key.of_this_computer())
        result = imaging.write(station, device, disk.identity, found, work.operator, watch, wiped=wiped)
    except AgentError as error:
        out.print(f"{disk.path}: no image was written: {error}", markup=False, style="red")
        return
    out.print(f"{disk.path}: image {result.name} {result.version} is written and read back.", markup=False, style="green")


def _computer(report: HardwareReport) -> Computer:
    """What the image must fit."""
    machine = platform.machine()
    return Computer(
        architecture=Architecture(machine) if machine in set(Architecture) else None,
        firmware=Firmware(report.boot.value) if report.boot else None,
    )


def _hand_over(work: _Work) -> None:
    """Deliver what waits, or write it to the stick."""
    done = deliver(work.station.journal, work.station.client)
    if done.error is None:
        out.print(f"Reported to the service: {done.sent} events.", style="green")
        return
    file = work.reports / f"events-{work.code}-{now():%Y%m%d%H%M%S}.json"
    count = bundle.export(work.station.journal, file)
    out.print(f"No service: {count} events are in {file}. Hand that file to your admin.", markup=False, style="yellow")
