"""What comes and goes at the ports of a bench."""
