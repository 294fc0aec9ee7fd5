"""The languages of the screen: ours whole, a site's own as far as it goes."""

from pathlib import Path

import pytest

from agents.kiosk.languages import Languages, PhrasesUnusable, read_phrases
from agents.kiosk.phrases import PHRASES
from agents.kiosk.prefs import FILE_NAME, Prefs, keep, load
from agents.kiosk.scenes import SceneName, Step
from tests.sim.screen_bench import screen_config

EXAMPLES = sorted((Path(__file__).parents[3] / "docs" / "phrases").glob("*.toml"))
WHOLE = 'language = "uk"\nname = "Українська"\n[phrases]\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_site_lacks_comes_from_the_base_and_says_so(tmp_path: Path) -> None:
    own = write(tmp_path, WHOLE + 'unplug = "Від’єднайте <b>"\n')  # noqa: RUF001 - Ukrainian
    tongue = Languages([own]).tongue("uk", "fr")
    assert tongue.say("unplug") == "Від’єднайте &lt;b&gt;"  # noqa: RUF001 - Ukrainian
    assert tongue.say("help") == '<span lang="fr" dir="ltr">Aide</span>'
    assert tongue.language_of("help") == "fr"
    assert Languages([]).tongue("uk", "fr").code == "fr"  # a language that is gone
    assert Languages([]).tongue("xx", "yy").code == "nl"


def test_our_languages_speak_every_phrase() -> None:
    languages = Languages()
    for code in ("nl", "fr"):
        tongue = languages.tongue(code, code)
        same = {phrase for phrase in PHRASES if tongue.plain(phrase) == PHRASES[phrase]}
        assert same <= {"ok", "model", "place"}
    assert languages.tongue("nl", "nl").plain("all-wiped") == "Alles is gewist"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_can_be_used(example: Path) -> None:
    read = read_phrases(example)
    assert read.unknown == ()
    assert read.texts
    assert (read.direction == "rtl") == (read.code == "ar")


def test_there_are_examples() -> None:
    assert {read_phrases(path).code for path in EXAMPLES} == {"ar", "uk", "ti"}


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    read = read_phrases(write(tmp_path, WHOLE + 'unplug = "x"\nnever = "y"\nhelp = " "\n'))
    assert set(read.missing) == PHRASES.keys() - {"unplug"}
    assert read.unknown == ("never",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("language =", "is not TOML"),
        ('language = "nl"\nname = "x"\n[phrases]\n', "spoken already"),
        ('language = "../x"\nname = "x"\n[phrases]\n', "`language`"),
        ('language = "uk"\nname = " "\n[phrases]\n', "`name`"),
        ('language = "uk"\nname = "x"\ndirection = "up"\n[phrases]\n', "`direction`"),
        ('language = "uk"\nname = "x"\n', "`[phrases]`"),
        (WHOLE + "unplug = 3\n", "`unplug`"),
        (WHOLE + f'unplug = "{"x" * 300}"\n', "`unplug`"),
        (WHOLE + 'call = "Call"\n', "{contact}"),
        (WHOLE + 'unplug = "{contact}"\n', "no name in braces"),
        (WHOLE + 'unplug = "{0.__class__}"\n', "no name in braces"),
        (WHOLE + 'unplug = "{"\n', "no name in braces"),
        ("colour = 1\n" + WHOLE, "`colour`"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(PhrasesUnusable, match=r"own\.toml") as refused:
        read_phrases(write(tmp_path, text))
    assert fault in str(refused.value)


def test_two_files_of_one_language_are_refused(tmp_path: Path) -> None:
    own = write(tmp_path, WHOLE)
    with pytest.raises(PhrasesUnusable, match="another file"):
        Languages([own, own])


def test_choices_are_remembered(tmp_path: Path) -> None:
    kiosk = screen_config(tmp_path, text_size=2).kiosk
    first = load(tmp_path, kiosk)
    assert first == Prefs("en", "en", 2)
    chosen = first.with_language("uk").sized(1).sized(1)
    assert (chosen.language, chosen.base, chosen.text_size) == ("uk", "en", 3)
    keep(tmp_path, chosen)
    assert load(tmp_path, kiosk) == chosen
    (tmp_path / FILE_NAME).write_text("{")
    assert load(tmp_path, kiosk) == first


def test_every_scene_and_step_is_styled_and_named() -> None:
    css = (Path(__file__).parents[3] / "agents/kiosk/static/kiosk.css").read_text()
    assert [name for name in SceneName if name is not SceneName.LOOKING and f".scene-{name}" not in css] == []
    assert Step("unplug", "unplug").phrase in PHRASES
