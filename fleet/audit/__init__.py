"""The append-only, hash-chained event log of each organisation, its signed heads and its verifier."""
