"""The few files of the screen, in memory: our own, scanner and sounds of the design system, its tokens and its letters."""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet import ui

_OWN: Final = Path(__file__).parent / "static"
_SHARED: Final = ("wedge.js", "sound.js")
_LETTERS: Final = ui.STATIC_DIR.parents[1] / "web" / "static" / "vendor"
"""Where `make setup` puts the letters; without them the screen writes with the computer's own."""
_FACES: Final = (
    ("Hyperlegible", 400, "hyperlegible-400.woff2"),
    ("Hyperlegible", 700, "hyperlegible-700.woff2"),
    ("Hyperlegible Mono", 600, "hyperlegible-mono-600.woff2"),
)
_TOKENS: Final = re.compile(r":root \{[^}]*\}")
_MARK: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0c3a30"/>'
    '<path d="M10 8v16M22 8v16M10 16h12" fill="none" stroke="#ffc24b" stroke-width="4" stroke-linecap="round"/></svg>'
)


@dataclass(frozen=True)
class StaticFile:
    """One file."""

    media_type: str
    body: bytes


def static_files() -> Mapping[str, StaticFile]:
    """Every file by its name under /static/."""
    paths = {path.name: path for path in sorted(_OWN.iterdir()) if path.is_file()}
    paths |= {name: ui.STATIC_DIR / name for name in _SHARED}
    paths |= {name: _LETTERS / name for _, _, name in _FACES if (_LETTERS / name).is_file()}
    files = {name: StaticFile(_type_of(name), path.read_bytes()) for name, path in paths.items()}
    files["tokens.css"] = StaticFile("text/css", _tokens(files).encode())
    files["mark.svg"] = StaticFile("image/svg+xml", _MARK.encode())
    return files


def _type_of(name: str) -> str:
    return "font/woff2" if name.endswith(".woff2") else mimetypes.guess_type(name)[0] or "application/octet-stream"


def _tokens(files: Mapping[str, StaticFile]) -> str:
    """The design system's tokens without the rest of its stylesheet, and the letters that are there."""
    found = _TOKENS.search((ui.STATIC_DIR / "heropstart.css").read_text(encoding="utf-8"))
    faces = [
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: swap; src: url("{name}"); }}'
        for family, weight, name in _FACES
        if name in files
    ]
    return "\n".join([*faces, found.group() if found else ""])
