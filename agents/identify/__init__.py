"""What stands at a port: what it says of itself, and whether this machine uses it."""
