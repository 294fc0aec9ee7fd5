"""Sanitization: guarded, planned, run, read back, judged and certified."""
