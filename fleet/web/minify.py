"""A stylesheet without what only its readers need: comments, and blanks that mean nothing.

Blanks that may mean something stay: between selectors, around `+` and `-` in `calc()`, and all of them in strings.
"""

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""
    (?P<string> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<comment> /\* .*? \*/ )
    | (?P<closing> \s* ;? \s* \} \s* )
    | (?P<around> \s* [{;,>] \s* )
    | (?P<colon> :\s+ )
    | (?P<blank> \s+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def minified(css: str) -> str:
    """The same rules in fewer bytes."""
    return _TOKEN.sub(_shorter, _TOKEN.sub(_without_comment, css)).strip()


def _without_comment(match: re.Match[str]) -> str:
    return " " if match["comment"] else match[0]


def _shorter(match: re.Match[str]) -> str:
    return "}" if match["closing"] else match[0].strip() or " "
