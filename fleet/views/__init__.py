"""Saved views of lists, and which columns somebody wants to see."""
