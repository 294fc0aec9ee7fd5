"""One wipe, in a process of its own: written down, started, followed, taken up again when its process died, and settled."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import uuid4

from agents.bench.phases import PortPhase
from agents.bench.settling import WipeEnd, give_up, quarantine, settle
from agents.bench.station import Station
from agents.errors import AgentError, Refused
from agents.identify.identity import Identity
from agents.journal import jobs
from agents.journal.devices import KnownDevice
from agents.journal.jobs import Job, JobKind, JobState
from agents.shell.clock import now
from agents.shell.progress import Phase, Progress
from agents.supervise import follow
from agents.supervise.documents import Ended, Order
from agents.supervise.follow import Fate
from agents.supervise.launch import launch
from agents.wipe import plan_file
from agents.wipe.plan import WipePlan, plan
from fleet.contract.kinds import Method

_MOST_DEATHS: Final = 3
"""A process that dies as often at one point of its job will not get beyond it."""
_MARGIN_S: Final = 600.0
"""A run keeps its plan's time-out itself; the agent waits longer before it takes the run itself for stuck."""
_LEFT: Final = "the agent stops; the wipe goes on in its own process"
_STUCK: Final = "the wipe hangs: nothing has moved for {minutes:.0f} minutes"
_DIED: Final = "the wipe's process ended {deaths} times at the same point, without a word"


class PlanMoved(Refused):
    """Where this device stands now, it cannot be wiped as was confirmed. Put it back where it was, or plug it in again."""


@dataclass(frozen=True)
class WipeWatch:
    """Who looks on: progress to show, the device's leaving, the operator's wish to stop, the agent's end."""

    on_progress: Callable[[PortPhase, Progress], None]
    gone: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    leave: threading.Event = field(default_factory=threading.Event)


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
        document=plan_file.to_json(plan),
    )
    with station.journal.transaction() as tx:
        jobs.begin(tx, job)
    return job


def carry_out(station: Station, job: Job, identity: Identity, watch: WipeWatch) -> WipeEnd:
    """Run a wipe that is in the journal, from the start or from where it stopped, and report how it ended.

    Raises:
        AgentError: refused or impossible before anything was written (a fresh job is cancelled, one taken up again has failed).
    """
    deaths = 0
    while deaths < _MOST_DEATHS:
        before = job
        try:
            job = _started(station, job, identity)
        except AgentError as error:
            give_up(station, job.id, str(error))
            raise
        told = follow.follow(station.config.state_dir, job, _watched(station, job, watch))
        if told is not Fate.DIED:
            return _concluded(station, job, told)
        with station.journal.transaction() as tx:
            job = jobs.get(tx, job.id)
        deaths = deaths + 1 if (job.state, job.offset_bytes) == (before.state, before.offset_bytes) else 1
    return quarantine(station, job.id, _DIED.format(deaths=deaths))


def attend(station: Station, job: Job, watch: WipeWatch) -> WipeEnd | None:
    """Follow a job that an earlier agent started, and report how it ended. None when its process died: it can be taken up again.

    Raises AgentError: it could not run, and has ended.
    """
    told = follow.follow(station.config.state_dir, job, _watched(station, job, watch))
    return None if told is Fate.DIED else _concluded(station, job, told)


def plan_of(job: Job, identity: Identity) -> WipePlan:
    """The plan of a job as it was confirmed, for the place where its device stands now.

    Raises:
        PlanMoved: there it would be another wipe.
        Refused: it is not possible there.
    """
    if job.document is None:
        return plan(identity, method=Method(job.plan["method"]))
    confirmed = plan_file.from_json(job.document)
    if (confirmed.path, confirmed.port) == (str(identity.path), identity.port):
        return confirmed
    moved = plan(identity, method=confirmed.method)
    same = replace(moved, path=confirmed.path, port=confirmed.port, commands=confirmed.commands, scope=confirmed.scope)
    if (same.storage, same.level, same.technique, same.verification) != (
        confirmed.storage,
        confirmed.level,
        confirmed.technique,
        confirmed.verification,
    ):
        raise PlanMoved
    return moved


def _started(station: Station, job: Job, identity: Identity) -> Job:
    """Start a process for a job; one that had begun is counted as interrupted."""
    if job.state is not JobState.INTENT:
        document = plan_file.to_json(plan_of(job, identity))
        with station.journal.transaction() as tx:
            job = jobs.take_up(tx, job.id, identity.port, document, now())
    order = Order(station.config.port(identity.port), identity.diskseq, identity.number)
    launch(station.config.state_dir, job.id, job.storage.key, order)
    return job


def _concluded(station: Station, job: Job, told: Ended | Fate) -> WipeEnd:
    match told:
        case Ended(run=run) if run is not None:
            return settle(station, job.id, run)
        case Ended(no_run=trouble) if trouble is not None:
            give_up(station, job.id, trouble.message)
            raise trouble.error()
        case Fate.STUCK:
            follow.kill(station.config.state_dir, job)
            return quarantine(station, job.id, _STUCK.format(minutes=_patience_s(station, job) / 60))
        case Fate.LEFT:
            return WipeEnd(None, _LEFT, open=True)
        case _:
            raise AssertionError(f"{told} is no end")


def _watched(station: Station, job: Job, watch: WipeWatch) -> follow.Watch:
    def show(progress: Progress) -> None:
        watch.on_progress(PortPhase.VERIFYING if progress.phase is Phase.VERIFY else PortPhase.WIPING, progress)

    return follow.Watch(show, _patience_s(station, job), watch.gone, watch.stop, watch.leave)


def _patience_s(station: Station, job: Job) -> float:
    """How long a job may show no progress: drive firmware may work for hours without telling how far it is."""
    timeout_s = plan_file.from_json(job.document).timeout_s if job.document else None
    return station.patience_s if timeout_s is None else max(station.patience_s, timeout_s + _MARGIN_S)
