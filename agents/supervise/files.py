"""The files of one job in `jobs/` of the state directory, by its id.

What a restart needs is on the disk when its call returns; progress and wishes are only replaced whole.
"""

from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from agents.errors import Failed
from agents.shell.files import write_whole
from agents.shell.progress import Progress
from agents.supervise.documents import ENDS, ORDERS, PROGRESS, Ended, Order

_UNFINISHED: Final = ".new"
_T = TypeVar("_T")


class JobFileBroken(Failed):
    """A file of this job cannot be read or written. Free some disk space; if it stays so, set the device apart."""


class Wish(StrEnum):
    """What the agent tells a job's process."""

    STOP = "stop"
    """The operator ends the job."""
    GONE = "gone"
    """The device left its port."""


class JobFiles:
    """Reads and writes what lies there of one job."""

    def __init__(self, state_dir: Path, job_id: UUID) -> None:
        self.folder = state_dir / "jobs"
        self._id = str(job_id)

    @property
    def log(self) -> Path:
        """What the process says on stdout and stderr: nothing, unless it fails."""
        return self._path("log")

    def write_order(self, order: Order) -> None:
        """For a process that starts now: no wish of an earlier one counts for it. Raises JobFileBroken."""
        for wish in Wish:
            self._path(wish).unlink(missing_ok=True)
        self._path("progress").unlink(missing_ok=True)
        self._keep("order", ORDERS.dump_json(order))

    def order(self) -> Order:
        """Raises JobFileBroken."""
        found = self._read("order", ORDERS)
        if found is None:
            raise JobFileBroken(f"{self._path('order')} is missing. {JobFileBroken.__doc__}")
        return found

    def write_end(self, end: Ended) -> None:
        """The process's last word. Raises JobFileBroken."""
        self._keep("end", ENDS.dump_json(end))

    def end(self) -> Ended | None:
        """The last word, when the process came so far. Raises JobFileBroken."""
        return self._read("end", ENDS)

    @property
    def ended(self) -> bool:
        """Whether there is a last word."""
        return self._path("end").exists()

    def write_samples(self, samples: bytes) -> None:
        """What the sampled sectors held before the firmware was told. Raises JobFileBroken."""
        self._keep("samples", samples)

    def samples(self) -> bytes | None:
        """What was kept of them; None when the job has none. Raises JobFileBroken."""
        try:
            return self._path("samples").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._broken("samples", error) from error

    def show(self, progress: Progress) -> None:
        """Replace the progress that the agent shows. A full disk ends no job: it shows at the job's next step."""
        with suppress(OSError):
            self._replace("progress", PROGRESS.dump_json(progress))

    def progress(self) -> Progress | None:
        """How far the process is."""
        with suppress(JobFileBroken):
            return self._read("progress", PROGRESS)
        return None

    def tell(self, wish: Wish) -> None:
        """Tell the job's process. Raises JobFileBroken."""
        try:
            self._path(wish).touch(mode=0o600)
        except OSError as error:
            raise self._broken(wish, error) from error

    def told(self, wish: Wish) -> bool:
        """Whether the agent has told this."""
        return self._path(wish).exists()

    def remove(self) -> None:
        """The job is settled: none of it is needed any more."""
        for path in self.folder.glob(f"{self._id}.*"):
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{self._id}.{name}"

    def _read(self, name: str, kind: TypeAdapter[_T]) -> _T | None:
        try:
            return kind.validate_json(self._path(name).read_bytes(), strict=True)
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise self._broken(name, error) from error

    def _keep(self, name: str, data: bytes) -> None:
        try:
            write_whole(self._path(name), data)
        except OSError as error:
            raise self._broken(name, error) from error

    def _replace(self, name: str, data: bytes) -> None:
        unfinished = self._path(f"{name}{_UNFINISHED}")
        unfinished.write_bytes(data)
        unfinished.replace(self._path(name))

    def _broken(self, name: str, error: Exception) -> JobFileBroken:
        return JobFileBroken(f"{self._path(name)}: {error}. {JobFileBroken.__doc__}")
