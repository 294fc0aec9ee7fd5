"""When an agent starts: every job that did not end is followed, taken up again or ended, by what is there of it.

A wipe whose process still runs is followed, one whose process left its last word is settled, and one whose process died goes on
when its device shows, and is verified in full. One whose device does not show in time has failed. An image that was interrupted
has failed. Nothing becomes `erased` here: only a run of its own can prove that.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.bench import imaging, settling
from agents.bench.station import Station
from agents.errors import Refused
from agents.journal import jobs
from agents.journal.db import JournalBroken
from agents.journal.jobs import Job, JobKind, JobState
from agents.shell.clock import monotonic
from agents.supervise import follow, medium
from agents.supervise.files import JobFiles
from fleet.contract.storage import StorageIdentity

GONE: Final = "the agent stopped during this wipe, and the device was not there when it started again"
_IMAGE: Final = "the agent stopped while the image was written; wipe the device and write the image anew"
_UNTOUCHED: Final = "the agent stopped before anything was written"


class PortStillWorks(Refused):
    """A wipe still runs at a port that the configuration no longer has. Declare the port again until the wipe has ended."""


class Orphans:
    """Wipes whose process died, which wait for their device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Job, float]] = {}

    def add(self, job: Job) -> None:
        """Wait for this job's device."""
        with self._lock:
            self._waiting[job.storage.key] = (job, monotonic())

    def take(self, storage_key: str) -> Job | None:
        """The job of the device that has shown up; whoever takes it answers for it."""
        with self._lock:
            found = self._waiting.pop(storage_key, None)
        return None if found is None else found[0]

    def take_older(self, seconds: float) -> tuple[Job, ...]:
        """Every job that has waited so long in vain."""
        before = monotonic() - seconds
        with self._lock:
            old = tuple(job for job, since in self._waiting.values() if since <= before)
            for job in old:
                del self._waiting[job.storage.key]
        return old


@dataclass(frozen=True)
class Left:
    """What an earlier agent left. `attended`: wipes whose processes run, or have left their last word."""

    orphans: Orphans
    attended: tuple[Job, ...]


def resolve(station: Station, ports: Collection[str]) -> Left:
    """End what can be ended at once; what goes on is handed back. Raises PortStillWorks."""
    orphans, attended = Orphans(), list[Job]()
    with station.journal.transaction() as tx:
        unfinished = jobs.unfinished(tx)
    _tidy(station, unfinished)
    for job in unfinished:
        running = follow.is_running(station.config.state_dir, job)
        match job.kind, job.state:
            case JobKind.IMAGE, _:
                imaging.fail(station, job, _IMAGE)
            case JobKind.WIPE, _ if running and job.port not in ports:
                raise PortStillWorks(f"port {job.port}: {PortStillWorks.__doc__}")
            case JobKind.WIPE, _ if job.port in ports and (running or JobFiles(station.config.state_dir, job.id).ended):
                attended.append(job)
            case JobKind.WIPE, JobState.INTENT:
                settling.give_up(station, job.id, _UNTOUCHED)
            case JobKind.WIPE, _:
                orphans.add(job)
    return Left(orphans, tuple(attended))


def died(station: Station, job: Job, orphans: Orphans) -> None:
    """A process that was attended has died: its job waits for the device, or was never begun."""
    with station.journal.transaction() as tx:
        job = jobs.get(tx, job.id)
    if job.state is JobState.INTENT:
        settling.give_up(station, job.id, _UNTOUCHED)
    else:
        orphans.add(job)


def refuse_held(station: Station, storage: StorageIdentity) -> None:
    """Raises MediumHeld when the process of a job that was given up still hangs on this medium."""
    if medium.is_held(medium.lock_path(station.config.state_dir, storage.key)):
        raise medium.MediumHeld


def abandon(station: Station, orphans: Orphans, grace_s: float) -> tuple[Job, ...]:
    """End the wipes whose devices did not show up in time: failed, never erased.

    Where the journal cannot be written now, a job waits on; the port threads do not wait for it.
    """
    ended = list[Job]()
    for job in orphans.take_older(grace_s):
        try:
            settling.give_up(station, job.id, GONE)
        except JournalBroken:
            orphans.add(job)
        else:
            ended.append(job)
    return tuple(ended)


def _tidy(station: Station, unfinished: Collection[Job]) -> None:
    """Remove what jobs left that have ended: their agent was killed just before it did so. A held lock stays."""
    folder: Path = station.config.state_dir / "jobs"
    known = {str(job.id) for job in unfinished}
    for path in folder.glob("*"):
        if path.suffix == medium.SUFFIX:
            if not medium.is_held(path):
                path.unlink(missing_ok=True)
        elif path.name.split(".")[0] not in known:
            path.unlink(missing_ok=True)
