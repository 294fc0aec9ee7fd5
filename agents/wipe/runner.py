"""Running a plan: clearance redeemed, the medium sanitized by the bench or by its own firmware, read back, a verdict decided."""

import threading
from contextlib import ExitStack
from pathlib import Path

from agents.errors import Refused
from agents.identify import smartctl
from agents.shell.blockdev import open_device
from agents.shell.progress import ProgressSink, ignore
from agents.wipe import ata_lock
from agents.wipe.firmware import FirmwareJob
from agents.wipe.guard import Clearance
from agents.wipe.kept import NotResumable
from agents.wipe.neighbours import Neighbours, neighbour_nodes
from agents.wipe.overwrite_job import OverwriteJob, keystream
from agents.wipe.plan import WipePlan
from agents.wipe.result import JobHooks, Reached, Resume, WipeResult
from agents.wipe.signals import Signals
from agents.wipe.telling import foreign_nodes
from agents.wipe.thermometer import Thermometer

__all__ = ["NotResumable", "PlanMismatch", "run"]


class PlanMismatch(Refused):
    """The plan is not for the device that was cleared. Make a new plan and confirm it."""


def run(
    plan: WipePlan,
    clearance: Clearance,
    *,
    hooks: JobHooks,
    on_progress: ProgressSink = ignore,
    stop: threading.Event | None = None,
    gone: threading.Event | None = None,
    interrupted: threading.Event | None = None,
    resume: Resume | None = None,
) -> WipeResult:
    """Carry out a confirmed plan on a cleared device.

    Args:
        plan: what the operator confirmed.
        clearance: leave to overwrite this device, not used yet.
        hooks: told before data are lost and at each point from which the job can go on.
        on_progress: gets a snapshot about twice a second, from a thread of the run.
        stop: set by the operator; before the first write it cancels, after it the wipe has failed. Firmware that was told cannot
            be stopped: then it changes nothing.
        gone: set by whoever sees the device leave.
        interrupted: this process ends and the job goes on later: the result, never erased, then says nothing of the medium.
        resume: where an earlier run of the same job stopped.

    Raises:
        Refused: guard, plan or resume point do not fit; nothing was touched.
        DeviceGone: it left before the first write.
        AgentError: `hooks.issued` could not keep what a restart needs; nothing was written.
    """
    if plan.storage != clearance.identity.storage or plan.path != str(clearance.identity.path) or plan.scope != clearance.scope:
        raise PlanMismatch
    signals = Signals(stop or threading.Event(), gone or threading.Event(), interrupted or threading.Event())
    if plan.method.by_host:
        return _overwrite(plan, clearance, hooks, on_progress, signals, resume)
    return _firmware(plan, clearance, hooks, on_progress, signals, resume)


def _overwrite(
    plan: WipePlan, clearance: Clearance, hooks: JobHooks, on_progress: ProgressSink, signals: Signals, resume: Resume | None
) -> WipeResult:
    pattern, key = keystream(plan, resume)
    with ExitStack() as held:
        device = held.enter_context(clearance.redeem())
        job = OverwriteJob(plan, device, pattern, held.enter_context(_thermometer(plan)), signals)
        job.overwrite(hooks, key, on_progress, resume)
        job.read_back(hooks, on_progress)
        return job.result()


def _firmware(
    plan: WipePlan, clearance: Clearance, hooks: JobHooks, on_progress: ProgressSink, signals: Signals, resume: Resume | None
) -> WipeResult:
    told_nothing = resume is None or resume.reached is Reached.ISSUED
    if told_nothing and (foreign := foreign_nodes(plan, clearance.identity)):
        raise PlanMismatch(f"{', '.join(foreign)} is not this device. {PlanMismatch.__doc__}")
    with ExitStack() as held:
        device = held.enter_context(clearance.redeem())
        # What is erased along is held as well, so that nobody mounts it meanwhile.
        beside = [held.enter_context(open_device(Path(node), write=True)) for node in neighbour_nodes(plan)]
        thermometer = held.enter_context(_thermometer(plan))
        job = FirmwareJob(plan, device, hooks, on_progress, thermometer, signals, Neighbours(beside, on_progress))
        job.carry_out(resume)
        return job.result()


def _thermometer(plan: WipePlan) -> Thermometer:
    """A virtual drive has no temperature; one that erases itself under a password answers nothing until it is done."""
    silent = plan.storage.transport == "virtual" or plan.method in ata_lock.METHODS
    return Thermometer(None if silent else lambda: smartctl.temperature_c(plan.path))
