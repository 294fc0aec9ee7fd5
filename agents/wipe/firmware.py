"""A sanitization by the drive's own firmware: canaries planted, firmware told, its end learnt, samples read.

What may be believed comes from three sides: every command was accepted, the end was learnt as the plan says, and every sample
has changed. Once told, firmware cannot be stopped: the operator's wish to stop then changes nothing.
"""

from collections.abc import Callable

from agents.errors import AgentError
from agents.shell import clock
from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import ProgressSink
from agents.shell.run import ProgramTimedOut
from agents.wipe import ata_lock, drive_logs
from agents.wipe.canaries import DroppedWrites, SampleReading
from agents.wipe.completion.exit_code import refusal
from agents.wipe.completion.pollers import poller_for
from agents.wipe.completion.status import State, Status
from agents.wipe.completion.waiting import wait
from agents.wipe.completion.watch import Outlook, Watch, interval_s
from agents.wipe.firmware_verdict import Ending, FirmwareFacts, decide_firmware
from agents.wipe.gauge import Gauge
from agents.wipe.kept import Prepared, Told
from agents.wipe.neighbours import Found, Neighbours
from agents.wipe.plan import WipePlan
from agents.wipe.result import JobHooks, Reached, Resume, Span, WipeResult
from agents.wipe.sampled import Sampler
from agents.wipe.sampling import SamplePlan, new_seed
from agents.wipe.signals import Logbook, Signals
from agents.wipe.taking_up import Course, course_of
from agents.wipe.telling import require_tools, tell
from agents.wipe.thermometer import Thermometer
from fleet.contract.certificate import CommandRecord

_ENDINGS = {Outlook.DONE: Ending.DONE, Outlook.FAILED: Ending.FAILED, Outlook.LOST: Ending.LOST, Outlook.WAIT: Ending.OPEN}
_INTERRUPTED = "the bench was interrupted while it told the firmware, and no exit code is known: wipe the device anew"
_OPEN = "the bench stopped asking while the firmware was at work, which goes on by itself"


class FirmwareJob:
    """One run's state; `result` is its only product."""

    def __init__(
        self,
        plan: WipePlan,
        device: BlockDevice,
        hooks: JobHooks,
        sink: ProgressSink,
        thermometer: Thermometer,
        signals: Signals,
        neighbours: Neighbours,
    ) -> None:
        self._neighbours, self._beside = neighbours, Found()
        self._plan, self._device, self._hooks = plan, device, hooks
        self._thermometer, self._signals = thermometer, signals
        self._book, self._gauge = Logbook(), Gauge(device.size_bytes, plan.expected_s, sink)
        self._poller, self._sampler = poller_for(plan), Sampler(device, sink)
        self._answer: State | None = None
        self._faults: list[IoFault] = []
        self._commands: list[CommandRecord] = []
        self._ending, self._said = Ending.UNTOLD, ""
        self._issued = False
        self._interruptions = 0
        self._trouble: str | None = None
        self._dropped: str | None = None
        self._left_behind: str | None = None
        self._prepared: Prepared | None = None
        self._reading: SampleReading | None = None
        self._logs: dict[str, str] = {}
        self._worked: Span | None = None
        self._verified: Span | None = None

    def carry_out(self, resume: Resume | None) -> None:
        """From the start, or from where an earlier run stopped. Raises as `agents.wipe.runner.run`."""
        if resume is None:
            self._begin(None)
            return
        self._interruptions, self._issued = resume.interruptions, True
        now = self._poller().state if self._poller is not None and resume.reached is Reached.PREPARED else None
        course = course_of(resume.reached, polled=self._poller is not None, now=now)
        said = f", the drive says {now}" if now else ""
        self._book.note(f"taken up again after {resume.reached}{said}: {course}")
        if course is Course.BEGIN:
            self._begin(resume.secret)
        else:
            self._take_up(course, resume)

    def _begin(self, secret: bytes | None) -> None:
        """Nothing has been told yet."""
        require_tools(self._plan)
        samples = self._sampler.plan(new_seed())
        if self._signals.any:
            return
        if secret is None and self._plan.method in ata_lock.METHODS:
            secret = ata_lock.new_password()
        self._hooks.issued(secret)
        self._issued = True
        self._guarded(lambda: self._prepare(samples))
        if self._prepared is None or self._trouble or self._signals.any:
            return
        self._tell(secret)
        if self._ending is Ending.DONE:
            self._poll(self._prepared)
        self._close()

    def _take_up(self, course: Course, resume: Resume) -> None:
        """Something may have been told: it is never sent again."""
        prepared = self._prepared = Prepared.from_bytes(resume.samples)
        self._logs, self._ending = dict(prepared.logs), Ending.DONE
        certain = course in (Course.POLL, Course.VERIFY)
        if certain:
            self._commands = list(Told.from_bytes(resume.record).commands)
        if course in (Course.POLL, Course.POLL_AND_LOOK):
            self._poll(prepared)
        if self._ending is Ending.DONE and not certain:
            self._ending, self._said = Ending.UNCERTAIN, _INTERRUPTED
        self._worked = Span(prepared.started_at, clock.now())
        self._close()

    def _prepare(self, samples: SamplePlan) -> None:
        """Canaries on the medium, and everything kept that a restart needs to verify."""
        started = clock.now()
        self._logs = drive_logs.read(self._plan, self._device, "before")
        try:
            planting, faults = self._sampler.plant(samples, lambda: self._signals.any)
            beside = self._neighbours.plant(samples.seed, lambda: self._signals.any)
        except DroppedWrites as error:
            self._dropped = str(error)
            return
        self._faults += [*faults, *beside.faults]
        if planting.fingerprints is None or beside.fingerprints is None:
            return
        self._book.note(f"{planting.canaries} canaries planted and read back, {len(planting.unreadable)} witnesses unreadable")
        prepared = Prepared(
            seed=samples.seed,
            fingerprints=planting.fingerprints.to_bytes(),
            over_before=self._poller is not None and self._poller().over,
            logs=self._logs,
            started_at=started,
            beside=dict(beside.fingerprints),
        )
        self._hooks.prepared(prepared.to_bytes())
        self._prepared = prepared

    def _tell(self, secret: bytes | None) -> None:
        """Every command, until one is refused. An exit code of 0 says that it was accepted, and no more."""
        started = clock.now()
        try:
            with self._gauge.ticking():
                for told in tell(self._plan, secret):
                    self._commands.append(told)
                    self._book.note(f"`{' '.join(told.argv)}` ended with exit code {told.exit_code}")
            refused = refusal(self._commands)
            self._ending, self._said = (Ending.REFUSED, refused) if refused else (Ending.DONE, "")
        except ProgramTimedOut as error:
            self._ending, self._said = Ending.LOST, str(error)
        except AgentError as error:
            self._ending, self._said = Ending.UNCERTAIN, str(error)
        self._worked = Span(started, clock.now())
        if self._ending is Ending.DONE:
            self._guarded(lambda: self._hooks.polling(Told(commands=tuple(self._commands)).to_bytes()))

    def _poll(self, prepared: Prepared) -> None:
        """Ask until it is over, where that is how the end is learnt."""
        if self._poller is None or self._trouble:
            return
        began = self._worked.started_at if self._worked else prepared.started_at
        watch = Watch(self._plan.timeout_s or float("inf"), over_before=prepared.over_before)
        every_s = interval_s(self._plan.expected_s)
        watch = wait(self._poller, watch, self._signals, every_s=every_s, on_status=self._answered)
        self._ending = _ENDINGS[watch.outlook]
        self._said = watch.reason or (_OPEN if self._ending is Ending.OPEN else "")
        self._worked = Span(began, clock.now())

    def _answered(self, _watch: Watch, status: Status) -> None:
        if not self._device.present():
            self._signals.gone.set()
        self._gauge.show(status.progress)
        if status.state is not self._answer:
            self._answer = status.state
            self._book.note(f"the drive says: {status.said}")

    def _close(self) -> None:
        """What is left when the firmware has ended: its password, its logs, the samples."""
        if self._plan.method in ata_lock.METHODS:
            self._close_lock()
        if self._ending in (Ending.LOST, Ending.OPEN) or self._signals.away:
            return
        self._logs |= drive_logs.read(self._plan, self._device, "after")
        if self._ending in (Ending.DONE, Ending.UNCERTAIN) and self._left_behind is None and self._trouble is None:
            self._guarded(self._read_samples)

    def _close_lock(self) -> None:
        """A drive that hangs in its erase is not asked: the question would hang too."""
        if self._ending is Ending.LOST:
            self._left_behind = "the drive may still have the password that this bench set: run `bench-agent unlock`"
            return
        self._left_behind = ata_lock.left_behind(self._device.fd)
        if self._left_behind is None:
            self._guarded(self._hooks.unlocked)

    def _read_samples(self) -> None:
        """Only a job that can still end as erased is journaled as verifying: a restart takes that for certain."""
        if self._prepared is None or not self._device.present():
            return
        if self._ending is Ending.DONE:
            self._hooks.verifying()
        started = clock.now()
        samples = self._sampler.plan(self._prepared.seed)
        self._reading, faults = self._sampler.read(samples, self._prepared.fingerprints, lambda: self._signals.away)
        self._beside = self._neighbours.read(self._prepared.seed, self._prepared.beside, lambda: self._signals.away)
        self._faults += [*faults, *self._beside.faults]
        self._verified = Span(started, clock.now())
        found = self._reading.sampling
        self._book.note(
            f"{found.samples} samples read: {found.unchanged_samples} unchanged, {found.canaries_found} canaries found"
        )
        for told in self._beside.notes:
            self._book.note(told)
        if self._beside.notes:
            self._logs["namespaces erased along"] = "; ".join(self._beside.notes)

    def _guarded(self, step: Callable[[], None]) -> None:
        """The bench's own trouble (a full disk under the journal) ends the job; it says nothing of the medium."""
        try:
            step()
        except AgentError as error:
            self._trouble = str(error)

    def result(self) -> WipeResult:
        """Everything that happened, judged."""
        reading, finished = self._reading, clock.now()
        decision = decide_firmware(self._facts())
        self._book.note(f"verdict {decision.verdict or 'none'}{': ' + decision.reason if decision.reason else ''}")
        return WipeResult(
            plan=self._plan,
            verdict=decision.verdict,
            reason=decision.reason,
            medium_failure=decision.medium_failure,
            bytes_written=0,
            bytes_verified=reading.bytes_read if reading else 0,
            mismatched_bytes=0,
            io_mode=self._device.io_mode,
            written=self._worked or Span(finished, finished),
            verified=self._verified,
            errors=tuple(map(str, self._faults)),
            highest_temperature_c=self._thermometer.highest_c,
            log=self._book.lines,
            commands=tuple(self._commands),
            sampling=reading.sampling if reading else None,
            sample_seed=self._prepared.seed if self._prepared else None,
            logs=self._logs,
            interruptions=self._interruptions,
        )

    def _facts(self) -> FirmwareFacts:
        reading = self._reading
        return FirmwareFacts(
            issued=self._issued,
            ending=self._ending,
            said=self._said or None,
            sampling=reading.sampling if reading else None,
            complete=reading is not None and reading.complete,
            dropped=self._dropped,
            beside=self._beside.remains,
            beside_read=self._beside.complete,
            left_behind=self._left_behind,
            faults=tuple(map(str, self._faults)),
            vanished=self._signals.vanished(self._device, self._faults),
            stopped=self._signals.stop.is_set() and not self._signals.interrupted.is_set() and self._ending is Ending.UNTOLD,
            bench_trouble=self._trouble,
        )
