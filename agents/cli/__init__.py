"""The command line of the bench: `bench-agent`."""

from agents.cli.app import main

__all__ = ["main"]
