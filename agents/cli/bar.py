"""A progress bar for commands that work on a device."""

from enum import StrEnum
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from agents.cli.show import err, progress_text
from agents.shell import progress as shell_progress


class Bar:
    """A progress bar on stderr, when a person looks."""

    def __init__(self, json: bool) -> None:
        columns = (TextColumn("{task.description:<13}"), BarColumn(), TextColumn("{task.fields[told]}"))
        self._bar = Progress(*columns, console=err, disable=json or not err.is_terminal, transient=True)
        self._tasks: dict[str, TaskID] = {}

    def show(self, phase: StrEnum, progress: shell_progress.Progress, *, of: str = "") -> None:
        """Take in a snapshot; `of` tells several devices apart."""
        name = f"{of} {phase.replace('_', ' ')}".strip()
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, told="")
        self._bar.update(
            self._tasks[name], completed=progress.done_bytes, total=progress.total_bytes, told=progress_text(progress)
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
