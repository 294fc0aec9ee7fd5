"""What stands in the way of leaving. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Obstacles:
    """What an organisation must settle before it leaves: numbers of things. Devices are those that have not reached an end."""

    own_here: int
    own_elsewhere: Mapping[UUID, int]
    """Its own devices by the organisation that holds them."""
    held_for: Mapping[UUID, int]
    """Devices of others that it holds, by owner."""
    transfers: int
    tasks: int
    batches: int
    benches: int
    """Not in the way: they are revoked at the end. What waits in them must be sent before that."""

    @property
    def clear(self) -> bool:
        """Whether nothing stands in the way."""
        devices = self.own_here + sum(self.own_elsewhere.values()) + sum(self.held_for.values())
        return not (devices or self.transfers or self.tasks or self.batches)
