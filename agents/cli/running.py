"""Commands around the running bench: run, ports, scan."""

import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Annotated, Final

import typer
from rich.live import Live

from agents.bench import Bench
from agents.bench.lock import is_running
from agents.bench.mailbox import await_answer
from agents.bench.phases import PortPhase, PortSnapshot
from agents.cli.context import JsonOption, opened, stopped_by_signals
from agents.cli.show import as_json, err, out, ports_table
from agents.config import BenchConfig, PortConfig
from agents.detect.monitor import attached
from agents.detect.virtual import observe
from agents.errors import Refused
from agents.journal import ports as shown_ports
from agents.journal import scans
from agents.journal.scans import Answer, NewScan
from agents.shell.clock import now
from agents.shell.progress import Progress
from fleet.contract.kinds import VisualResult

_TURN_S: Final = 0.5
_REFUSED: Final = 3


class AgentNotRunning(Refused):
    """No agent runs at this bench. Start it with `bench-agent run`, in another terminal or as a service."""


def run(context: typer.Context, json: JsonOption = False) -> None:
    """Work: take devices at all ports, until Ctrl-C or SIGTERM.

    A scanner may type into this terminal: each line is a label's code, then optionally good, damaged or scrap, and defects
    separated by semicolons. With --json each change of a port is one line of JSON.

    A wipe that is under way when the agent ends goes on in its own process; the next agent shows and settles it.

    Example: [bold]bench-agent --config bench.toml run[/bold]
    """
    with opened(context) as (config, journal), stopped_by_signals() as stop:
        with Bench(config, journal, settle_s=min(1.0, config.poll_seconds)) as bench, _screen(config, bench):
            threading.Thread(target=_read_scanner, args=(bench, json), name="scanner", daemon=True).start()
            _watch(bench, stop, json=json)
        if not json:
            err.print("Stopped. Wipes go on in their own processes; the next agent shows them.")


def ports(context: typer.Context, json: JsonOption = False) -> None:
    """Show every port: phase, device, label and progress. Also lists drives that stand at no declared port.

    Example: [bold]bench-agent --config bench.toml ports --json[/bold]
    """
    with opened(context) as (config, journal):
        running = is_running(config.state_dir)
        with journal.transaction(durable=False) as tx:
            shown = shown_ports.shown(tx)
    declared = {port.id_path for port in config.ports}
    disks = attached()
    present = {disk.id_path: str(disk.path) for disk in disks if disk.id_path is not None}
    snapshots = [shown[port.name] if running and port.name in shown else _seen(port, present).to_dict() for port in config.ports]
    others = [
        {"path": str(disk.path), "id_path": disk.id_path, "model": disk.model, "size_bytes": disk.size_bytes}
        for disk in disks
        if disk.id_path not in declared and disk.size_bytes
    ]
    if json:
        as_json({"running": running, "ports": snapshots, "undeclared": others})
        return
    out.print(ports_table(snapshots))
    for disk in others:
        out.print(f"not a port: {disk['path']}  {disk['model'] or ''}  id_path = {disk['id_path']}", style="dim", markup=False)
    if not running:
        out.print("The agent does not run.", style="yellow")


def scan(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="What the scanner gave: the label's address, or its code.")],
    port: Annotated[str, typer.Option(help="The port where the device stands.")],
    visual: Annotated[VisualResult, typer.Option(help="What you see of the device.")] = VisualResult.GOOD,
    defect: Annotated[list[str] | None, typer.Option(help="A defect; give it as often as needed.")] = None,
    weight_g: Annotated[int | None, typer.Option("--weight-g", min=1, help="Weight in grams.")] = None,
    operator: Annotated[str | None, typer.Option(help="Your login, when it is not the bench's.")] = None,
    json: JsonOption = False,
) -> None:
    """Scan the label that is stuck on the device at a port. This confirms its plan: the wipe begins.

    Another device's label is refused (exit code 3).

    Example: [bold]bench-agent --config bench.toml scan 8YZA-BCDE --port A1 --visual damaged --defect "hinge broken"[/bold]
    """
    with opened(context) as (config, journal):
        config.port(port)
        if not is_running(config.state_dir):
            raise AgentNotRunning
        new = NewScan(port, code, visual, tuple(defect or ()), weight_g, operator or config.operator)
        with journal.transaction() as tx:
            number = scans.post(tx, new, now())
        answer = await_answer(journal, number)
    _tell(answer, json=json)
    if not answer.accepted:
        raise typer.Exit(_REFUSED)


@contextmanager
def _screen(config: BenchConfig, bench: Bench) -> Iterator[None]:
    """The kiosk, where the bench has one. Raises KioskPortTaken, KioskNotStarted, PhrasesUnusable."""
    if not config.kiosk.enabled:
        yield
        return
    from agents.kiosk.server import Kiosk  # a web server: only a bench with a screen waits for its import

    with Kiosk(config, bench) as kiosk:
        err.print(f"The screen is at {kiosk.url}", markup=False)
        yield


def _seen(port: PortConfig, present: dict[str, str]) -> PortSnapshot:
    """What stands at a port while no agent runs: looked at, not identified."""
    occupant = observe(port.path) if port.path is not None else None
    path = str(occupant.path) if occupant else present.get(port.id_path or "")
    if path is None:
        return PortSnapshot(port.name)
    return PortSnapshot(port.name, PortPhase.UNWATCHED, "Start the agent: `bench-agent run`.", path=path)


def _watch(bench: Bench, stop: threading.Event, *, json: bool) -> None:
    """Show what changes until it is time to stop. Raises PortDied."""
    told: queue.SimpleQueue[PortSnapshot] = queue.SimpleQueue()
    bench.listen(told.put)
    live = Live(console=out, auto_refresh=False) if out.is_terminal and not json else None
    with live or nullcontext():
        before = _look(list(bench.ports()), {}, live, json=json)
        while not stop.wait(_TURN_S):
            bench.check()
            before = _look(_drained(told), before, live, json=json)
        _look(_drained(told), before, live, json=json)


def _drained(told: "queue.SimpleQueue[PortSnapshot]") -> list[PortSnapshot]:
    snapshots = []
    with suppress(queue.Empty):
        while True:
            snapshots.append(told.get_nowait())
    return snapshots


def _look(told: list[PortSnapshot], before: dict[str, PortSnapshot], live: Live | None, *, json: bool) -> dict[str, PortSnapshot]:
    """Show what was told since the look before; returns what every port shows now."""
    seen = before | {snapshot.port: snapshot for snapshot in told}
    if live is None:
        for snapshot in steps(told):
            _tell_change(snapshot, before.get(snapshot.port), json=json)
            before = before | {snapshot.port: snapshot}
    elif seen != before:
        live.update(ports_table(snapshot.to_dict() for snapshot in seen.values()), refresh=True)
    return seen


def steps(told: list[PortSnapshot]) -> list[PortSnapshot]:
    """What is worth a line of all that was told in one turn: every step of every port, but of its progress only the last.

    A drive that is pulled out shows for a moment only that it failed, before its port is empty: that moment counts most.
    """
    last: dict[str, int] = {}
    kept: list[PortSnapshot | None] = []
    for snapshot in told:
        earlier = last.get(snapshot.port)
        if earlier is not None and kept[earlier] == replace(snapshot, progress=_progress(kept[earlier])):
            kept[earlier] = None
        last[snapshot.port] = len(kept)
        kept.append(snapshot)
    return [snapshot for snapshot in kept if snapshot is not None]


def _progress(snapshot: PortSnapshot | None) -> Progress | None:
    return None if snapshot is None else snapshot.progress


def _tell_change(snapshot: PortSnapshot, old: PortSnapshot | None, *, json: bool) -> None:
    if json and snapshot != old:
        as_json(snapshot.to_dict())
    elif not json and (old is None or (old.phase, old.message) != (snapshot.phase, snapshot.message)):
        out.print(f"{snapshot.port}: {snapshot.phase}. {snapshot.message}", markup=False)


def _read_scanner(bench: Bench, json: bool) -> None:
    """Each line of stdin is a scan; the port is the one that waits for that label."""
    for line in sys.stdin:
        words = line.split(maxsplit=2)
        if not words:
            continue
        visual = words[1].lower() if len(words) > 1 else VisualResult.GOOD
        if visual not in set(VisualResult):
            answer = Answer(accepted=False, text=f"{words[1]!r}: write good, damaged or scrap after the code.")
        else:
            defects = tuple(part.strip() for part in words[2].split(";")) if len(words) > 2 else ()  # noqa: PLR2004 - code, visual, defects
            answer = bench.scan_anywhere(words[0], visual=VisualResult(visual), defects=defects)
        _tell(answer, json=json)


def _tell(answer: Answer, *, json: bool) -> None:
    if json:
        as_json({"accepted": answer.accepted, "message": answer.text})
    else:
        (out if answer.accepted else err).print(answer.text, markup=False, style="green" if answer.accepted else "yellow")
