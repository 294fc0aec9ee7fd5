"""The questions of a live stick, each answered with a word or with Enter, and progress as lines that are read from afar."""

from collections.abc import Mapping
from typing import Final

import typer

from agents.bench.phases import PortPhase
from agents.cli.show import out, progress_text
from agents.shell.progress import Progress
from fleet.contract.hardware import CheckAnswer, CheckItem, items_for
from fleet.contract.kinds import DeviceKind, VisualResult
from fleet.contract.storage import StorageIdentity

_SHOWN_EVERY: Final = 5
"""Percent between two lines of progress: a screen that is read from afar need not flicker."""
_TRIES: Final = 3
_ANSWERS: Final = {"g": CheckAnswer.GOOD, "w": CheckAnswer.WORN, "b": CheckAnswer.BROKEN, "a": CheckAnswer.ABSENT}


def ask(question: str, default: str = "") -> str:
    """One answer, stripped; `default` when only Enter is pressed. Raises typer.Abort at the end of the input."""
    return str(typer.prompt(question, default=default, show_default=bool(default))).strip()


def ask_visual() -> VisualResult:
    """What the operator sees of the device."""
    while (answer := ask("How does it look? good, damaged or scrap", default="good").lower()) not in set(VisualResult):
        out.print("Write good, damaged or scrap.")
    return VisualResult(answer)


def ask_serial(storage: StorageIdentity) -> bool:
    """Whether the operator typed this medium's serial; everything else leaves it alone."""
    size = f"{storage.capacity_bytes / 1e9:.1f} GB"
    out.print(f"\n{storage.model}, {size}: ALL DATA ON IT WILL BE LOST.", markup=False, style="bold red")
    for _ in range(_TRIES):
        typed = ask(f"Type its serial number {storage.serial} to erase it (Enter leaves it alone)")
        if typed == storage.serial:
            return True
        if not typed:
            return False
        out.print("That is not its serial number.", style="yellow")
    return False


def ask_checks(kind: DeviceKind) -> tuple[Mapping[CheckItem, CheckAnswer], str]:
    """The check-list and a note; Enter leaves an item out, and the list is then not complete."""
    told: dict[CheckItem, CheckAnswer] = {}
    if not ask("Answer the check-list now? yes, or Enter for later"):
        return told, ""
    for item in items_for(kind):
        answer = ask(f"{item.replace('_', ' ')}: (g)ood, (w)orn, (b)roken, (a)bsent").lower()[:1]
        if answer in _ANSWERS:
            told[item] = _ANSWERS[answer]
    return told, ask("Note") if told else ""


class Steps:
    """Progress as lines, one in every few percent."""

    def __init__(self) -> None:
        self._last: tuple[PortPhase, int] | None = None

    def show(self, phase: PortPhase, progress: Progress) -> None:
        """Take in a snapshot."""
        step = (phase, int(progress.percent) // _SHOWN_EVERY)
        if step != self._last:
            self._last = step
            out.print(f"{phase.replace('_', ' ')}: {progress_text(progress)}", markup=False)
