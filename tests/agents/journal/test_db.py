"""The journal file: what it refuses to open, what a transaction promises."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from agents.journal.db import FILE_NAME, Journal, JournalBroken, JournalForeign, JournalTooNew
from agents.journal.schema import SCHEMA_VERSION


def test_a_new_journal_is_private_durable_and_sound(tmp_path: Path) -> None:
    with Journal(tmp_path / "state") as journal:
        with journal.transaction() as tx:
            assert tx.scalar("PRAGMA journal_mode") == "wal"
            assert tx.scalar("PRAGMA synchronous") == 2
            assert tx.scalar("PRAGMA foreign_keys") == 1
            assert tx.scalar("PRAGMA user_version") == SCHEMA_VERSION
        assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
        assert journal.integrity() == ()


def test_opened_again_it_remembers(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal, journal.transaction() as tx:
        tx.execute("INSERT INTO counters VALUES ('a', 1)")
    with Journal(tmp_path) as journal, journal.transaction() as tx:
        assert tx.scalar("SELECT value FROM counters") == 1


def test_an_error_undoes_the_whole_block(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        with pytest.raises(sqlite3.IntegrityError), journal.transaction() as tx:  # noqa: PT012 - the whole block is undone
            for _ in range(2):
                tx.execute("INSERT INTO counters VALUES ('a', 1)")
        with journal.transaction() as tx:
            assert tx.scalar("SELECT count(*) FROM counters") == 0


def test_a_transaction_is_dead_after_its_block(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        with journal.transaction() as tx:
            pass
        with pytest.raises(RuntimeError, match="ended"):
            tx.execute("SELECT 1")


def test_transactions_do_not_nest(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        with journal.transaction(), pytest.raises(RuntimeError, match="open already"), journal.transaction():
            pass
        with journal.transaction() as tx:
            assert tx.scalar("SELECT 1") == 1


def test_threads_and_connections_take_turns(tmp_path: Path) -> None:
    def count(journal: Journal) -> None:
        for _ in range(20):
            with journal.transaction(durable=False) as tx:
                value = tx.scalar("SELECT value FROM counters") or 0
                tx.execute("INSERT OR REPLACE INTO counters VALUES ('a', ?)", (value + 1,))

    with Journal(tmp_path) as one, Journal(tmp_path) as other:
        threads = [threading.Thread(target=count, args=(journal,)) for journal in (one, other) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with one.transaction() as tx:
            assert tx.scalar("SELECT value FROM counters") == 160


def test_a_newer_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        pass
    with sqlite3.connect(journal.path) as raw:
        raw.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    raw.close()
    with pytest.raises(JournalTooNew, match="newer bench agent"):
        Journal(tmp_path)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as raw:
        raw.execute("CREATE TABLE holiday (day TEXT)")
    raw.close()
    with pytest.raises(JournalForeign):
        Journal(tmp_path)


def test_a_file_that_is_no_database_is_kept(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all, but long enough to be read as one" * 40)
    with pytest.raises(JournalBroken, match="keep it"):
        Journal(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes().startswith(b"not a database")


def test_integrity_tells_of_a_damaged_page(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        with journal.transaction() as tx:
            for number in range(500):
                tx.execute("INSERT INTO codes (code, leased_at) VALUES (?, 'x')", (f"{number:08}",))
        with journal._lock:
            journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    page = 4096
    data = bytearray(journal.path.read_bytes())
    for start in range(page * 2, len(data), page):
        data[start : start + 12] = b"\xff" * 12
    journal.path.write_bytes(data)
    with Journal(tmp_path) as journal:
        assert journal.integrity()
