"""How results are shown: tables for people on a terminal, one JSON document for programs."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agents.bench.phases import PortPhase
from agents.shell.progress import Progress
from labels import codes

out: Final = Console(soft_wrap=True, highlight=False)
err: Final = Console(soft_wrap=True, highlight=False, stderr=True)
_COLOURS: Final = {
    PortPhase.DONE: "green",
    PortPhase.FAILED: "red",
    PortPhase.UNKNOWN: "magenta",
    PortPhase.REFUSED: "yellow",
    PortPhase.WAITING_SCAN: "cyan",
}


def as_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout, as one line when programs read line by line."""
    sys.stdout.write(json.dumps(document, default=str, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def amount(count: float) -> str:
    """Bytes as people read them: 4.0 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:  # noqa: PLR2004 - SI prefixes, as on a drive's label
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.2f} TB"


def duration(seconds: float) -> str:
    """Seconds as people read them: 1:05:09."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress_text(progress: Progress | Mapping[str, Any] | None) -> str:
    """`43 %  210.0 MB/s  12:04 left`."""
    if progress is None:
        return ""
    if isinstance(progress, Mapping):
        fields = {name: value for name, value in progress.items() if name != "percent"}
        progress = Progress(**fields)
    parts = [f"{progress.percent:.0f} %"]
    if progress.rate_bytes_s:
        parts.append(f"{amount(progress.rate_bytes_s)}/s")
    if progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return "  ".join(parts)


def ports_table(snapshots: Iterable[Mapping[str, Any]]) -> Table:
    """What every port shows."""
    table = Table("port", "phase", "device", "label", "progress", "what to do", box=None, pad_edge=False)
    for snapshot in snapshots:
        phase = PortPhase(snapshot["phase"])
        device = " ".join(filter(None, (snapshot["model"], snapshot["serial"])))
        code = codes.show(snapshot["asset_code"]) if snapshot["asset_code"] else ""
        colour = _COLOURS.get(phase, "")
        shown = f"[{colour}]{phase}[/{colour}]" if colour else str(phase)
        table.add_row(
            snapshot["port"], shown, escape(device), code, progress_text(snapshot["progress"]), escape(snapshot["message"])
        )
    return table
