"""Asset codes: issued once, singly or in blocks leased to benches."""
