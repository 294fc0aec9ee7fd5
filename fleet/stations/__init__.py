"""Benches as people see them from elsewhere: what their ports show now, and who may be a bench."""
