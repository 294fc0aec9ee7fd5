"""A job's own process: `python -m agents.supervise.process STATE_DIR JOB_ID LOCK_FD`, started by the agent and outliving it.

It carries the plan out of the journal, leaves its last word in a file, and ends; the agent that runs then certifies and reports.
SIGTERM, which a computer that shuts down sends, interrupts it: the job stays open and is taken up again later. That is not the
operator's wish to stop, which comes as a file.
"""

import logging
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from agents.errors import AgentError
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.journal import jobs, profile
from agents.journal.db import Journal
from agents.report import keys
from agents.report.outbox import Outbox
from agents.supervise import medium
from agents.supervise.documents import Ended, Order, Run, trouble_of
from agents.supervise.files import JobFiles, Wish
from agents.supervise.hooks import JournalHooks, resume_of
from agents.wipe import plan_file, runner
from agents.wipe.guard import IdentityChanged, clear
from agents.wipe.result import WipeResult
from fleet.contract.kinds import Verdict

_LOOK_S: Final = 0.2
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Signals:
    """What may end a run early. `interrupted`: this process ends, not the job."""

    stop: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    interrupted: threading.Event = field(default_factory=threading.Event)

    def interrupt(self, *_: object) -> None:
        """Come to rest at a point from which the job can go on."""
        self.interrupted.set()
        self.stop.set()

    def watch(self, files: JobFiles, ended: threading.Event) -> None:
        """Look for the agent's wishes until the run has ended."""
        while not ended.wait(_LOOK_S):
            if files.told(Wish.STOP):
                self.stop.set()
            if files.told(Wish.GONE):
                self.gone.set()


def main(arguments: list[str]) -> int:
    """Run one job; 0 when its last word is kept, 1 when it was interrupted and goes on later."""
    state_dir, job_id, lock_fd = Path(arguments[0]), UUID(arguments[1]), int(arguments[2])
    medium.sign(lock_fd)
    signals = _Signals()
    signal.signal(signal.SIGTERM, signals.interrupt)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    files = JobFiles(state_dir, job_id)
    try:
        end = Ended(run=_carry_out(state_dir, job_id, files, signals))
    except AgentError as error:
        end = Ended(no_run=trouble_of(error))
    if signals.interrupted.is_set() and not files.told(Wish.STOP) and _goes_on(end):
        return 1
    files.write_end(end)
    return 0


def _carry_out(state_dir: Path, job_id: UUID, files: JobFiles, signals: _Signals) -> Run:
    """The confirmed plan on the cleared device. Raises AgentError when nothing (more) could be done."""
    with Journal(state_dir) as journal:
        with journal.transaction(durable=False) as tx:
            job, key_id = jobs.get(tx, job_id), profile.get(tx).profile.key_id
        order, plan = files.order(), plan_file.from_json(job.document or "")
        identity = _identified(order, Path(plan.path))
        hooks = JournalHooks(journal, Outbox(keys.load(state_dir, key_id)), files, job, plan)
        ended = threading.Event()
        threading.Thread(target=signals.watch, args=(files, ended), name="wishes", daemon=True).start()
        try:
            result = runner.run(
                plan,
                clear(identity, (order.port,), scope=plan.scope),
                hooks=hooks,
                on_progress=files.show,
                stop=signals.stop,
                gone=signals.gone,
                interrupted=signals.interrupted,
                resume=resume_of(job, files),
            )
        finally:
            ended.set()
        return Run(result, identity)


def _identified(order: Order, path: Path) -> Identity:
    """What stands there now, which must be what the agent cleared. Raises IdentityChanged and what `identify` raises."""
    identity = identify(order.port, path)
    if (identity.diskseq, identity.number) != (order.diskseq, order.number):
        raise IdentityChanged(f"{path}: it was plugged in anew. {IdentityChanged.__doc__}")
    return identity


def _goes_on(end: Ended) -> bool:
    """Whether the interruption is all that ended it: nothing bad was found that must be said."""
    if end.run is None:
        return False
    return _unharmed(end.run.result)


def _unharmed(result: WipeResult) -> bool:
    interrupted = result.verdict in (None, Verdict.FAILED, Verdict.UNKNOWN)
    return interrupted and not result.errors and not result.mismatched_bytes


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    sys.exit(main(sys.argv[1:]))
