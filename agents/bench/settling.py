"""The end of a wipe: certificate, journal and report, in that order, and then its files go.

The certificate is a file before the journal speaks of it; the job's end and WipeFinished are one commit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from agents.bench.station import BENCH_ITSELF, Station
from agents.errors import Failed
from agents.identify.identity import Identity
from agents.journal import jobs
from agents.journal.db import Transaction
from agents.journal.jobs import Job, JobState, Outcome
from agents.shell.clock import now
from agents.shell.files import write_whole
from agents.supervise.documents import Run
from agents.supervise.files import JobFiles
from agents.wipe.certificate import Circumstances, SignedCertificate, certify
from agents.wipe.result import WipeResult
from fleet.contract.events import WipeCancelled, WipeFinished
from fleet.contract.kinds import Verdict
from labels import codes

_OUTCOMES: Final = {Verdict.ERASED: Outcome.ERASED, Verdict.FAILED: Outcome.FAILED, Verdict.UNKNOWN: Outcome.UNKNOWN}


class CertificateNotKept(Failed):
    """The certificate could not be written to the state directory. Free some disk space and start the agent again."""


@dataclass(frozen=True)
class WipeEnd:
    """How a wipe ended for its operator. `verdict` is None when nothing was written, or when it goes on (`open`)."""

    verdict: Verdict | None
    reason: str | None
    certificate: Path | None = None
    open: bool = False


def settle(station: Station, job_id: UUID, run: Run) -> WipeEnd:
    """Certify, journal and report a run that came to its end. Raises CertificateNotKept, CertificateRefused, JournalBroken."""
    result = run.result
    with station.journal.transaction() as tx:
        job = jobs.get(tx, job_id)
    certificate, path = _certificate(station, job, result, run.identity)
    with station.journal.transaction() as tx:
        if result.verdict is None:
            _cancel(station, tx, job, result.reason or "")
        else:
            jobs.finish(tx, job_id, _OUTCOMES[result.verdict], now(), reason=result.reason)
            event = _finished(job, result, result.verdict, certificate)
            station.outbox.append(tx, event, operator=job.operator)
    _forget(station, job_id)
    return WipeEnd(result.verdict, result.reason, path)


def give_up(station: Station, job_id: UUID, reason: str) -> WipeEnd:
    """End a job that cannot run (any more): cancelled when nothing can have been written, else failed; never erased."""
    return _end_without_run(station, job_id, Verdict.FAILED, reason)


def quarantine(station: Station, job_id: UUID, reason: str) -> WipeEnd:
    """End a job of which nobody can say how it ended; cancelled when nothing can have been written."""
    return _end_without_run(station, job_id, Verdict.UNKNOWN, reason)


def _end_without_run(station: Station, job_id: UUID, verdict: Verdict, reason: str) -> WipeEnd:
    with station.journal.transaction() as tx:
        job = jobs.get(tx, job_id)
        _withdraw(station, job)
        untouched = job.state is JobState.INTENT
        if untouched:
            jobs.finish(tx, job_id, Outcome.CANCELLED, now(), reason=reason)
        else:
            jobs.finish(tx, job_id, _OUTCOMES[verdict], now(), reason=reason)
            station.outbox.append(tx, _broken_off(job, verdict, reason), operator=job.operator)
    _forget(station, job_id)
    return WipeEnd(None if untouched else verdict, reason)


def _broken_off(job: Job, verdict: Verdict, reason: str) -> WipeFinished:
    return WipeFinished(
        asset_code=job.asset_code,
        job_id=job.id,
        storage=job.storage,
        verdict=verdict,
        reason=reason,
        bytes_written=job.offset_bytes,
    )


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


def _forget(station: Station, job_id: UUID) -> None:
    """What the job's process left is settled."""
    JobFiles(station.config.state_dir, job_id).remove()
    station.reported.set()


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
