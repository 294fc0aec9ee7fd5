"""What a run tells, kept in the journal; what was kept, as a resumed run needs it."""

from typing import Final

from agents.journal import jobs, passwords
from agents.journal.db import Journal, Transaction
from agents.journal.jobs import Job, JobState
from agents.report.outbox import Outbox
from agents.shell.clock import now
from agents.supervise.files import JobFiles
from agents.wipe.plan import WipePlan
from agents.wipe.result import Reached, Resume
from fleet.contract.events import WipeStarted
from fleet.contract.kinds import Method

_WITH_PASSWORD: Final = frozenset({Method.ATA_SECURITY_ERASE, Method.ATA_SECURITY_ERASE_ENHANCED})
_REACHED: Final = {
    JobState.ISSUED: Reached.ISSUED,
    JobState.WRITING: Reached.ISSUED,
    JobState.PREPARED: Reached.PREPARED,
    JobState.POLLING: Reached.POLLING,
    JobState.VERIFYING: Reached.VERIFYING,
}


def resume_of(job: Job, files: JobFiles) -> Resume | None:
    """Where a job goes on; None when it begins. Raises JobFileBroken."""
    if job.state is JobState.INTENT:
        return None
    return Resume(
        secret=job.secret,
        offset=job.offset_bytes,
        reached=_REACHED[job.state],
        samples=files.samples(),
        record=job.record,
        interruptions=job.interruptions,
    )


class JournalHooks:
    """The hooks of one run: each step is on the disk when its call returns. All raise JournalBroken and JobOrder."""

    def __init__(self, journal: Journal, outbox: Outbox, files: JobFiles, job: Job, plan: WipePlan) -> None:
        self._journal, self._outbox, self._files, self._job, self._plan = journal, outbox, files, job, plan

    def issued(self, secret: bytes | None) -> None:
        """The start event and the secret in one commit; a run taken up again has its start event already."""
        job = self._job
        with self._journal.transaction() as tx:
            if job.state is JobState.INTENT:
                jobs.advance(tx, job.id, JobState.ISSUED, now(), secret=secret)
                started = WipeStarted(asset_code=job.asset_code, job_id=job.id, storages=(job.storage,), plan=dict(job.plan))
                self._outbox.append(tx, started, operator=job.operator)
            else:
                jobs.reopen(tx, job.id, now(), secret=secret)
            self._keep_password(tx, secret)

    def synced(self, offset: int) -> None:
        """Everything before `offset` need not be written again."""
        with self._journal.transaction() as tx:
            jobs.advance(tx, self._job.id, JobState.WRITING, now(), offset_bytes=offset)

    def prepared(self, samples: bytes) -> None:
        """The samples are on the disk before the journal says so. Raises JobFileBroken besides."""
        self._files.write_samples(samples)
        with self._journal.transaction() as tx:
            jobs.advance(tx, self._job.id, JobState.PREPARED, now())

    def polling(self, record: bytes) -> None:
        """From here the firmware is only asked."""
        with self._journal.transaction() as tx:
            jobs.advance(tx, self._job.id, JobState.POLLING, now(), record=record)

    def verifying(self) -> None:
        """Reading back begins."""
        with self._journal.transaction() as tx:
            jobs.advance(tx, self._job.id, JobState.VERIFYING, now())

    def unlocked(self) -> None:
        """The password that was kept for the drive goes."""
        with self._journal.transaction() as tx:
            passwords.clear(tx, self._job.storage.key, now())

    def _keep_password(self, tx: Transaction, secret: bytes | None) -> None:
        """A drive's password outlives its job; one that is kept already is not kept twice."""
        taken_up = self._job.state is not JobState.INTENT
        if self._plan.method in _WITH_PASSWORD and secret is not None and not (taken_up and secret == self._job.secret):
            passwords.keep(tx, self._job.storage.key, secret.decode("ascii"), now())
