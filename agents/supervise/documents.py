"""What agent and job process hand each other, as JSON that comes back equal."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from pydantic import TypeAdapter

from agents.config import PortConfig
from agents.errors import AgentError, Failed, Refused, Unknown
from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber
from agents.shell.blockdev import DeviceGone
from agents.shell.progress import Progress
from agents.wipe.result import WipeResult


@dataclass(frozen=True)
class Order:
    """Where a job's process finds its device, and which plugging-in of it the agent has cleared."""

    port: PortConfig
    diskseq: int | None
    number: DeviceNumber | None


class Trouble(StrEnum):
    """Why a job could not run, as `agents.errors` sorts it."""

    GONE = "gone"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Run:
    """A run that came to its end: what happened, and what was read of the device before it began."""

    result: WipeResult
    identity: Identity


@dataclass(frozen=True)
class NoRun:
    """A job that could not run (any more): nothing was touched, or nothing beyond what an earlier run did."""

    trouble: Trouble
    message: str

    def error(self) -> AgentError:
        """As it was raised in the job's process."""
        match self.trouble:
            case Trouble.GONE:
                return DeviceGone(self.message)
            case Trouble.REFUSED:
                return Refused(self.message)
            case Trouble.FAILED:
                return Failed(self.message)
            case Trouble.UNKNOWN:
                return Unknown(self.message)
            case _:
                assert_never(self.trouble)


@dataclass(frozen=True)
class Ended:
    """The last word of a job's process: exactly one of the two."""

    run: Run | None = None
    no_run: NoRun | None = None


ORDERS: Final = TypeAdapter(Order)
ENDS: Final = TypeAdapter(Ended)
PROGRESS: Final = TypeAdapter(Progress)


def trouble_of(error: AgentError) -> NoRun:
    """An error of the job's process, for the agent."""
    match error:
        case DeviceGone():
            kind = Trouble.GONE
        case Refused():
            kind = Trouble.REFUSED
        case Unknown():
            kind = Trouble.UNKNOWN
        case _:
            kind = Trouble.FAILED
    return NoRun(kind, str(error))
