"""The journal file: WAL, every commit on the medium before it counts, one writer at a time.

One connection serves all threads of a process, one transaction at a time; other processes (`bench-agent ports`, `scan`) wait
for their turn. The functions beside this module take the `Transaction` they work in: a job's step and its event commit as one.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from agents.errors import Failed, Refused
from agents.journal.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION

FILE_NAME: Final = "journal.sqlite"
_BUSY_S: Final = 20.0

Value = str | int | float | bytes | None


class JournalTooNew(Refused):
    """This journal was written by a newer bench agent. Install that version again; nothing was touched."""


class JournalForeign(Refused):
    """This file is no bench journal. Choose another state_dir, or move the file away; nothing was touched."""


class JournalBroken(Failed):
    """The journal cannot be read or written. Free some disk space or restore the file; keep it: it holds unsent events."""


class Transaction:
    """One commit in the making. It ends with its block; using it later is a mistake of the program."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection

    def execute(self, sql: str, values: Sequence[Value] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises sqlite3.IntegrityError where the schema refuses it."""
        if self._connection is None:
            raise RuntimeError("this journal transaction has ended")
        return self._connection.execute(sql, values)

    def one(self, sql: str, values: Sequence[Value] = ()) -> sqlite3.Row | None:
        """The first row of a query."""
        row: sqlite3.Row | None = self.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """Every row of a query; callers bound it with LIMIT."""
        return self.execute(sql, values).fetchall()

    def scalar(self, sql: str, values: Sequence[Value] = ()) -> Any:  # noqa: ANN401 - whatever type the column has
        """The first column of the first row, or None."""
        row = self.one(sql, values)
        return None if row is None else row[0]

    def end(self) -> None:
        """Make every later use an error."""
        self._connection = None


class Journal:
    """The bench's memory in `state_dir`. Close it, or use it as a context manager."""

    def __init__(self, state_dir: Path) -> None:
        """Open or create the file. Raises JournalTooNew, JournalForeign, JournalBroken."""
        self.path = state_dir / FILE_NAME
        self._lock = threading.RLock()
        self._busy = False
        with _translated(self.path):
            _create(self.path)
            self._connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            with _translated(self.path):
                _prepare(self._connection, self.path)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[Transaction]:
        """All or nothing: committed when the block ends, undone when it raises.

        With `durable=False` a power cut may undo the commit, never tear it: for progress that is only looked at.
        Raises JournalBroken.
        """
        with self._lock, _translated(self.path):
            if self._busy:
                raise RuntimeError("a journal transaction is open already in this thread")
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            self._busy, transaction = True, Transaction(self._connection)
            try:
                yield transaction
                self._connection.execute("COMMIT")
            finally:
                self._busy = False
                transaction.end()
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def integrity(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file; empty when it is sound. Raises JournalBroken when it cannot be read at all."""
        with self._lock, _translated(self.path):
            found = tuple(row[0] for row in self._connection.execute("PRAGMA integrity_check(20)") if row[0] != "ok")
            dangling = [] if found else self._connection.execute("PRAGMA foreign_key_check").fetchall()
        return found or tuple(f"{row[0]} refers to a missing row of {row[2]}" for row in dangling)


def _create(path: Path) -> None:
    """Make the folder and an empty file that only its owner reads: it holds keys of unfinished wipes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # the keys of finished wipes leave the file too
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID and (
        version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    ):
        raise JournalForeign(f"{path}: {JournalForeign.__doc__}")
    if version > SCHEMA_VERSION:
        raise JournalTooNew(f"{path} (version {version}, this agent knows {SCHEMA_VERSION}): {JournalTooNew.__doc__}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    _migrate(connection)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables up to date in one transaction; a second process that starts at once finds them made."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for script in MIGRATIONS[version:]:
            for statement in filter(None, map(str.strip, script.split(";"))):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's and the system's refusals as ours; broken constraints stay, for the caller that knows what they mean."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise JournalBroken(f"{path}: {error}. {JournalBroken.__doc__}") from error
