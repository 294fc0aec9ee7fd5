"""English left over on a page in another language: what its text nodes and labels say, held against the catalogue."""

import re
from collections.abc import Iterable
from functools import cache

from fleet.ui.i18n import Language
from fleet.web.translations import read

WORDS = """() => {
  const found = new Set();
  const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const ours = (element) => element.closest('[lang]') === document.documentElement && !element.closest('script, style, code');
  while (walk.nextNode()) if (ours(walk.currentNode.parentElement)) found.add(walk.currentNode.data);
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
    if (ours(element)) for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
      if (element.hasAttribute(name)) found.add(element.getAttribute(name));
  return [...found].map((text) => text.replace(/\\s+/g, ' ').trim()).filter((text) => text);
}"""
"""In the page: every text that a person sees or hears, once."""
FIELD = re.compile(r"\{[^}]*\}")
LEAST_LETTERS = 12
"""A text with fields in it is looked for when so much of it is its own: `{number} {unit}` would be anything."""


@cache
def english(language: Language) -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Texts of the code that this language says otherwise: those that are whole, and those with fields."""
    whole, fielded = set(), []
    said: set[str] = set()
    pairs: list[tuple[str, str]] = []
    for message in read(language):
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        said |= {_plain(text) for text in strings}
        pairs += [(_plain(id_), _plain(text)) for id_, text in zip(ids, strings, strict=False) if id_]
    for id_, text in pairs:
        if id_ in said or id_ == text:
            continue
        if not FIELD.search(id_):
            whole.add(id_)
        elif sum(letter.isalpha() for letter in FIELD.sub("", id_)) >= LEAST_LETTERS:
            fielded.append(re.compile(".+".join(map(re.escape, FIELD.split(id_))) + r"\Z"))
    return frozenset(whole), tuple(fielded)


def _plain(text: str) -> str:
    return " ".join(text.split())


@cache
def is_english(text: str, language: Language) -> bool:
    """Whether a text of a page is one that this language says otherwise."""
    whole, fielded = english(language)
    return text in whole or any(pattern.match(text) for pattern in fielded)


def left_over(texts: Iterable[str], language: Language) -> list[str]:
    """The English among them."""
    return [] if language is Language.EN else [text for text in texts if is_english(text, language)]
