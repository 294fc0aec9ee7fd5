"""What the codes of the action sheet mean. The buttons of the screen send the same codes: one way for scanner and finger."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PREFIX: Final = "HP:"
"""Tells an action from every label, serial number and badge."""
_PORT: Final = "PORT-"
_LANGUAGE: Final = "LANG-"


class Verb(StrEnum):
    """The actions; the value is what stands in the code."""

    GOOD = "GOOD"
    DAMAGED = "DAMAGED"
    SCRAP = "SCRAP"
    NEXT = "NEXT"
    BACK = "BACK"
    OK = "OK"
    PRINT = "PRINT"
    SPEAK = "SPEAK"
    SPEAK_ALWAYS = "SPEAK-ALWAYS"
    SPEAK_STOP = "SPEAK-STOP"
    BIGGER = "BIGGER"
    SMALLER = "SMALLER"
    HELP = "HELP"
    SETTINGS = "SETTINGS"
    LEAD = "LEAD"
    SOUND = "SOUND"
    BYE = "BYE"
    LANGUAGE = "LANG"
    PORT = "PORT"


@dataclass(frozen=True)
class Action:
    """One action; `subject` is a language's code or a port's name."""

    verb: Verb
    subject: str | None = None

    @property
    def code(self) -> str:
        """What its QR code says; capitals make a smaller symbol, and scanners send them alike on every layout."""
        return f"{PREFIX}{self.verb}{f'-{self.subject.upper()}' if self.subject else ''}"


@dataclass(frozen=True)
class Card:
    """An action as the sheet and the buttons show it: a pictogram and a phrase, or its subject's own name."""

    action: Action
    picture: str
    phrase: str
    name: str | None = None


_PLAIN: Final = (
    (Verb.GOOD, "good", "visual-good"),
    (Verb.DAMAGED, "damaged", "visual-damaged"),
    (Verb.SCRAP, "scrap", "visual-scrap"),
    (Verb.NEXT, "next", "next"),
    (Verb.BACK, "back", "back"),
    (Verb.OK, "tick", "ok"),
    (Verb.PRINT, "print", "print-label"),
    (Verb.SPEAK, "speak", "read-aloud"),
    (Verb.SPEAK_ALWAYS, "speak", "speak-always"),
    (Verb.SPEAK_STOP, "speak-off", "speak-stop"),
    (Verb.BIGGER, "bigger", "bigger"),
    (Verb.SMALLER, "smaller", "smaller"),
    (Verb.HELP, "help", "help"),
    (Verb.SETTINGS, "settings", "settings"),
    (Verb.SOUND, "sound", "sound-test"),
    (Verb.LEAD, "lead", "for-the-lead"),
    (Verb.BYE, "badge", "sign-off"),
)


def parse(text: str, ports: Iterable[str], languages: Iterable[str]) -> Action | None:
    """The action of a code, in any case; None when it is none, or names a port or a language that there is not."""
    code = text.strip().upper()
    if not code.startswith(PREFIX):
        return None
    said = code.removeprefix(PREFIX)
    for prefix, verb, subjects in ((_PORT, Verb.PORT, ports), (_LANGUAGE, Verb.LANGUAGE, languages)):
        if said.startswith(prefix):
            return next((Action(verb, name) for name in subjects if name.upper() == said.removeprefix(prefix)), None)
    return next((Action(verb) for verb, _, _ in _PLAIN if verb == said), None)


def cards(ports: Iterable[str], languages: Iterable[tuple[str, str]]) -> Iterator[Card]:
    """Every action of a bench; `languages` are codes and names."""
    for verb, picture, phrase in _PLAIN:
        yield Card(Action(verb), picture, phrase)
    for code, name in languages:
        yield Card(Action(Verb.LANGUAGE, code), "settings", "language", name)
    for port in ports:
        yield Card(Action(Verb.PORT, port), "place", "place", port)
