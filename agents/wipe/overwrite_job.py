"""An overwrite: every byte written by the bench, every byte read back."""

from collections.abc import Callable
from typing import Final

from agents.errors import AgentError
from agents.shell import clock
from agents.shell.blockdev import BlockDevice, IoFault
from agents.shell.progress import Meter, Phase, ProgressSink
from agents.wipe.kept import NotResumable
from agents.wipe.lanes import Lanes
from agents.wipe.overwrite import OverwritePass
from agents.wipe.patterns import Pattern, new_key, pattern_for
from agents.wipe.plan import WipePlan
from agents.wipe.probe import Capacity, ProbeResult, probe, probe_plan
from agents.wipe.result import JobHooks, Resume, Span, WipeResult
from agents.wipe.sampling import LEAST_GRAIN_BYTES
from agents.wipe.signals import Logbook, Signals
from agents.wipe.thermometer import Thermometer
from agents.wipe.verdict import Facts, decide
from agents.wipe.verify import VerifyPass
from fleet.contract.kinds import MediaType, Method

_PROBED: Final = frozenset({MediaType.USB_FLASH, MediaType.SD})
"""Media of which forgeries are sold that announce more than they hold."""


def keystream(plan: WipePlan, resume: Resume | None) -> tuple[Pattern, bytes | None]:
    """What is written, and the key that a restart needs; None for zeros. Raises NotResumable."""
    key = resume.secret if resume else new_key()
    if plan.method is Method.OVERWRITE_ZEROS:
        key = None
    elif key is None:
        raise NotResumable
    if resume is not None and not 0 <= resume.offset <= plan.storage.capacity_bytes:
        raise NotResumable
    return pattern_for(plan.method, key), key


class OverwriteJob:
    """One run's state; `result` is its only product."""

    def __init__(self, plan: WipePlan, device: BlockDevice, pattern: Pattern, thermometer: Thermometer, signals: Signals) -> None:
        self._plan, self._device, self._pattern, self._thermometer = plan, device, pattern, thermometer
        self._signals, self._book = signals, Logbook()
        self._faults: list[IoFault] = []
        self._trouble: str | None = None
        self._shortfall: str | None = None
        self._issued = False
        self._interruptions = 0
        self._written_bytes = 0
        self._verify: VerifyPass | None = None
        self._written: Span | None = None
        self._verified: Span | None = None

    def overwrite(self, hooks: JobHooks, key: bytes | None, sink: ProgressSink, resume: Resume | None) -> None:
        """The first pass, from the start or from where it stopped."""
        started, offset = clock.now(), resume.offset if resume else 0
        self._issued = resume is not None
        self._interruptions = resume.interruptions if resume else 0
        if not self._halted():
            hooks.issued(key)
            self._issued |= self._probe(offset, sink)
        if not self._halted() and not self._faults:
            self._book.note(f"overwrite started at byte {offset} of {self._device.size_bytes}, {self._device.io_mode} I/O")
            meter = Meter(Phase.WRITE, self._device.size_bytes, sink, start_bytes=offset)
            with Lanes(self._halted) as lanes:
                write = OverwritePass(self._device, self._pattern, lanes, meter)
                self._guarded(lambda: write.run(offset, lambda at: self._synced(hooks, at)))
                self._faults += lanes.faults
            self._issued |= write.issued
            self._written_bytes = write.flushed_bytes
            meter.finish()
            self._book.note(f"overwrite ended at byte {write.flushed_bytes}")
        self._written = Span(started, clock.now())

    def _probe(self, offset: int, sink: ProgressSink) -> bool:
        """Ask whether the medium is as large as it says and keeps what it is given; whether anything was written.

        Not asked again when a pass is under way. Sticks and cards are asked because of forgeries, and any medium before zeros:
        these would also be read from a drive that drops writes and was empty before.
        """
        doubtful = self._plan.storage.media in _PROBED or self._plan.method is Method.OVERWRITE_ZEROS
        if not doubtful or offset or self._device.size_bytes < 2 * LEAST_GRAIN_BYTES:
            return False
        wanted = probe_plan(new_key(), self._device.size_bytes, self._device.logical_block_bytes)
        found = probe(self._device, wanted, self._halted, Meter(Phase.WRITE, 2 * wanted.total_bytes, sink))
        self._shortfall = _shortfall(found)
        self._faults += found.faults
        self._book.note(f"capacity probed: {found.capacity}")
        return True

    def read_back(self, hooks: JobHooks, sink: ProgressSink) -> None:
        """The second pass, when the first one reached the end."""
        if self._written_bytes != self._device.size_bytes or self._faults or self._trouble or self._halted():
            return
        started = clock.now()
        self._book.note("read-back started")
        meter = Meter(Phase.VERIFY, self._device.size_bytes, sink)
        with Lanes(self._halted) as lanes:
            self._verify = VerifyPass(self._device, self._pattern, lanes, meter)
            self._guarded(hooks.verifying)
            if self._trouble is None:
                self._verify.run(self._rest)
            self._faults += lanes.faults
        meter.finish()
        self._verified = Span(started, clock.now())
        self._book.note(f"read-back ended: {self._verify.read_bytes} bytes read, {self._verify.mismatched_bytes} differ")

    def result(self) -> WipeResult:
        """Everything that happened, judged."""
        verify = self._verify
        vanished = self._signals.vanished(self._device, self._faults)
        errors = tuple(map(str, self._faults))
        facts = Facts(
            capacity_bytes=self._plan.storage.capacity_bytes,
            write_issued=self._issued,
            written_bytes=self._written_bytes,
            verified_bytes=verify.read_bytes if verify else 0,
            mismatched_bytes=verify.mismatched_bytes if verify else 0,
            faults=errors,
            vanished=vanished,
            stopped=self._signals.stop.is_set() and not self._complete(),
            bench_trouble=self._trouble,
            shortfall=self._shortfall,
        )
        decision = decide(facts)
        self._book.note(f"verdict {decision.verdict or 'none'}{': ' + decision.reason if decision.reason else ''}")
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
            log=self._book.lines,
            interruptions=self._interruptions,
        )

    def _complete(self) -> bool:
        return self._verify is not None and self._verify.read_bytes == self._device.size_bytes

    def _halted(self) -> bool:
        return self._signals.any or self._shortfall is not None or (self._verify is not None and self._verify.hopeless)

    def _synced(self, hooks: JobHooks, offset: int) -> None:
        """A resting point: the journal learns of it, a device that has left is noticed, a hot one cools down."""
        hooks.synced(offset)
        if not self._device.present():
            self._signals.gone.set()
        self._rest()

    def _rest(self) -> None:
        self._thermometer.rest_while_hot(self._halted, self._book.note)

    def _guarded(self, step: Callable[[], None]) -> None:
        """The bench's own trouble (a full disk under the journal) ends the pass; it says nothing of the medium."""
        try:
            step()
        except AgentError as error:
            self._trouble = str(error)


def _shortfall(found: ProbeResult) -> str | None:
    """Why a probed medium is not worth writing over, in words."""
    match found.capacity:
        case Capacity.SMALLER:
            return f"the medium holds {found.real_bytes} bytes, less than it says: it is a forgery"
        case Capacity.DROPS_WRITES:
            return f"the medium lost {found.lost_blocks} of the blocks that it said it wrote"
        case Capacity.GENUINE | Capacity.INCONCLUSIVE:
            return None
