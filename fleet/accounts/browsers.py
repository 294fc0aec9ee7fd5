"""A browser's description of itself in words that people know: which browser, on what. Pure, and never trusted."""

from typing import Final

_BROWSERS: Final = (("Firefox", "Firefox"), ("Edg", "Edge"), ("OPR", "Opera"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
"""The first mark that is found counts: most browsers name others too, the odder ones first."""


def browser_name(user_agent: str) -> str:
    """`Firefox, Windows`; the first word of what it said when nothing is known of it; empty when it said nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part) or user_agent.partition(" ")[0][:40]
