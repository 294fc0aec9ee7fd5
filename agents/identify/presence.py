"""Yes, no, or not known: how bits that were read become values."""

from fleet.contract.kinds import Presence


def presence(bit: int | bool) -> Presence:
    """A bit that was read."""
    return Presence.YES if bit else Presence.NO


def agreed(first: Presence, second: Presence) -> Presence:
    """What two independent readings say; indeterminate when they differ."""
    return first if first is second else Presence.INDETERMINATE
