"""What a run tells is kept, in the order that a restart needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.journal import devices, jobs, outbox, passwords, profile
from agents.journal.db import Journal
from agents.journal.devices import KnownDevice, Stage
from agents.journal.jobs import Job, JobKind, JobOrder, JobState, Outcome
from agents.report.outbox import Outbox
from agents.supervise.files import JobFileBroken, JobFiles
from agents.supervise.hooks import JournalHooks, resume_of
from agents.wipe import plan_file
from agents.wipe.plan import plans
from agents.wipe.result import Reached
from fleet.contract.bench import BenchProfile
from fleet.contract.kinds import DeviceKind, Method
from tests.sim.recorded import DEVICES, identity

MOMENT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass
class Case:
    """A job in a journal, and the files beside it."""

    journal: Journal
    files: JobFiles
    job: Job

    def hooks(self) -> JournalHooks:
        plan = plan_file.from_json(self.job.document or "")
        return JournalHooks(self.journal, Outbox(Ed25519PrivateKey.generate()), self.files, self.now(), plan)

    def now(self) -> Job:
        with self.journal.transaction() as tx:
            return jobs.get(tx, self.job.id)

    def events(self) -> list[str]:
        with self.journal.transaction() as tx:
            return [row.type for row in outbox.rows(tx)]

    def passwords(self) -> list[str]:
        with self.journal.transaction() as tx:
            return [kept.password for kept in passwords.standing(tx, self.job.storage.key)]


def told() -> BenchProfile:
    return BenchProfile(
        bench_id=uuid4(),
        key_id="k",
        organisation_id=uuid4(),
        organisation_name="Org",
        site_name="Site",
        label_base_url="https://fleet.example.org",
        service_public_key="x",
        batch_id=None,
        batch_reference=None,
        operators=(),
        service_time=MOMENT,
    )


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    drive = identity(DEVICES / "samsung-hd160jj")
    wanted = next(plan for plan in plans(drive) if plan.method is Method.ATA_SECURITY_ERASE)
    job = Job(
        id=uuid4(),
        kind=JobKind.WIPE,
        storage=wanted.storage,
        asset_code="8YZABCDE",
        port="A1",
        operator="an",
        plan=wanted.to_dict(),
        state=JobState.INTENT,
        offset_bytes=0,
        secret=None,
        outcome=None,
        reason=None,
        began_at=MOMENT,
        changed_at=MOMENT,
        document=plan_file.to_json(wanted),
    )
    with Journal(tmp_path) as journal:
        with journal.transaction() as tx:
            profile.store(tx, told(), "https://fleet.example.org")
            devices.remember(tx, KnownDevice(wanted.storage, job.asset_code, DeviceKind.DRIVE, Stage.SCANNED), MOMENT)
            jobs.begin(tx, job)
        yield Case(journal, JobFiles(tmp_path, job.id), job)


def test_a_job_that_begins_resumes_nothing(case: Case) -> None:
    assert resume_of(case.now(), case.files) is None


def test_each_step_is_what_a_restart_finds(case: Case) -> None:
    hooks = case.hooks()
    hooks.issued(b"secret")
    assert (case.now().state, case.events()) == (JobState.ISSUED, ["wipe.started"])
    found = resume_of(case.now(), case.files)
    assert found is not None
    assert (found.reached, found.secret, found.samples, found.record) == (Reached.ISSUED, b"secret", None, None)
    hooks.prepared(b"samples")
    hooks.polling(b"record")
    found = resume_of(case.now(), case.files)
    assert found is not None
    assert (found.reached, found.samples, found.record) == (Reached.POLLING, b"samples", b"record")
    hooks.verifying()
    found = resume_of(case.now(), case.files)
    assert found is not None
    assert (found.reached, found.secret, found.record) == (Reached.VERIFYING, b"secret", b"record")
    assert case.events() == ["wipe.started"]


def test_the_samples_are_on_the_disk_before_the_journal_says_so(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = case.hooks()
    hooks.issued(b"secret")

    def full(_data: bytes) -> None:
        raise JobFileBroken

    monkeypatch.setattr(case.files, "write_samples", full)
    with pytest.raises(JobFileBroken):
        hooks.prepared(b"samples")
    assert case.now().state is JobState.ISSUED


def test_a_password_is_kept_with_the_issue_and_outlives_the_job(case: Case) -> None:
    case.hooks().issued(b"secret")
    assert case.passwords() == ["secret"]
    with case.journal.transaction() as tx:
        jobs.take_up(tx, case.job.id, "A1", case.job.document or "", MOMENT)
    again = case.hooks()
    again.issued(b"secret")
    assert case.passwords() == ["secret"], "kept once"
    with case.journal.transaction() as tx:
        jobs.finish(tx, case.job.id, Outcome.FAILED, MOMENT)
    assert case.now().secret is None
    assert case.passwords() == ["secret"]
    again.unlocked()
    assert case.passwords() == []


def test_a_job_that_was_given_up_meanwhile_is_not_begun(case: Case) -> None:
    """A process that hung, and wakes after its agent had put the device into quarantine."""
    hooks = case.hooks()
    with case.journal.transaction() as tx:
        jobs.finish(tx, case.job.id, Outcome.CANCELLED, MOMENT)
    with pytest.raises(JobOrder):
        hooks.issued(b"secret")
    assert case.events() == []


def test_taken_up_again_the_start_is_told_once(case: Case) -> None:
    case.hooks().issued(b"secret")
    with case.journal.transaction() as tx:
        taken = jobs.take_up(tx, case.job.id, "A2", "{}", MOMENT)
    assert (taken.interruptions, taken.port) == (1, "A2")
    case.job = taken
    JournalHooks(
        case.journal, Outbox(Ed25519PrivateKey.generate()), case.files, taken, plans(identity(DEVICES / "samsung-hd160jj"))[0]
    ).issued(None)
    assert case.events() == ["wipe.started"]
    assert case.now().secret == b"secret"
