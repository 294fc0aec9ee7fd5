"""The thread that answers scans, whoever made them: this process, `bench-agent scan`, or a scanner on stdin."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from agents.bench.station import Station
from agents.bench.worker import PortWorker
from agents.journal import profile, scans
from agents.journal.db import Journal, JournalBroken, Transaction
from agents.journal.scans import Answer, NewScan
from agents.shell.clock import monotonic, now
from labels.scan import ScanKind, parse_scan

_LOOK_S: Final = 0.2
ANSWER_S: Final = 15.0
"""How long a scan may wait for its answer."""
_OLD: Final = Answer(
    accepted=False, text="The agent was started after this scan. Scan again, looking at what stands in the port now."
)
NO_ANSWER: Final = Answer(accepted=False, text="The bench did not answer in time. Look at `bench-agent ports`, and scan again.")


class Mailbox:
    """Reads the mailbox of the journal and lets the ports answer."""

    def __init__(self, station: Station, workers: Mapping[str, PortWorker]) -> None:
        self._station, self._workers = station, workers
        self._posted, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)
        with station.journal.transaction() as tx:
            scans.settle_all(tx, _OLD)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End after the scan under way."""
        self._stopping.set()
        self._posted.set()
        self._thread.join()

    def ask(self, scan: NewScan) -> Answer:
        """Post a scan and wait for its answer."""
        journal = self._station.journal
        with journal.transaction() as tx:
            number = scans.post(tx, scan, now())
        self._posted.set()
        return await_answer(journal, number)

    def port_for(self, text: str) -> str | Answer:
        """The port that waits for this label, or why there is none."""
        scan = parse_scan(text)
        if scan.kind is not ScanKind.ASSET_CODE:
            return Answer(accepted=False, text=scan.advice or "This is no asset label. Scan the label on the device.")
        for name, worker in self._workers.items():
            if worker.expects(scan.value):
                return name
        return Answer(accepted=False, text="No port waits for this label. See `bench-agent ports`.")

    def _run(self) -> None:
        while not self._stopping.is_set():
            # A journal that cannot be written now leaves the scan where it is, for the next turn.
            with suppress(JournalBroken):
                self._answer_all()
            self._posted.wait(_LOOK_S)
            self._posted.clear()

    def _answer_all(self) -> None:
        for name, worker in self._workers.items():
            while self._answer_next(name, worker):
                pass

    def _answer_next(self, name: str, worker: PortWorker) -> bool:
        """Answer one scan of a port, in one commit with what it reports. False when none waits."""
        with self._station.journal.transaction() as tx:
            found = scans.waiting(tx, name)
            if found is None:
                return False
            number, scan = found
            answer, go_on = _refused_operator(tx, scan) or worker.offer(tx, scan)
            scans.settle(tx, number, answer)
        go_on()
        return True


def _refused_operator(tx: Transaction, scan: NewScan) -> tuple[Answer, Callable[[], None]] | None:
    """Only people that the service named work at this bench."""
    known = profile.get(tx).profile.operators
    if scan.operator is None or not known or scan.operator in known:
        return None
    text = f"{scan.operator} may not work at this bench. Known are: {', '.join(known)}."
    return Answer(accepted=False, text=text), lambda: None


def await_answer(journal: Journal, number: int) -> Answer:
    """Wait until a posted scan is answered."""
    deadline = monotonic() + ANSWER_S
    waited = threading.Event()
    while monotonic() < deadline:
        with journal.transaction(durable=False) as tx:
            answer = scans.answer_of(tx, number)
        if answer is not None:
            return answer
        waited.wait(0.05)
    return NO_ANSWER
