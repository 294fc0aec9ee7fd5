"""The bench agent: what happens to a device while it is plugged in at a workshop bench."""
