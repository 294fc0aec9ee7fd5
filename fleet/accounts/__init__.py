"""Staff accounts, sign-in and sessions; benches and how they are enrolled."""
