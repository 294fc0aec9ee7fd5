"""Error messages in a language: the values inside them are put in words too."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from fleet.errors import FleetError
from fleet.ui import words, words_steps

_STATES: Final = {value: word.text for value, word in words.STATES.items()}
_STEPS: Final = {value: word.text for value, word in words_steps.STEPS.items()}
_VALUES: Final[Mapping[str, Sequence[Mapping[str, str]]]] = {
    "state": (_STATES,),
    "step": (_STEPS,),
    "possible": (_STEPS,),
    "missing": (words_steps.EVIDENCE, words_steps.GATES),
    "roles": (words.ROLES,),
    "why": (),
    "doubt": (words_steps.DOUBTS,),
}
"""Fields of errors that hold a value of a closed list, or several with a comma between, and where their words are."""


def translated(error: FleetError, gettext: Callable[[str], str]) -> str:
    """The message of an error, its fields filled in with words that people know."""
    fields = {name: in_words(name, value, gettext) for name, value in error.data.items()}
    return gettext(error.msgid).format(**fields)


def in_words(name: str, value: object, gettext: Callable[[str], str]) -> object:
    """A field's value as translated text, where it is a value of a closed list; anything else as it is."""
    tables = _VALUES.get(name)
    if tables is None or not isinstance(value, str):
        return value
    if not tables:
        return gettext(value)
    texts = [next((table[part] for table in tables if part in table), None) for part in str(value).split(", ")]
    if None in texts:
        return str(value)
    return ", ".join(gettext(text).rstrip(".") if len(texts) == 1 else gettext(text) for text in texts if text)
