"""One planner a family of drives. Each only returns what could be done and what could not; none runs anything."""
