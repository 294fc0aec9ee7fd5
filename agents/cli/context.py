"""What every command shares: the configuration, the journal, and signals that end it in order."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import typer

from agents.config import BenchConfig, load
from agents.journal.db import Journal

DEFAULT_CONFIG: Final = Path("bench.toml")
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")]
PathArgument = Annotated[Path, typer.Argument(help="The device node, loop device or file, such as /dev/sdb.")]


def config_of(context: typer.Context) -> BenchConfig:
    """The configuration named by `--config`. Raises ConfigError."""
    file = context.find_root().params["config"]
    return load(file if isinstance(file, Path) else DEFAULT_CONFIG)


@contextmanager
def opened(context: typer.Context) -> Iterator[tuple[BenchConfig, Journal]]:
    """Configuration and journal. Raises ConfigError, JournalTooNew, JournalForeign, JournalBroken."""
    config = config_of(context)
    with Journal(config.state_dir) as journal:
        yield config, journal


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, so that work ends in order; a second Ctrl-C ends at once."""
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
