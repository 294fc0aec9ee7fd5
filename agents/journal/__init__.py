"""What the bench remembers: one SQLite file that survives a power cut at any moment."""
