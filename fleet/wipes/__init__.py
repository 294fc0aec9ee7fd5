"""Acceptance of wipe certificates: the service verifies before it believes."""
