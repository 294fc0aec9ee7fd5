"""Running a plan: clearance redeemed, everything overwritten, everything read back, a verdict decided."""

import errno
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

from agents.errors import AgentError, Refused
from agents.identify import smartctl
from agents.shell import clock
from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Meter, Phase, ProgressSink, ignore
from agents.wipe.guard import Clearance
from agents.wipe.lanes import Lanes
from agents.wipe.overwrite import OverwritePass
from agents.wipe.patterns import Pattern, new_key, pattern_for
from agents.wipe.plan import WipePlan
from agents.wipe.result import JobHooks, Resume, Span, WipeResult
from agents.wipe.thermometer import Thermometer
from agents.wipe.verdict import Facts, decide
from agents.wipe.verify import VerifyPass
from fleet.contract.base import utc_text
from fleet.contract.kinds import Method

_LEAVING: Final = frozenset({errno.EIO, errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM, errno.ESHUTDOWN})
_LEAVING_S: Final = 2.0
"""After an I/O error: how long a device that was pulled may take until the kernel says so."""


class PlanMismatch(Refused):
    """The plan is not for the device that was cleared. Make a new plan and confirm it."""


class NotResumable(Refused):
    """This job cannot go on from where it stopped: its key or offset is missing. Wipe the device anew."""


def run(
    plan: WipePlan,
    clearance: Clearance,
    *,
    hooks: JobHooks,
    on_progress: ProgressSink = ignore,
    stop: threading.Event | None = None,
    gone: threading.Event | None = None,
    resume: Resume | None = None,
) -> WipeResult:
    """Carry out a confirmed plan on a cleared device.

    Args:
        plan: what the operator confirmed.
        clearance: leave to overwrite this device, not used yet.
        hooks: told before the first write and at each point from which the pass can resume.
        on_progress: gets a snapshot about twice a second, from a thread of the run.
        stop: set by the operator; before the first write it cancels, after it the wipe has failed.
        gone: set by whoever sees the device leave.
        resume: where an earlier run of the same job stopped.

    Raises:
        Refused: guard, plan or resume point do not fit; nothing was touched.
        DeviceGone: it left before the first write.
        AgentError: `hooks.issued` could not keep what a restart needs; nothing was written.
    """
    if plan.storage != clearance.identity.storage or plan.path != str(clearance.identity.path):
        raise PlanMismatch
    pattern, key = _pattern(plan, resume)
    with ExitStack() as held:
        device = held.enter_context(clearance.redeem())
        watched = None if plan.storage.transport == "virtual" else lambda: smartctl.temperature_c(plan.path)
        thermometer = held.enter_context(Thermometer(watched))
        job = _Job(plan, device, pattern, thermometer, stop or threading.Event(), gone or threading.Event())
        job.overwrite(hooks, key, on_progress, resume)
        job.read_back(hooks, on_progress)
        return job.result()


def _pattern(plan: WipePlan, resume: Resume | None) -> tuple[Pattern, bytes | None]:
    key = resume.secret if resume else new_key()
    if plan.method is Method.OVERWRITE_ZEROS:
        key = None
    elif key is None:
        raise NotResumable
    if resume is not None and not 0 <= resume.offset <= plan.storage.capacity_bytes:
        raise NotResumable
    return pattern_for(plan.method, key), key


class _Job:
    """One run's state; `result` is its only product."""

    def __init__(
        self,
        plan: WipePlan,
        device: BlockDevice,
        pattern: Pattern,
        thermometer: Thermometer,
        stop: threading.Event,
        gone: threading.Event,
    ) -> None:
        self._plan, self._device, self._pattern, self._thermometer = plan, device, pattern, thermometer
        self._stop, self._gone = stop, gone
        self._faults: list[IoFault] = []
        self._trouble: str | None = None
        self._issued = False
        self._interruptions = 0
        self._written_bytes = 0
        self._verify: VerifyPass | None = None
        self._written: Span | None = None
        self._verified: Span | None = None
        self._log: list[str] = []

    def overwrite(self, hooks: JobHooks, key: bytes | None, sink: ProgressSink, resume: Resume | None) -> None:
        """The first pass, from the start or from where it stopped."""
        started, offset = clock.now(), resume.offset if resume else 0
        self._issued = resume is not None
        self._interruptions = resume.interruptions if resume else 0
        if not self._halted():
            hooks.issued(key)
            self._note(f"overwrite started at byte {offset} of {self._device.size_bytes}, {self._device.io_mode} I/O")
            meter = Meter(Phase.WRITE, self._device.size_bytes, sink, start_bytes=offset)
            with Lanes(self._halted) as lanes:
                write = OverwritePass(self._device, self._pattern, lanes, meter)
                self._guarded(lambda: write.run(offset, lambda at: self._synced(hooks, at)))
                self._faults += lanes.faults
            self._issued |= write.issued
            self._written_bytes = write.flushed_bytes
            meter.finish()
            self._note(f"overwrite ended at byte {write.flushed_bytes}")
        self._written = Span(started, clock.now())

    def read_back(self, hooks: JobHooks, sink: ProgressSink) -> None:
        """The second pass, when the first one reached the end."""
        if self._written_bytes != self._device.size_bytes or self._faults or self._trouble or self._halted():
            return
        started = clock.now()
        self._note("read-back started")
        meter = Meter(Phase.VERIFY, self._device.size_bytes, sink)
        with Lanes(self._halted) as lanes:
            self._verify = VerifyPass(self._device, self._pattern, lanes, meter)
            self._guarded(hooks.verifying)
            if self._trouble is None:
                self._verify.run()
            self._faults += lanes.faults
        meter.finish()
        self._verified = Span(started, clock.now())
        self._note(f"read-back ended: {self._verify.read_bytes} bytes read, {self._verify.mismatched_bytes} differ")

    def result(self) -> WipeResult:
        """Everything that happened, judged."""
        verify = self._verify
        vanished = self._vanished()
        errors = tuple(map(str, self._faults))
        facts = Facts(
            capacity_bytes=self._plan.storage.capacity_bytes,
            write_issued=self._issued,
            written_bytes=self._written_bytes,
            verified_bytes=verify.read_bytes if verify else 0,
            mismatched_bytes=verify.mismatched_bytes if verify else 0,
            faults=errors,
            vanished=vanished,
            stopped=self._stop.is_set() and not self._complete(),
            bench_trouble=self._trouble,
        )
        decision = decide(facts)
        self._note(f"verdict {decision.verdict or 'none'}{': ' + decision.reason if decision.reason else ''}")
        finished = clock.now()
        return WipeResult(
            plan=self._plan,
            verdict=decision.verdict,
            reason=decision.reason,
            medium_failure=decision.medium_failure,
            bytes_written=facts.written_bytes,
            bytes_verified=facts.verified_bytes,
            mismatched_bytes=facts.mismatched_bytes,
            io_mode=self._device.io_mode,
            written=self._written or Span(finished, finished),
            verified=self._verified,
            errors=errors,
            highest_temperature_c=self._thermometer.highest_c,
            log=tuple(self._log),
            interruptions=self._interruptions,
        )

    def _complete(self) -> bool:
        return self._verify is not None and self._verify.read_bytes == self._device.size_bytes

    def _halted(self) -> bool:
        return self._stop.is_set() or self._gone.is_set() or (self._verify is not None and self._verify.hopeless)

    def _synced(self, hooks: JobHooks, offset: int) -> None:
        """A resting point: the journal learns of it, a device that has left is noticed, a hot one cools down."""
        hooks.synced(offset)
        if not self._device.present():
            self._gone.set()
        self._thermometer.rest_while_hot(self._halted)

    def _guarded(self, step: Callable[[], None]) -> None:
        """The bench's own trouble (a full disk under the journal) ends the pass; it says nothing of the medium."""
        try:
            step()
        except AgentError as error:
            self._trouble = str(error)

    def _vanished(self) -> bool:
        """Whether the device left. An I/O error may come a moment before the kernel removes the device."""
        deadline = clock.monotonic() + (_LEAVING_S if any(fault.errno in _LEAVING for fault in self._faults) else 0)
        while self._device.present() and not self._gone.is_set():
            left = deadline - clock.monotonic()
            if left <= 0:
                return False
            self._gone.wait(min(left, 0.1))
        return True

    def _note(self, text: str) -> None:
        self._log.append(f"{utc_text(clock.now())} {text}")
