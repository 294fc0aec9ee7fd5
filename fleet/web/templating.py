"""Jinja environments, one for each language, with what every template may use."""

from collections.abc import Mapping
from gettext import NullTranslations
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from fleet.ui import words, words_steps
from fleet.ui.i18n import NAMES, Language
from fleet.ui.icons import icon
from fleet.ui.words import Word
from fleet.web.assets import Assets
from fleet.web.formats import Formats


def environment(folders: Mapping[str, Path], language: Language, catalogue: NullTranslations, assets: Assets) -> Environment:
    """An environment whose templates are `<prefix>/<file>`, autoescaped, in one language."""
    loader = PrefixLoader({prefix: FileSystemLoader(folder) for prefix, folder in folders.items()})
    made = Environment(
        loader=loader,
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # the method comes from jinja2.ext.i18n
    made.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(Formats(language).filters())
    made.globals.update(
        icon=icon,
        words=words,
        word_of=word_of,
        text_of=text_of,
        word_of_step=lambda step: word_of(words_steps.STEPS, step),
        evidence_name=lambda kind: text_of(words_steps.EVIDENCE, kind),
        requirement=requirement,
        task_word=lambda kind: word_of(words_steps.TASKS, kind),
        N_=words.N_,
        attributes=attributes,
        described=described,
        static=assets.url,
        language=language,
        language_names=NAMES,
    )
    return made


def word_of(table: Mapping[str, Word], value: object) -> Word:
    """The words for an enum's value; `words.UNKNOWN` for a value that has none."""
    return table.get(str(value), words.UNKNOWN)


def text_of(table: Mapping[str, str], value: object) -> str:
    """The English text for an enum's value, to be translated; the value itself when it has none."""
    return table.get(str(value), str(value))


def requirement(name: object) -> str:
    """What a step asks for, evidence or gate, in English."""
    return text_of(words_steps.GATES, name) if str(name) in words_steps.GATES else text_of(words_steps.EVIDENCE, name)


def attributes(given: Mapping[str, object]) -> dict[str, object]:
    """Keyword arguments of a macro as HTML attributes: underscores become dashes."""
    return {name.replace("_", "-"): value for name, value in given.items()}


def described(name: str, hint: str | None, error: str | None) -> dict[str, str | None]:
    """Attributes that tie a field to its hint and its error for screen readers."""
    about = [f"{name}-error"] * bool(error) + [f"{name}-hint"] * bool(hint)
    return {"aria-invalid": "true" if error else None, "aria-describedby": " ".join(about) or None}
