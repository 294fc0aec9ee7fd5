"""Error messages in a language: the values inside them are put in words too."""

from collections.abc import Callable, Collection
from enum import Enum

from fleet.errors import FleetError
from fleet.ui import words, words_steps

_TABLES = (
    {value: word.text for value, word in words.STATES.items()},
    {value: word.text for value, word in words_steps.STEPS.items()},
    words_steps.GATES,
    words_steps.EVIDENCE,
    words.ROLES,
    {value: word.text for value, word in words.KINDS.items()},
)


def translated(error: FleetError, gettext: Callable[[str], str]) -> str:
    """The message of an error, its fields filled in with words that people know."""
    fields = {name: in_words(value, gettext) for name, value in error.data.items()}
    return gettext(error.msgid).format(**fields)


def in_words(value: object, gettext: Callable[[str], str]) -> object:
    """An enum's value, or a collection of them, as translated text; anything else as it is."""
    if isinstance(value, Enum):
        text = next((table[str(value.value)] for table in _TABLES if str(value.value) in table), str(value.value))
        return gettext(text)
    if isinstance(value, Collection) and not isinstance(value, str | bytes | dict):
        return ", ".join(str(in_words(item, gettext)) for item in value)
    return value
