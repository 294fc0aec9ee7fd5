"""How everything looks: tokens and stylesheet, icons, Jinja macros, words for states, gettext loader.

Pure: no web framework, no database. The central service and the bench's kiosk both draw with it.
"""

from pathlib import Path
from typing import Final

STATIC_DIR: Final = Path(__file__).parent / "static"
"""Stylesheet and marks, served as they are."""
TEMPLATE_DIR: Final = Path(__file__).parent / "templates"
"""Jinja macros, imported as `ui/….html`."""
