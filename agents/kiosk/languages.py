"""The languages of the kiosk: ours by gettext, and those that a site adds in a file of phrases."""

import re
import string
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from gettext import NullTranslations
from pathlib import Path
from typing import Final, Literal

from markupsafe import Markup, escape

from agents.errors import Refused
from agents.kiosk.phrases import PHRASES
from fleet.ui import i18n
from fleet.ui.i18n import Language

LOCALE_DIR: Final = Path(__file__).parent / "locale"
_MAX_BYTES: Final = 1 << 18
_CODE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,8})?")
_LONGEST: Final = 200
_KEYS: Final = frozenset({"language", "name", "direction", "phrases"})

Direction = Literal["ltr", "rtl"]


class PhrasesUnusable(Refused):
    """This file of phrases cannot be used. Put it right as docs/kiosk.md shows, and try again."""


@dataclass(frozen=True)
class SitePhrases:
    """A language of the site's own. `texts` by phrase id; `missing` and `unknown` ids are in the order of the alphabet."""

    code: str
    name: str
    direction: Direction
    texts: Mapping[str, str]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tongue:
    """What the screen speaks: a language of ours, or one of the site over a base that gives what it lacks."""

    code: str
    name: str
    direction: Direction
    base: Language
    catalogue: NullTranslations
    texts: Mapping[str, str] = field(default_factory=dict)

    def plain(self, phrase: str, **fields: object) -> str:
        """A phrase as text, for labels and speech. Raises KeyError: there is no such phrase."""
        text = self.texts.get(phrase) or self.catalogue.gettext(PHRASES[phrase])
        return text.format(**fields) if fields else text

    def say(self, phrase: str, **fields: object) -> Markup:
        """A phrase for the screen; one that comes from the base language is marked as such, so that it is read and set right."""
        text = escape(self.plain(phrase, **fields))
        if self.speaks(phrase):
            return Markup(text)  # noqa: S704 - escaped above
        return Markup('<span lang="{}" dir="ltr">{}</span>').format(self.base, text)

    def speaks(self, phrase: str) -> bool:
        """Whether the phrase is in this language itself."""
        return self.code == self.base or phrase in self.texts

    def language_of(self, phrase: str) -> str:
        """The language that a phrase comes in."""
        return self.code if self.speaks(phrase) else self.base


class Languages:
    """All languages that this screen speaks, ours first. Raises PhrasesUnusable, CatalogueMissingError."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self._catalogues = i18n.load(LOCALE_DIR)
        self._own: dict[str, SitePhrases] = {}
        for file in files:
            phrases = read_phrases(file)
            if phrases.code in self._own:
                raise PhrasesUnusable(
                    f"{file}: the language {phrases.code!r} is given by another file already. Name one of the two."
                )
            self._own[phrases.code] = phrases

    @property
    def names(self) -> dict[str, str]:
        """Each language's code and its name in its own words."""
        ours = {language.value: i18n.NAMES[language] for language in Language}
        return ours | {phrases.code: phrases.name for phrases in self._own.values()}

    def direction(self, code: str) -> Direction:
        """How a language is written."""
        return self._own[code].direction if code in self._own else "ltr"

    def tongue(self, code: str, base: str) -> Tongue:
        """A language over a base; one that there is no longer gives way to its base, and that to Dutch."""
        root = Language(base) if base in set(Language) else i18n.DEFAULT
        own = self._own.get(code)
        if own is not None:
            return Tongue(own.code, own.name, own.direction, root, self._catalogues[root], own.texts)
        chosen = Language(code) if code in set(Language) else root
        return Tongue(chosen.value, i18n.NAMES[chosen], "ltr", chosen, self._catalogues[chosen])


def read_phrases(path: Path) -> SitePhrases:
    """A site's file of phrases, checked. Raises PhrasesUnusable: its message says where and what."""
    tree = _tree(path)
    faults = list(_faults(tree))
    if faults:
        raise PhrasesUnusable("\n".join(f"{path}: {fault}" for fault in faults))
    given: dict[str, str] = {phrase: text.strip() for phrase, text in tree["phrases"].items() if text.strip()}  # type: ignore[attr-defined]
    known = {phrase: text for phrase, text in given.items() if phrase in PHRASES}
    return SitePhrases(
        code=str(tree["language"]),
        name=str(tree["name"]),
        direction="rtl" if tree.get("direction") == "rtl" else "ltr",
        texts=known,
        missing=tuple(sorted(PHRASES.keys() - known)),
        unknown=tuple(sorted(given.keys() - PHRASES)),
    )


def _tree(path: Path) -> dict[str, object]:
    try:
        data = path.read_bytes()
        if len(data) > _MAX_BYTES:
            raise PhrasesUnusable(f"{path}: larger than 256 KiB, so not a file of phrases.")
        return tomllib.loads(data.decode())
    except OSError as error:
        raise PhrasesUnusable(f"{path}: cannot be read ({error.strerror}). {PhrasesUnusable.__doc__}") from error
    except UnicodeDecodeError as error:
        raise PhrasesUnusable(f"{path}: is not UTF-8 text. Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise PhrasesUnusable(f"{path}: is not TOML: {error}. Put that line right.") from error


def _faults(tree: Mapping[str, object]) -> Iterable[str]:
    """Everything that keeps a file from being used."""
    for key in sorted(tree.keys() - _KEYS):
        yield f"`{key}`: there is no such setting; there are {', '.join(sorted(_KEYS))}."
    code = tree.get("language")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        yield '`language`: write the code of the language, as in "ar".'
    elif code in set(Language):
        yield f"`language`: {code} is spoken already; this file is for other languages."
    name = tree.get("name")
    if not isinstance(name, str) or not name.strip():
        yield "`name`: write the name of the language in its own words."
    if tree.get("direction", "ltr") not in {"ltr", "rtl"}:
        yield '`direction`: write "ltr", or "rtl" for a language that is written from right to left.'
    phrases = tree.get("phrases")
    if not isinstance(phrases, dict):
        yield "`[phrases]`: is missing."
        return
    for phrase, text in phrases.items():
        yield from _phrase_faults(phrase, text)


def _phrase_faults(phrase: str, text: object) -> Iterable[str]:
    if not isinstance(text, str) or len(text) > _LONGEST:
        yield f"`{phrase}`: write a text of at most {_LONGEST} characters."
        return
    if phrase in PHRASES and text.strip() and _fields(text) != _fields(PHRASES[phrase]):
        wanted: Sequence[str] = sorted(_fields(PHRASES[phrase]) or ())
        names = ", ".join(f"{{{name}}}" for name in wanted) or "no name in braces"
        yield f"`{phrase}`: must hold {names}, as the English text does."


def _fields(text: str) -> set[str] | None:
    """The names in braces; None when the braces do not match."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return None
