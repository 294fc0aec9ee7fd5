"""Where the kernel tells of the machine. Other roots are for recorded machines."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Roots:
    """The kernel's file systems."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")


def text(path: Path) -> str | None:
    """A file's stripped text; None when it is absent, empty or unreadable (serials are for root alone)."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip(" \t\r\n\x00") or None
    except OSError:
        return None


def number(path: Path) -> int | None:
    """A file's whole number; None when it holds none."""
    found = text(path)
    return int(found) if found is not None and found.lstrip("-").isdigit() else None


def folders(path: Path) -> list[Path]:
    """What lies in a folder, sorted; empty when there is no such folder."""
    try:
        return sorted(path.iterdir())
    except OSError:
        return []
