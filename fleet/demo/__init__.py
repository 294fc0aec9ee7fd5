"""`make demo`: the main job for real, on throw-away data. The only room of the service that may import the bench agent."""

from fleet.demo.run import run_demo

__all__ = ["run_demo"]
