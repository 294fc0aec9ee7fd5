"""Finds text that people can see in a template and that gettext does not know."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

from jinja2 import Environment

_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
_SHOWN: Final = frozenset({"alt", "title", "placeholder", "aria-label", "label"})
_UNTRANSLATED: Final = frozenset({"Heropstart", "JSON", "PDF", "IMEI", "Bench"})
"""Names and abbreviations that are the same in each language."""
_FILLED: Final = "\N{REPLACEMENT CHARACTER}"
"""Stands where the template puts a value."""


@dataclass(frozen=True)
class Finding:
    """A text and its line."""

    line: int
    text: str


class _Texts(HTMLParser):
    """Collects what is between the tags, and attributes that are shown or read aloud."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Finding] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self._silent += 1
        for name, value in attrs:
            if name in _SHOWN and value:
                self._note(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._note(data)

    def _note(self, text: str) -> None:
        words = [word for word in _LETTERS.findall(text.replace(_FILLED, " ")) if word not in _UNTRANSLATED]
        if words:
            self.found.append(Finding(self.getpos()[0], " ".join(text.replace(_FILLED, "…").split())))


def untranslated(source: str, environment: Environment) -> list[Finding]:
    """Visible texts of a template outside of gettext."""
    parser = _Texts()
    parser.feed("".join(_html(source, environment)))
    parser.close()
    return parser.found


def _html(source: str, environment: Environment) -> Iterator[str]:
    """The template's HTML: values as a placeholder, what stands in {% trans %} left out; line numbers stay right."""
    inside_trans, statement, line = False, "", 1
    for at, kind, value in environment.lex(source):
        if at > line:
            yield "\n" * (at - line)
            line = at
        if kind == "data" and not inside_trans:
            yield value
            line += value.count("\n")
        elif kind == "variable_begin":
            yield _FILLED
        elif kind == "name" and not statement:
            statement = value
            inside_trans = {"trans": True, "endtrans": False}.get(value, inside_trans)
        elif kind == "block_begin":
            statement = ""
        elif kind == "block_end":
            statement = "-"
