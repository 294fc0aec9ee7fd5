"""One wipe, journalled: each step and the event that reports it are one commit.

`issued` is committed together with WipeStarted, before the first byte is written; the end together with WipeFinished.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

from agents.bench.phases import PortPhase
from agents.bench.station import BENCH_ITSELF, Station
from agents.errors import AgentError, Failed
from agents.identify.identity import Identity
from agents.journal import jobs
from agents.journal.db import Transaction
from agents.journal.devices import KnownDevice
from agents.journal.jobs import Job, JobKind, JobState, Outcome
from agents.shell.clock import now
from agents.shell.files import write_whole
from agents.shell.progress import Phase, Progress
from agents.wipe import runner
from agents.wipe.certificate import Circumstances, SignedCertificate, certify
from agents.wipe.guard import clear
from agents.wipe.plan import WipePlan
from agents.wipe.result import Resume, WipeResult
from fleet.contract.events import WipeCancelled, WipeFinished, WipeStarted
from fleet.contract.kinds import Verdict
from fleet.contract.storage import StorageIdentity
from labels import codes

_PHASES = {Phase.WRITE: PortPhase.WIPING, Phase.VERIFY: PortPhase.VERIFYING}
_OUTCOMES = {Verdict.ERASED: Outcome.ERASED, Verdict.FAILED: Outcome.FAILED, Verdict.UNKNOWN: Outcome.UNKNOWN}


class CertificateNotKept(Failed):
    """The certificate could not be written to the state directory. Free some disk space and start the agent again."""


@dataclass(frozen=True)
class WipeEnd:
    """How a wipe ended for its operator. `verdict` is None when nothing was written, or when it goes on later (`open`)."""

    verdict: Verdict | None
    reason: str | None
    certificate: Path | None = None
    open: bool = False


@dataclass(frozen=True)
class WipeWatch:
    """Who looks on: progress to show, and the events that end a wipe early."""

    on_progress: Callable[[PortPhase, Progress], None]
    gone: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)


def begin(station: Station, device: KnownDevice, plan: WipePlan, operator: str | None) -> Job:
    """Write a confirmed plan down. Nothing is reported yet. Raises JobRunning."""
    moment = now()
    job = Job(
        id=uuid4(),
        kind=JobKind.WIPE,
        storage=plan.storage,
        asset_code=device.asset_code,
        port=plan.port,
        operator=operator,
        plan=plan.to_dict(),
        state=JobState.INTENT,
        offset_bytes=0,
        secret=None,
        outcome=None,
        reason=None,
        began_at=moment,
        changed_at=moment,
    )
    with station.journal.transaction() as tx:
        jobs.begin(tx, job)
    return job


def carry_out(station: Station, job: Job, plan: WipePlan, identity: Identity, watch: WipeWatch) -> WipeEnd:
    """Run a wipe that is in the journal, from the start or from where it stopped, and report how it ended.

    Raises:
        AgentError: refused or impossible before anything was written (a fresh job is cancelled, one taken up again has failed).
    """
    hooks = _Hooks(station, job)
    resume = Resume(job.secret, job.offset_bytes) if hooks.was_issued else None
    try:
        clearance = clear(identity, station.config.ports)
        result = runner.run(
            plan,
            clearance,
            hooks=hooks,
            on_progress=lambda progress: watch.on_progress(_PHASES[progress.phase], progress),
            stop=watch.stop,
            gone=watch.gone,
            resume=resume,
        )
    except AgentError as error:
        give_up(station, job.id, str(error))
        raise
    return _settle(station, job.id, result, identity)


def give_up(station: Station, job_id: UUID, reason: str) -> None:
    """End a job that cannot run (any more): cancelled when nothing can have been written, else failed; never erased."""
    with station.journal.transaction() as tx:
        job = jobs.get(tx, job_id)
        _withdraw(station, job)
        if job.state is JobState.INTENT:
            jobs.finish(tx, job_id, Outcome.CANCELLED, now(), reason=reason)
            return
        jobs.finish(tx, job_id, Outcome.FAILED, now(), reason=reason)
        event = WipeFinished(
            asset_code=job.asset_code,
            job_id=job_id,
            storage=job.storage,
            verdict=Verdict.FAILED,
            reason=reason,
            bytes_written=job.offset_bytes,
        )
        station.outbox.append(tx, event, operator=job.operator)
    station.reported.set()


def _settle(station: Station, job_id: UUID, result: WipeResult, identity: Identity) -> WipeEnd:
    """Certificate, journal and report of a run that came to its end."""
    with station.journal.transaction() as tx:
        job = jobs.get(tx, job_id)
    if station.stopping.is_set() and _goes_on(result):
        return WipeEnd(None, "the agent stops; the wipe goes on when it is started again", open=True)
    certificate, path = _certificate(station, job, result, identity)
    with station.journal.transaction() as tx:
        if result.verdict is None:
            _cancel(station, tx, job, result.reason or "")
        else:
            jobs.finish(tx, job_id, _OUTCOMES[result.verdict], now(), reason=result.reason)
            event = _finished(job, result, result.verdict, certificate)
            station.outbox.append(tx, event, operator=job.operator)
    station.reported.set()
    return WipeEnd(result.verdict, result.reason, path)


def _goes_on(result: WipeResult) -> bool:
    """Whether a run that the agent's end interrupted says nothing bad of the medium, so that it may be taken up again."""
    interrupted = result.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
    return interrupted and not result.errors and not result.mismatched_bytes


def _certificate(
    station: Station, job: Job, result: WipeResult, identity: Identity
) -> tuple[SignedCertificate | None, Path | None]:
    """The signed certificate of an erased medium, kept as a file before the journal speaks of it."""
    if result.verdict is not Verdict.ERASED:
        _withdraw(station, job)
        return None, None
    profile = station.profile
    about = Circumstances(
        asset_code=job.asset_code,
        organisation=profile.organisation_name,
        person=job.operator or BENCH_ITSELF,
        role="operator" if job.operator else BENCH_ITSELF,
        place=station.place(job.port),
        source=profile.batch_reference,
    )
    signed = certify(result, identity, about, station.key, certificate_id=job.id)
    path = _certificate_path(station, job)
    try:
        write_whole(path, signed.file)
    except OSError as error:
        raise CertificateNotKept(f"{path}: {error.strerror}. {CertificateNotKept.__doc__}") from error
    return signed, path


def _certificate_path(station: Station, job: Job) -> Path:
    return station.config.state_dir / "certificates" / f"{codes.show(job.asset_code)}-{job.id}.json"


def _withdraw(station: Station, job: Job) -> None:
    """A file that was written just before a crash must not speak for a job that then did not end as erased."""
    _certificate_path(station, job).unlink(missing_ok=True)


def _finished(job: Job, result: WipeResult, verdict: Verdict, certificate: SignedCertificate | None) -> WipeFinished:
    return WipeFinished(
        asset_code=job.asset_code,
        job_id=job.id,
        storage=job.storage,
        verdict=verdict,
        certificate=None if certificate is None else certificate.document,
        reason=result.reason,
        medium_failure=result.medium_failure,
        bytes_written=result.bytes_written,
        log=result.log,
    )


def _cancel(station: Station, tx: Transaction, job: Job, reason: str) -> None:
    """Nothing was written; the service hears of it only when it heard of the start."""
    jobs.finish(tx, job.id, Outcome.CANCELLED, now(), reason=reason)
    if job.state is not JobState.INTENT:
        event = WipeCancelled(asset_code=job.asset_code, job_id=job.id, reason=reason)
        station.outbox.append(tx, event, operator=job.operator)


class _Hooks:
    """What the runner tells, kept in the journal."""

    def __init__(self, station: Station, job: Job) -> None:
        self._station, self._job = station, job
        self.was_issued = job.state is not JobState.INTENT

    def issued(self, key: bytes | None) -> None:
        with self._station.journal.transaction() as tx:
            if self.was_issued:
                jobs.reopen(tx, self._job.id, now())
                return
            jobs.advance(tx, self._job.id, JobState.ISSUED, now(), secret=key)
            self._station.outbox.append(tx, _started(self._job, self._job.storage), operator=self._job.operator)
        self._station.reported.set()

    def synced(self, offset: int) -> None:
        with self._station.journal.transaction() as tx:
            jobs.advance(tx, self._job.id, JobState.WRITING, now(), offset_bytes=offset)

    def verifying(self) -> None:
        with self._station.journal.transaction() as tx:
            jobs.advance(tx, self._job.id, JobState.VERIFYING, now())


def _started(job: Job, storage: StorageIdentity) -> WipeStarted:
    return WipeStarted(asset_code=job.asset_code, job_id=job.id, storages=(storage,), plan=dict(job.plan))
