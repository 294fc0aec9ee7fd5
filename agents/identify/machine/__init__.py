"""The machine that the agent runs on: what it is made of, and how worn it is."""
