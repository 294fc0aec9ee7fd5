"""After a stop or a crash: every job that did not end is taken up again or ended, by what the journal knows.

A wipe whose device is still there goes on and is verified in full. One whose device does not show in time has failed. An image
that was interrupted has failed. Nothing becomes `erased` here: only a run of its own can prove that.
"""

import threading

from agents.bench import imaging, wiping
from agents.bench.station import Station
from agents.journal import jobs
from agents.journal.jobs import Job, JobKind, JobState

GONE: str = "the agent stopped during this wipe, and the device was not there when it started again"
_IMAGE: str = "the agent stopped while the image was written; wipe the device and write the image anew"
_UNTOUCHED: str = "the agent stopped before anything was written"


class Orphans:
    """Interrupted wipes that wait for their device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Job] = {}

    def add(self, job: Job) -> None:
        """Wait for this job's device."""
        with self._lock:
            self._waiting[job.storage.key] = job

    def take(self, storage_key: str) -> Job | None:
        """The job of the device that has shown up; whoever takes it answers for it."""
        with self._lock:
            return self._waiting.pop(storage_key, None)

    def take_all(self) -> tuple[Job, ...]:
        """Every job whose device has not shown up."""
        with self._lock:
            left = tuple(self._waiting.values())
            self._waiting.clear()
            return left


def resolve(station: Station) -> Orphans:
    """End what can be ended at once; what may go on is handed back."""
    orphans = Orphans()
    with station.journal.transaction() as tx:
        unfinished = jobs.unfinished(tx)
    for job in unfinished:
        match job.kind, job.state:
            case JobKind.WIPE, JobState.INTENT:
                wiping.give_up(station, job.id, _UNTOUCHED)
            case JobKind.WIPE, _:
                orphans.add(job)
            case JobKind.IMAGE, _:
                imaging.fail(station, job, _IMAGE)
    return orphans


def abandon(station: Station, orphans: Orphans) -> tuple[Job, ...]:
    """End the wipes whose devices did not show up: failed, never erased."""
    left = orphans.take_all()
    for job in left:
        wiping.give_up(station, job.id, GONE)
    return left
