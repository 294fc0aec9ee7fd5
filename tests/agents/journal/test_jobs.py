"""Jobs only go forward, one at a time on each storage, and end as proven only out of their verification."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from agents.journal import devices, jobs
from agents.journal.db import Journal
from agents.journal.jobs import Job, JobKind, JobOrder, JobRunning, JobState, Outcome
from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity


@pytest.fixture
def job(journal: Journal, storage: StorageIdentity, now: datetime) -> Job:
    made = new_job(storage, now)
    with journal.transaction() as tx:
        devices.remember(tx, devices.KnownDevice(storage, "8YZABCDE", DeviceKind.DRIVE, devices.Stage.SCANNED), now)
        jobs.begin(tx, made)
    return made


def new_job(storage: StorageIdentity, now: datetime, job_id: UUID | None = None) -> Job:
    return Job(
        id=job_id or uuid4(),
        kind=JobKind.WIPE,
        storage=storage,
        asset_code="8YZABCDE",
        port="A1",
        operator="an",
        plan={"method": "zeros"},
        state=JobState.INTENT,
        offset_bytes=0,
        secret=None,
        outcome=None,
        reason=None,
        began_at=now,
        changed_at=now,
    )


def test_a_job_comes_back_as_it_was_written(journal: Journal, job: Job) -> None:
    with journal.transaction() as tx:
        assert jobs.get(tx, job.id) == job
        assert jobs.unfinished(tx) == (job,)


def test_a_second_job_on_the_same_storage_is_refused(journal: Journal, job: Job, now: datetime) -> None:
    with pytest.raises(JobRunning), journal.transaction() as tx:
        jobs.begin(tx, new_job(job.storage, now))


def test_after_the_end_a_new_one_may_begin(journal: Journal, job: Job, now: datetime) -> None:
    with journal.transaction() as tx:
        jobs.finish(tx, job.id, Outcome.CANCELLED, now)
        jobs.begin(tx, new_job(job.storage, now))
        assert len(jobs.unfinished(tx)) == 1


def test_offset_and_secret_are_kept_until_the_end(journal: Journal, job: Job, now: datetime) -> None:
    with journal.transaction() as tx:
        jobs.advance(tx, job.id, JobState.ISSUED, now, secret=b"key")
        jobs.advance(tx, job.id, JobState.WRITING, now, offset_bytes=4096)
        jobs.advance(tx, job.id, JobState.VERIFYING, now)
        seen = jobs.get(tx, job.id)
        assert (seen.offset_bytes, seen.secret) == (4096, b"key")
        jobs.finish(tx, job.id, Outcome.ERASED, now)
        assert (jobs.get(tx, job.id).secret, jobs.get(tx, job.id).outcome) == (None, Outcome.ERASED)


def test_a_finished_secret_is_not_left_in_the_file(journal: Journal, job: Job, now: datetime) -> None:
    secret = b"KEYSTREAM-KEY-0123456789abcdef!!"
    with journal.transaction() as tx:
        jobs.advance(tx, job.id, JobState.VERIFYING, now, secret=secret)
    with journal.transaction() as tx:
        jobs.finish(tx, job.id, Outcome.ERASED, now)
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secret not in journal.path.read_bytes()


@pytest.mark.parametrize("state", [JobState.INTENT, JobState.ISSUED, JobState.WRITING])
def test_nothing_ends_as_erased_out_of_a_state_before_verifying(
    journal: Journal, job: Job, now: datetime, state: JobState
) -> None:
    with journal.transaction() as tx:
        jobs.advance(tx, job.id, state, now)
    with pytest.raises(JobOrder), journal.transaction() as tx:
        jobs.finish(tx, job.id, Outcome.ERASED, now)


def test_a_job_never_goes_back(journal: Journal, job: Job, now: datetime) -> None:
    with journal.transaction() as tx:
        jobs.advance(tx, job.id, JobState.VERIFYING, now)
    with pytest.raises(JobOrder), journal.transaction() as tx:
        jobs.advance(tx, job.id, JobState.WRITING, now)


def test_an_ended_job_does_not_change(journal: Journal, job: Job, now: datetime) -> None:
    with journal.transaction() as tx:
        jobs.finish(tx, job.id, Outcome.FAILED, now, reason="unplugged")
    for change in (
        lambda tx: jobs.finish(tx, job.id, Outcome.CANCELLED, now),
        lambda tx: jobs.advance(tx, job.id, JobState.VERIFYING, now),
        lambda tx: jobs.reopen(tx, job.id, now),
    ):
        with pytest.raises(JobOrder), journal.transaction() as tx:
            change(tx)


def test_taken_up_again_the_verification_starts_anew(journal: Journal, job: Job, now: datetime) -> None:
    with journal.transaction() as tx:
        jobs.advance(tx, job.id, JobState.VERIFYING, now, offset_bytes=1 << 20)
        jobs.reopen(tx, job.id, now)
        seen = jobs.get(tx, job.id)
    assert (seen.state, seen.offset_bytes) == (JobState.ISSUED, 1 << 20)
    with pytest.raises(JobOrder), journal.transaction() as tx:
        jobs.finish(tx, job.id, Outcome.ERASED, now)


def test_the_latest_job_of_a_kind(journal: Journal, job: Job) -> None:
    with journal.transaction() as tx:
        latest = jobs.latest(tx, job.storage.key, JobKind.WIPE)
        assert latest is not None
        assert latest.id == job.id
        assert jobs.latest(tx, job.storage.key, JobKind.IMAGE) is None
