"""How the bench itself is, for who works at it: its line to the service, what waits to be sent, how many codes are left."""

from dataclasses import dataclass
from datetime import datetime

from agents.errors import AgentError
from agents.journal import codes, outbox, profile
from agents.journal.db import Journal


@dataclass(frozen=True)
class Standing:
    """One look. `waiting` and `stuck` count events; `heard_at` is the last round without trouble since the agent started.

    `trouble` is what is wrong between bench and service now; `refused` why the service does not take this bench at all.
    """

    waiting: int
    stuck: int
    codes_left: int
    heard_at: datetime | None
    trouble: AgentError | None
    refused: str | None

    @property
    def needs_attention(self) -> bool:
        """Whether somebody must look at this bench: a service that is merely away is no reason."""
        return bool(self.stuck or self.refused or not self.codes_left)


def look(journal: Journal, heard_at: datetime | None, trouble: AgentError | None) -> Standing:
    """Count what waits. Raises JournalBroken."""
    with journal.transaction(durable=False) as tx:
        waiting, stuck = outbox.count(tx)
        enrolment = profile.find(tx)
        left = codes.free(tx)
    return Standing(waiting, stuck, left, heard_at, trouble, enrolment.trouble if enrolment else None)
