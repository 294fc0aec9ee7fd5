"""The catalogues are whole, and the gate that says so notices what is missing."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment

from fleet.ui import i18n
from fleet.ui.i18n import Language, accepted, choose
from fleet.web import translations
from fleet.web.site import LOCALE_DIR
from fleet.web.template_texts import untranslated

JINJA = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])


def texts(source: str) -> list[str]:
    return [finding.text for finding in untranslated(source, JINJA)]


def test_nothing_is_untranslated(capsys: pytest.CaptureFixture[str]) -> None:
    assert translations.check() == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ("<p>{{ _('Hello there') }}</p>", []),
        ("{% trans %}Hello there{% endtrans %}", []),
        ("{% trans %}Hello{% endtrans %}<b>loose</b>", ["loose"]),
        ('<input placeholder="type here">', ["type here"]),
        ("<img alt=\"a {{ 'picture' }}\" src=x>", []),
        ('<a class="button main" href="/devices">{{ name }}</a>', []),
        ("<p>\n\n{{ x }} of many</p>", ["… of many"]),
        ("{# a comment #}{% if 'words' %}·{% endif %} 12 · Heropstart", []),
    ],
)
def test_visible_text_outside_of_gettext_is_found(source: str, found: list[str]) -> None:
    assert texts(source) == found


def test_the_line_is_named() -> None:
    assert untranslated("{{ a }}\n{% if b %}\n<p>here</p>{% endif %}", JINJA)[0].line == 3


def catalogue(monkeypatch: pytest.MonkeyPatch, **entries: str) -> Catalog:
    """A catalogue with these translations, and a fresh one that wants `wanted {name}`."""
    known = Catalog(locale="nl")
    for text, string in entries.items():
        known.add(text.replace("_", " ").replace("NAME", "{name}"), string)
    monkeypatch.setattr(translations, "read", lambda _language: known)
    fresh = Catalog()
    fresh.add("wanted {name}")
    return fresh


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ({}, "not translated"),
        ({"wanted_NAME": ""}, "not translated"),
        ({"wanted_NAME": "gewenst"}, "other fields"),
        ({"wanted_NAME": "gewenst {name}", "gone": "weg"}, "no longer used"),
    ],
)
def test_each_fault_of_a_catalogue_is_named(monkeypatch: pytest.MonkeyPatch, entries: dict[str, str], fault: str) -> None:
    found = list(translations.faults(Language.NL, catalogue(monkeypatch, **entries)))
    assert len(found) == 1
    assert fault in found[0]


def test_a_doubtful_translation_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = catalogue(monkeypatch, wanted_NAME="gewenst {name}")
    assert list(translations.faults(Language.NL, fresh)) == []
    message = translations.read(Language.NL).get("wanted {name}")
    assert message is not None
    message.flags.add("fuzzy")
    assert "doubtful" in next(translations.faults(Language.NL, fresh))


def test_a_catalogue_is_read_from_its_source_when_that_is_newer(tmp_path: Path) -> None:
    for language in translations.TRANSLATED:
        target = i18n.catalogue_path(tmp_path, language)
        target.parent.mkdir(parents=True)
        target.write_bytes(i18n.catalogue_path(LOCALE_DIR, language).read_bytes())
    assert i18n.load(tmp_path)[Language.NL].gettext("Everything is wiped") == "Alles is gewist"
    assert i18n.load(tmp_path)[Language.EN].gettext("Everything is wiped") == "Everything is wiped"


def test_a_missing_catalogue_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(i18n.CatalogueMissingError, match="translations update"):
        i18n.load(tmp_path)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-BE,fr;q=0.9,nl;q=0.8", Language.FR),
        ("de,en;q=0.3,nl;q=0.5", Language.NL),
        ("en-GB", Language.EN),
        ("*", Language.NL),
        ("", Language.NL),
        ("nl;q=0, en", Language.EN),
        ("fr;q=nonsense, ;;;, en;q=0.1", Language.EN),
    ],
)
def test_the_browsers_wishes_are_understood(header: str, language: Language) -> None:
    assert choose(accepted(header)) is language


def test_an_unknown_command_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert translations.main(["nonsense"]) == 2
    assert "extract" in capsys.readouterr().err
