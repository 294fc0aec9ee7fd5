"""One port: a thread that takes one device after another on its way through the rooms."""

import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from agents.bench import imaging, labelling, measuring, planning, receiving, recovery, wiping
from agents.bench.board import Board
from agents.bench.endings import END_OF, Either, phase_of, said
from agents.bench.phases import PortPhase, PortSnapshot
from agents.bench.recovery import Orphans
from agents.bench.settling import WipeEnd
from agents.bench.station import Station
from agents.config import PortConfig
from agents.detect.occupants import Arrived
from agents.errors import AgentError, Refused
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.journal.db import Transaction
from agents.journal.devices import KnownDevice, Stage
from agents.journal.jobs import Job
from agents.journal.scans import Answer, NewScan
from agents.label.scanback import ScanRefused
from agents.shell.blockdev import DeviceGone
from agents.wipe.guard import clear
from agents.wipe.plan import WipePlan
from fleet.contract.kinds import Verdict, VisualResult
from labels import codes

_log = logging.getLogger(__name__)
_LOOK_S: Final = 0.1
"""How soon a waiting port notices that its device left or that the agent stops."""


@dataclass
class _Awaiting:
    """A device whose label must be scanned. `scan` is there once it was."""

    device: KnownDevice
    base_url: str
    scan: NewScan | None = None
    answered: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class _Settled:
    """A wipe of an earlier agent that ended before its device was looked at: the device that stands here, if it is the same."""

    job: Job
    end: WipeEnd
    shown: PortSnapshot


class PortWorker:
    """Takes arrivals from its inbox and leads each device to an end, whatever that is; then the next one may come.

    `attended` are wipes of this port that an earlier agent started: they come first.
    """

    def __init__(self, port: PortConfig, station: Station, board: Board, orphans: Orphans, attended: Sequence[Job] = ()) -> None:
        self.port = port
        self._station, self._board, self._orphans, self._attended = station, board, orphans, attended
        self._settled: _Settled | None = None
        self._inbox: queue.SimpleQueue[Arrived | None] = queue.SimpleQueue()
        self._awaiting: _Awaiting | None = None
        self._thread = threading.Thread(target=self._run, name=f"port-{port.name}", daemon=True)

    def start(self) -> None:
        """Begin to take devices."""
        self._thread.start()

    def arrived(self, arrival: Arrived) -> None:
        """A device stands at this port."""
        self._inbox.put(arrival)

    def join(self) -> None:
        """End after what is under way; `station.stopping` must be set."""
        self._inbox.put(None)
        self._thread.join()

    @property
    def alive(self) -> bool:
        """False once the thread has ended: before the agent stops, that is a fault of the agent."""
        return self._thread.is_alive()

    def expects(self, code: str) -> bool:
        """Whether this port waits for the label of this code."""
        awaiting = self._awaiting
        return awaiting is not None and not awaiting.answered.is_set() and awaiting.device.asset_code == code

    def offer(self, tx: Transaction, scan: NewScan) -> tuple[Answer, Callable[[], None]]:
        """Answer a scan, in the transaction that also reports what it confirms; call what comes with it after the commit."""
        awaiting = self._awaiting
        if awaiting is None or awaiting.answered.is_set():
            phase = self._board.get(self.port.name).phase
            text = f"Port {self.port.name} waits for no label now, it is {phase}. See `bench-agent ports`."
            return Answer(accepted=False, text=text), _nothing
        try:
            labelling.confirm(self._station, tx, awaiting.device, scan, awaiting.base_url)
        except ScanRefused as refused:
            return Answer(accepted=False, text=str(refused)), _nothing
        device = awaiting.device
        text = f"{codes.show(device.asset_code)} it is, serial {device.storage.serial}."
        return Answer(accepted=True, text=text), lambda: self._go_on(awaiting, scan)

    def _go_on(self, awaiting: _Awaiting, scan: NewScan) -> None:
        """The scan is committed. It speaks for the device that was looked at, even if another one stands here by now."""
        awaiting.scan = scan
        awaiting.answered.set()
        self._station.reported.set()

    def _run(self) -> None:
        for job in self._attended:
            self._attend(job)
        while not self._station.stopping.is_set():
            arrival = self._inbox.get()
            if arrival is None:
                return
            self._visit(arrival)
            self._until_gone(arrival)

    def _until_gone(self, arrival: Arrived) -> None:
        while not arrival.gone.wait(_LOOK_S):
            if self._station.stopping.is_set():
                return
        self._show(PortPhase.EMPTY)

    def _attend(self, job: Job) -> None:
        """Follow a wipe that an earlier agent started. Its device is asked nothing: it may be too busy to answer."""
        storage, name = job.storage, self.port.name
        about = PortSnapshot(
            name, model=storage.model, serial=storage.serial, kind=self.port.kind, capacity_bytes=storage.capacity_bytes
        )
        self._board.show(about)
        with self._shown_troubles(), self._station.claims.hold(storage, name):
            self._show_wiping(job)
            end = wiping.attend(self._station, job, self._watch())
            if end is None:
                recovery.died(self._station, job, self._orphans)
            elif not end.open:
                self._show_end(end)
                self._settled = _Settled(job, end, self._board.get(name))

    def _visit(self, arrival: Arrived) -> None:
        """Lead one device to its end."""
        name, settled = self.port.name, self._settled
        self._settled = None
        self._board.show(PortSnapshot(name, PortPhase.IDENTIFYING, "Reading what this is.", path=str(arrival.path)))
        with self._shown_troubles():
            identity = identify(self.port, arrival.path)
            with self._station.claims.hold(identity.storage, name):
                if settled is not None and settled.job.storage.key == identity.storage.key:
                    self._conclude(settled, identity, arrival)
                else:
                    self._lead(identity, arrival)

    @contextmanager
    def _shown_troubles(self) -> Iterator[None]:
        """Every refusal and failure is shown, none ends the port."""
        name = self.port.name
        try:
            yield
        except DeviceGone as error:
            _log.info("port %s: %s", name, error)
            self._board.change(name, phase=PortPhase.REFUSED, message=str(error), trouble=type(error).__name__)
        except AgentError as error:
            _log.warning("port %s: %s", name, error)
            self._board.change(name, phase=phase_of(error), message=str(error), trouble=type(error).__name__)

    def _lead(self, identity: Identity, arrival: Arrived) -> None:
        self._board.change(
            self.port.name,
            model=identity.model,
            serial=identity.serial,
            kind=identity.kind,
            capacity_bytes=identity.storage.capacity_bytes,
        )
        job = self._orphans.take(identity.storage.key)
        if job is not None:
            self._wipe(job, identity, arrival)
            return
        clear(identity, self._station.config.ports)
        recovery.refuse_held(self._station, identity.storage)
        device = receiving.receive(self._station, identity)
        wanted = self._plan(identity, device)
        scan = self._label(device, wanted, arrival)
        if scan is None:
            return
        if scan.visual is VisualResult.SCRAP:
            self._board.change(
                self.port.name, phase=PortPhase.SET_ASIDE, message="Scrap: put it with the recycling. It is not wiped."
            )
            return
        job = wiping.begin(self._station, device, wanted, scan.operator)
        self._wipe(job, identity, arrival)

    def _plan(self, identity: Identity, device: KnownDevice) -> WipePlan:
        """What the policy asks. Where it cannot be done here, the device gets its label all the same: it must not get lost."""
        try:
            return planning.plan_for(self._station.config, self._station.profile.wipe_policy, identity)
        except Refused:
            label = labelling.draw(self._station, device)
            self._board.change(self.port.name, asset_code=device.asset_code, label=str(label))
            raise

    def _conclude(self, settled: _Settled, identity: Identity, arrival: Arrived) -> None:
        """The device of a wipe that was just settled is still here: it is not led through its label again."""
        self._board.show(replace(settled.shown, path=str(arrival.path)))
        if settled.end.verdict is Verdict.ERASED:
            self._image_after(settled.job, identity, arrival)

    def _label(self, device: KnownDevice, wanted: WipePlan, arrival: Arrived) -> NewScan | None:
        """Show label and plan, and wait for the scan that confirms both. None when the device left or the agent stops."""
        code = codes.show(device.asset_code)
        self._board.change(
            self.port.name, phase=PortPhase.LABELLING, asset_code=device.asset_code, message=f"Drawing label {code}."
        )
        label = labelling.draw(self._station, device)
        awaiting = _Awaiting(device, self._station.profile.label_base_url)
        self._awaiting = awaiting
        self._board.change(
            self.port.name,
            phase=PortPhase.WAITING_SCAN,
            label=str(label),
            label_known=device.stage is Stage.SCANNED,
            plan=planning.shown(wanted, self._station.profile.wipe_policy),
            message=f"Stick label {code} on the device with serial {device.storage.serial}, and scan it: that confirms the plan.",
        )
        try:
            while not awaiting.answered.wait(_LOOK_S):
                if arrival.gone.is_set() or self._station.stopping.is_set():
                    return None
        finally:
            self._awaiting = None
        return awaiting.scan

    def _wipe(self, job: Job, identity: Identity, arrival: Arrived) -> None:
        """Wipe, show how it ended, and write the image that the port has for a proven medium."""
        self._show_wiping(job)
        end = wiping.carry_out(self._station, job, identity, self._watch(arrival))
        self._show_end(end, gone=arrival.gone.is_set())
        if not end.open and not arrival.gone.is_set():
            # After the wipe, which has touched every sector: what it found bad is counted by now.
            measuring.measure_drive(self._station, identity, job.asset_code, job.operator)
        if end.verdict is Verdict.ERASED:
            self._image_after(job, identity, arrival)

    def _watch(self, arrival: Arrived | None = None) -> wiping.WipeWatch:
        name = self.port.name
        gone = threading.Event() if arrival is None else arrival.gone
        return wiping.WipeWatch(
            lambda phase, progress: self._board.progress(name, phase, progress), gone=gone, leave=self._station.stopping
        )

    def _show_wiping(self, job: Job) -> None:
        self._board.change(
            self.port.name,
            phase=PortPhase.WIPING,
            asset_code=job.asset_code,
            plan=job.plan,
            message=f"Wiping {codes.show(job.asset_code)}. Leave it plugged in.",
        )

    def _show_end(self, end: WipeEnd, *, gone: bool = False) -> None:
        name = self.port.name
        if end.open:
            self._board.change(name, message=end.reason or "")
            return
        # Nobody may take a drive out that is about to get its image: "done" is shown once, at the end of all of it.
        goes_on = end.verdict is Verdict.ERASED and self.port.image is not None
        self._board.change(
            name,
            phase=PortPhase.IMAGING if goes_on else END_OF[end.verdict],
            verdict=end.verdict,
            trouble=DeviceGone.__name__ if gone else None,
            message="Erased and proven. Leave it plugged in for its image." if goes_on else said(end),
            certificate=None if end.certificate is None else str(end.certificate),
        )

    def _image_after(self, job: Job, identity: Identity, arrival: Arrived) -> None:
        if self.port.image is not None:
            device = KnownDevice(identity.storage, job.asset_code, identity.kind, Stage.SCANNED)
            self._image(device, identity, self.port.image, job, arrival)

    def _image(self, device: KnownDevice, identity: Identity, name: str, wiped: Job, arrival: Arrived) -> None:
        """Write the port's image onto a medium that was just proven clean."""
        port = self.port.name
        self._board.change(port, phase=PortPhase.IMAGING, progress=None, message=f"Erased and proven. Writing image {name}.")
        stop = Either(arrival.gone, self._station.stopping)
        watch = imaging.ImageWatch(lambda phase, progress: self._board.progress(port, phase, progress), stop)
        image = imaging.find(self._station, name, stop)
        expected = sum(other.image == name for other in self._station.config.ports)
        result = imaging.write(self._station, device, identity, image, wiped.operator, watch, wiped=wiped.id, expected=expected)
        self._board.change(
            port, phase=PortPhase.DONE, message=f"Erased, and image {result.name} {result.version} written and read back."
        )

    def _show(self, phase: PortPhase) -> None:
        self._board.show(PortSnapshot(self.port.name, phase))


def _nothing() -> None:
    """What follows a refused scan."""
