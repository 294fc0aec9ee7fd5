"""Catalogues of the screens' texts: `python -m fleet.web.translations extract|update|compile|check`.

There are two, each beside the templates that use it: the service's, and that of the bench's screen, which works without it.

extract   print the texts that the code and the templates hold
update    bring the catalogues of every language up to date; existing translations stay
compile   make the `.mo` beside each `.po`
check     fail when a text is untranslated, doubtful or stale, when a translation names other fields than its text,
          or when a template shows text that gettext does not know
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from fleet.ui.i18n import Language, catalogue_path
from fleet.web.template_texts import untranslated

PACKAGE: Final = Path(__file__).resolve().parent.parent
LOCALE_DIR: Final = PACKAGE / "web" / "locale"
KIOSK: Final = PACKAGE.parent / "agents" / "kiosk"
SOURCES: Final = ((PACKAGE, LOCALE_DIR), (KIOSK, KIOSK / "locale"))
"""What is read for texts, and where its catalogues stand."""
_METHODS: Final = [
    ("contract/**", "ignore"),
    ("db/migrations/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
]
_OPTIONS: Final = {"**/templates/**.html": {"extensions": "jinja2.ext.loopcontrols", "trimmed": "true", "silent": "false"}}
_FIELD: Final = re.compile(r"%\((\w+)\)s|(?<!\{)\{(\w*)\}(?!\})")
TRANSLATED: Final = tuple(language for language in Language if language is not Language.EN)


def extract(root: Path = PACKAGE) -> Catalog:
    """Every text of the package, sorted by text so that a catalogue's changes are readable."""
    catalog = Catalog(project="Heropstart", charset="utf-8")
    for name, _line, message, comments, context in extract_from_dir(str(root), _METHODS, _OPTIONS):
        # line numbers are left out when it is written: they would change with every edit
        catalog.add(message, None, [(f"{root.name}/{name}", 0)], auto_comments=comments, context=context)
    return catalog


def read(language: Language, locale_dir: Path = LOCALE_DIR) -> Catalog:
    """The catalogue of a language as it stands; empty when there is none yet."""
    path = catalogue_path(locale_dir, language)
    if not path.exists():
        return Catalog(locale=language.value, project="Heropstart", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language.value)


def update() -> int:
    """Bring every catalogue up to date."""
    for root, locale_dir in SOURCES:
        fresh = extract(root)
        for language in TRANSLATED:
            catalog = read(language, locale_dir)
            catalog.update(fresh, no_fuzzy_matching=True)
            catalog.obsolete.clear()
            path = catalogue_path(locale_dir, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalog, sort_output=True, omit_header=False, include_lineno=False, width=120)
    return 0


def compile_all() -> int:
    """Make the compiled catalogues."""
    for _, locale_dir in SOURCES:
        for language in TRANSLATED:
            with catalogue_path(locale_dir, language).with_suffix(".mo").open("wb") as file:
                write_mo(file, read(language, locale_dir))
    return 0


def faults(language: Language, fresh: Catalog, catalog: Catalog | None = None) -> Iterator[str]:
    """What is wrong with one catalogue; the service's unless another is given."""
    catalog = read(language) if catalog is None else catalog
    for message in fresh:
        known = catalog.get(message.id, message.context) if message.id else None
        if message.id and (known is None or not _complete(known)):
            yield f"{language}: not translated: {message.id!r}"
        elif known is not None and known.fuzzy:
            yield f"{language}: marked as doubtful: {message.id!r}"
        elif known is not None and _fields(known.id) != _fields(known.string):
            yield f"{language}: other fields than its text has: {message.id!r}"
    for message in catalog:
        if message.id and fresh.get(message.id, message.context) is None:
            yield f"{language}: no longer used: {message.id!r}"


def _complete(message: Message) -> bool:
    texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return all(texts)


def _fields(text: str | tuple[str, ...] | list[str] | None) -> set[str]:
    whole = text if isinstance(text, str) else "".join(text or ())
    return {first or second for first, second in _FIELD.findall(whole)}


def template_faults(root: Path = PACKAGE) -> Iterator[str]:
    """Texts in templates that gettext does not know."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"])
    for path in sorted(root.glob("**/templates/**/*.html")):
        for finding in untranslated(path.read_text(encoding="utf-8"), environment):
            yield f"{path.relative_to(root.parent)}:{finding.line}: text outside of gettext: {finding.text!r}"


def check() -> int:
    """Print every fault; 1 when there is one."""
    found: list[str] = []
    for root, locale_dir in SOURCES:
        found += template_faults(root)
        fresh = extract(root)
        for language in TRANSLATED:
            found += (f"{root.name}: {fault}" for fault in faults(language, fresh, read(language, locale_dir)))
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    if found:
        sys.stderr.write(f"{len(found)} faults. `python -m fleet.web.translations update` adds new texts to the catalogues.\n")
    return 1 if found else 0


def show() -> int:
    """Print every text."""
    for root, _ in SOURCES:
        write_po(sys.stdout.buffer, extract(root), sort_output=True, include_lineno=False, width=120)
    return 0


COMMANDS: Final[dict[str, Callable[[], int]]] = {"extract": show, "update": update, "compile": compile_all, "check": check}


def main(arguments: list[str]) -> int:
    """Run one command; 2 when it is not known."""
    command = COMMANDS.get(arguments[0]) if len(arguments) == 1 else None
    if command is None:
        sys.stderr.write(__doc__ or "")
        return 2
    return command()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
