"""Signed events from benches: each stored exactly once, never refused when authentic, applied where the lifecycle allows."""
