"""Which plan a medium gets at this bench."""

from agents.bench.station import Station
from agents.identify.identity import Identity
from agents.wipe.plan import WipePlan, plan


def plan_for(station: Station, identity: Identity) -> WipePlan:
    """The plan for a medium at a port. Raises Refused where the policy asks for what cannot be done here."""
    return plan(identity, overwrite=station.config.method)
