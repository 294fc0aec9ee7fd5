"""Starting a job's process."""

import os
import sys
from pathlib import Path
from typing import Final
from uuid import UUID

from agents.shell.run import start_detached
from agents.supervise import medium
from agents.supervise.documents import Order
from agents.supervise.files import JobFiles

_MODULE: Final = "agents.supervise.process"


def launch(state_dir: Path, job_id: UUID, storage_key: str, order: Order) -> None:
    """Start the process of a job that is in the journal. The medium is locked from before it starts.

    Raises:
        MediumHeld: an earlier job's process still holds the medium.
        JobFileBroken, ProgramMissing: it cannot be started.
    """
    lock = medium.take(medium.lock_path(state_dir, storage_key))
    try:
        files = JobFiles(state_dir, job_id)
        files.write_order(order)
        # -P: the agent's working directory is no place to import code from.
        argv = [sys.executable, "-P", "-m", _MODULE, str(state_dir), str(job_id), str(lock)]
        start_detached(argv, output=files.log, keep=(lock,))
    finally:
        os.close(lock)
