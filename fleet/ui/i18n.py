"""Languages of the screens: gettext catalogues, English being the text in the code.

Dutch is the default. A catalogue is read from its compiled `.mo`, or from its `.po` when that is newer or alone there.
"""

import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

DOMAIN: Final = "heropstart"


class Language(StrEnum):
    """The languages of the screens."""

    NL = "nl"
    FR = "fr"
    EN = "en"


DEFAULT: Final = Language.NL
NAMES: Final[dict[Language, str]] = {Language.NL: "Nederlands", Language.FR: "Français", Language.EN: "English"}
"""Each language in its own words: never translated."""
LOCALES: Final[dict[Language, str]] = {Language.NL: "nl_BE", Language.FR: "fr_BE", Language.EN: "en_BE"}
"""How dates and numbers are written: the Belgian way."""


class CatalogueMissingError(FileNotFoundError):
    """A language has no catalogue: run `python -m fleet.web.translations update`."""


def catalogue_path(directory: Path, language: Language) -> Path:
    """The `.po` of a language."""
    return directory / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(directory: Path) -> Mapping[Language, NullTranslations]:
    """The catalogues of all languages. Raises CatalogueMissingError."""
    return {language: _catalogue(directory, language) for language in Language}


def _catalogue(directory: Path, language: Language) -> NullTranslations:
    if language is Language.EN:
        return NullTranslations()
    source = catalogue_path(directory, language)
    compiled = source.with_suffix(".mo")
    if compiled.exists() and (not source.exists() or compiled.stat().st_mtime >= source.stat().st_mtime):
        with compiled.open("rb") as file:
            return GNUTranslations(file)
    if not source.exists():
        raise CatalogueMissingError(f"{CatalogueMissingError.__doc__} ({source})")
    return _compile(source)


def _compile(source: Path) -> NullTranslations:
    # heavy and rarely needed: `make` compiles the catalogues
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    target = io.BytesIO()
    with source.open("rb") as file:
        write_mo(target, read_po(file))
    target.seek(0)
    return GNUTranslations(target)


def choose(wishes: Sequence[str | None]) -> Language:
    """The first wish that we speak (`nl-BE` counts as `nl`), else the default."""
    for wish in wishes:
        head = (wish or "").partition("-")[0].strip().lower()
        if head in set(Language):
            return Language(head)
    return DEFAULT


def accepted(header: str) -> list[str]:
    """Languages of an Accept-Language header, best first; what cannot be read is left out."""
    weighed: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = parameters.strip().removeprefix("q=") or "1"
        if tag and tag != "*" and weight.replace(".", "", 1).isdigit() and float(weight) > 0:
            weighed.append((-float(weight), tag))
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0])]
