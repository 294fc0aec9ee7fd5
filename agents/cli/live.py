"""`bench-agent live`: the computer that a live stick started is read, wiped, imaged and reported, one question at a time."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from agents.bench import imaging, labelling, live, measuring, wiping
from agents.bench.lock import agent_lock
from agents.bench.phases import PortPhase
from agents.bench.station import Station, open_station
from agents.cli import plans
from agents.cli.context import DEFAULT_CONFIG, stopped_by_signals
from agents.cli.show import err, out, progress_text
from agents.config import BenchConfig, load_live
from agents.errors import AgentError, Refused
from agents.image.finish import windows_key
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
from agents.shell.progress import Progress
from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport, items_for
from fleet.contract.kinds import Verdict, VisualResult
from labels import codes

_SHOWN_EVERY: Final = 5
"""Percent between two lines of progress: a screen that is read from afar need not flicker."""
_GIB: Final = 1 << 30
_ANSWERS: Final = {"g": CheckAnswer.GOOD, "w": CheckAnswer.WORN, "b": CheckAnswer.BROKEN, "a": CheckAnswer.ABSENT}
ReportsOption = Annotated[Path, typer.Option(help="Folder for certificates, label and events, such as the stick's own.")]


class NothingWiped(Refused):
    """No disk was confirmed, so nothing was wiped. Start again, and type the serial of each disk that is to be erased."""


@dataclass(frozen=True)
class _Work:
    """What stands before the operator."""

    station: Station
    report: HardwareReport
    seen: Sequence[live.LiveDisk]
    machine: Sequence[KnownDevice]
    reports: Path

    @property
    def code(self) -> str:
        return self.machine[0].asset_code


def run(
    context: typer.Context,
    reports: ReportsOption = Path("reports"),
    enrol: Annotated[str | None, typer.Option(help="The one-time code, when this stick is not enrolled yet.")] = None,
    image: Annotated[str | None, typer.Option(help="The image to write after a proven wipe; asked for otherwise.")] = None,
) -> None:
    """Work on the computer that this stick has started: read it, wipe its disks, write an image, report.

    Each disk is erased only after its serial number is typed. Without a network everything is kept on the stick, and written to a
    file in --reports that `fleet bench intake` takes in.

    Example: [bold]bench-agent --config live.toml live --reports /media/heropstart/reports[/bold]
    """
    file = context.find_root().params["config"]
    report = measuring.this_machine()
    config = load_live(file if isinstance(file, Path) else DEFAULT_CONFIG, live.internal_ports(report.kind))
    with Journal(config.state_dir) as journal, stopped_by_signals() as stop:
        _enrolled(config, journal, enrol)
        with agent_lock(config.state_dir), open_station(config, journal) as station:
            _online(station)
            _show_machine(report)
            seen = live.disks(config, station.profile.wipe_policy)
            _show_disks(seen)
            work = _Work(station, report, seen, live.receive_machine(station, report, seen), reports)
            verdicts = _at_work(work, image, stop)
            _hand_over(work)
    if not verdicts:
        raise NothingWiped
    raise typer.Exit(0 if all(verdict is Verdict.ERASED for verdict in verdicts) else 2)


def _at_work(work: _Work, image: str | None, stop: threading.Event) -> list[Verdict | None]:
    _label(work)
    measuring.tell_measured(work.station, work.code, work.report, work.station.config.operator)
    verdicts = [_wipe(work, disk, device, stop) for disk, device in zip(work.seen, work.machine, strict=True) if _confirmed(disk)]
    proven = len(verdicts) == len(work.seen) and all(verdict is Verdict.ERASED for verdict in verdicts)
    if proven:
        wanted = image if image is not None else _ask("Image to write (Enter for none)")
        if wanted:
            _image(work, wanted, stop)
    _check_list(work)
    return verdicts


def _enrolled(config: BenchConfig, journal: Journal, code: str | None) -> None:
    """A stick is enrolled once, like a bench; it then works without a network."""
    with journal.transaction(durable=False) as tx:
        known = profile.find(tx)
    if known is not None:
        return
    server = config.server or _ask("Address of the service")
    with ServiceClient(server, ca_file=config.ca_file) as client:
        wanted = code or _ask("This stick is not enrolled yet. One-time code")
        told = enrolment.enrol(journal, config.state_dir, client, code=wanted, station=config.station)
    out.print(f"Enrolled for {told.organisation_name}.", markup=False)


def _online(station: Station) -> bool:
    """Fetch what can be fetched; a stick without a network goes on with what it has."""
    try:
        keep_stock(station.journal, station.client, station.config.codes_in_stock)
        told = station.client.profile()
    except ServiceError as error:
        err.print(f"No service now: {error} What happens here is kept on the stick.", markup=False, style="yellow")
        return False
    with station.journal.transaction() as tx:
        profile.refresh(tx, told)
    return True


def _show_machine(report: HardwareReport) -> None:
    battery = report.battery_percent
    out.print(f"{report.manufacturer or ''} {report.model or 'a computer without a name'}, serial {report.serial or 'unknown'}")
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
    drawn = labelling.draw(station, device)
    kept = work.reports / drawn.name
    work.reports.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(drawn.read_bytes())
    out.print(f"Code: {codes.show(device.asset_code)}   (label: {kept})", markup=False, style="bold")
    while text := _ask("Stick the label on, and scan or type its code (Enter goes on without)"):
        scan = NewScan(_port(work), text, _visual(), operator=station.config.operator)
        try:
            with station.journal.transaction() as tx:
                known = devices.find(tx, device.storage.key) or device
                labelling.confirm(station, tx, known, scan, station.profile.label_base_url)
                for other in work.machine[1:]:
                    devices.reach(tx, other.storage.key, Stage.SCANNED)
        except Refused as refused:
            out.print(str(refused), markup=False, style="yellow")
        else:
            return


def _port(work: _Work) -> str:
    """The port of the first disk, where the scan belongs."""
    return next(disk.plan.port for disk in work.seen if disk.plan is not None) if any(d.plan for d in work.seen) else "disk1"


def _visual() -> VisualResult:
    while (answer := _ask("How does it look? good, damaged or scrap", default="good").lower()) not in set(VisualResult):
        out.print("Write good, damaged or scrap.")
    return VisualResult(answer)


def _confirmed(disk: live.LiveDisk) -> bool:
    """Whether the operator typed this disk's serial; everything else leaves it alone."""
    if disk.plan is None:
        return False
    storage = disk.plan.storage
    size = f"{storage.capacity_bytes / 1e9:.1f} GB"
    out.print(f"\n{storage.model}, {size}: ALL DATA ON IT WILL BE LOST.", markup=False, style="bold red")
    for _ in range(3):
        typed = _ask(f"Type its serial number {storage.serial} to erase it (Enter leaves it alone)")
        if typed == storage.serial:
            return True
        if not typed:
            break
        out.print("That is not its serial number.", style="yellow")
    out.print(f"{disk.path} is left alone: it is NOT wiped.", markup=False, style="yellow")
    return False


def _wipe(work: _Work, disk: live.LiveDisk, device: KnownDevice, stop: threading.Event) -> Verdict | None:
    if disk.plan is None or disk.identity is None:
        return None
    try:
        job = wiping.begin(work.station, device, disk.plan, work.station.config.operator)
        end = wiping.carry_out(work.station, job, disk.identity, wiping.WipeWatch(_Steps().show, stop=stop))
    except AgentError as error:
        out.print(f"{disk.path}: {error}", markup=False, style="red")
        return Verdict.FAILED
    if end.certificate is not None:
        (work.reports / end.certificate.name).write_bytes(end.certificate.read_bytes())
    style = "green" if end.verdict is Verdict.ERASED else "red"
    out.print(f"{disk.path}: {end.verdict or 'not wiped'}{f', {end.reason}' if end.reason else ''}", markup=False, style=style)
    return end.verdict


def _image(work: _Work, name: str, stop: threading.Event) -> None:
    """Write an image onto the first disk, which the machine starts from."""
    disk, device = work.seen[0], work.machine[0]
    if disk.identity is None:
        return
    try:
        found = imaging.find(work.station, name, stop)
        watch = imaging.ImageWatch(_Steps().show, stop, windows_key.of_this_computer())
        result = imaging.write(work.station, device, disk.identity, found, work.station.config.operator, watch)
    except AgentError as error:
        out.print(f"{disk.path}: no image was written: {error}", markup=False, style="red")
        return
    out.print(f"{disk.path}: image {result.name} {result.version} is written and read back.", markup=False, style="green")


def _check_list(work: _Work) -> None:
    """What a person sees and hears; Enter leaves an item out, and the list is then not complete."""
    if not _ask("Answer the check-list now? (yes, or Enter for later)"):
        return
    told: dict[CheckItem, CheckAnswer] = {}
    for item in items_for(work.machine[0].kind):
        answer = _ask(f"{item.replace('_', ' ')}: (g)ood, (w)orn, (b)roken, (a)bsent").lower()[:1]
        if answer in _ANSWERS:
            told[item] = _ANSWERS[answer]
    if told:
        measuring.tell_checked(work.station, work.code, told, _ask("Note"), work.station.config.operator)


def _hand_over(work: _Work) -> None:
    """Deliver what waits, or write it to the stick."""
    done = deliver(work.station.journal, work.station.client)
    if done.error is None:
        out.print(f"Reported to the service: {done.sent} events.", style="green")
        return
    file = work.reports / f"events-{work.code}-{now():%Y%m%d%H%M%S}.json"
    count = bundle.export(work.station.journal, file)
    out.print(f"No service: {count} events are in {file}. Hand that file to your admin.", markup=False, style="yellow")


def _ask(question: str, default: str = "") -> str:
    return str(typer.prompt(question, default=default, show_default=bool(default))).strip()


class _Steps:
    """Progress as lines, one in every few percent."""

    def __init__(self) -> None:
        self._last: tuple[PortPhase, int] | None = None

    def show(self, phase: PortPhase, progress: Progress) -> None:
        """Take in a snapshot."""
        step = (phase, int(progress.percent) // _SHOWN_EVERY)
        if step != self._last:
            self._last = step
            out.print(f"{phase.replace('_', ' ')}: {progress_text(progress)}", markup=False)
