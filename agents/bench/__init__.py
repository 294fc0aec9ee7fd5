"""The bench at work: the only room that knows the order of the others."""

from agents.bench.bench import Bench
from agents.bench.phases import PortPhase, PortSnapshot

__all__ = ["Bench", "PortPhase", "PortSnapshot"]
