"""Donors, what they promised, the batches in which it came, and where all of it is now."""
