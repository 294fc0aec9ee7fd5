"""The outbox as a file, for a bench or live stick that has no network: `fleet intake FILE` takes it in."""

from pathlib import Path

from agents.errors import Failed
from agents.journal import outbox as rows
from agents.journal import profile
from agents.journal.db import Journal
from agents.shell.clock import now
from agents.shell.files import write_whole
from fleet.contract.bundle import EventBundle


class BundleNotWritten(Failed):
    """The file could not be written. Free some space on the stick, or name another folder."""


def export(journal: Journal, path: Path) -> int:
    """Write every event that waits, oldest first; returns how many. They stay in the outbox: a service takes each only once.

    Raises NotEnrolled, BundleNotWritten.
    """
    with journal.transaction(durable=False) as tx:
        told, waiting = profile.get(tx).profile, rows.rows(tx)
    mine = tuple(row.document for row in waiting if row.bench_id == told.bench_id)
    bundle = EventBundle(bench_id=told.bench_id, key_id=told.key_id, made_at=now(), events=mine)
    try:
        write_whole(path, bundle.model_dump_json().encode())
    except OSError as error:
        raise BundleNotWritten(f"{path}: {error.strerror}. {BundleNotWritten.__doc__}") from error
    return len(mine)
