"""Errors of the bench agent that an operator can act on. Each message says what is wrong and what to do.

AgentError            exit code 2
├── Failed            it was tried and did not succeed             exit code 2
├── Refused           nothing was touched: guard or confirmation   exit code 3
└── Unknown           nobody can say how it ended: quarantine      exit code 4

Every room of the agent subclasses one of these three beside the code that raises it.
"""

from typing import ClassVar


class AgentError(Exception):
    """The bench could not do this. Read the message, put it right and try again."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or str(type(self).__doc__))


class Failed(AgentError):
    """It was tried and did not succeed. Look at the device and its log before trying again."""


class Refused(AgentError):
    """This was refused, and nothing was touched. Check the port, the device and the confirmation."""

    exit_code: ClassVar[int] = 3


class Unknown(AgentError):
    """How this ended cannot be known. Set the device apart until someone has looked at it."""

    exit_code: ClassVar[int] = 4
