"""The stylesheet's size, and that every state chip differs."""

from fleet import ui
from fleet.ui import words
from fleet.ui.words import Tone


def test_the_stylesheet_stays_small() -> None:
    assert len((ui.STATIC_DIR / "heropstart.css").read_bytes()) < 20_000


def test_the_stylesheet_knows_every_tone() -> None:
    css = (ui.STATIC_DIR / "heropstart.css").read_text()
    used = {word.tone for word in words.STATES.values()}
    for tone in used - {Tone.TODO}:  # the chip's own look
        assert f".tone-{tone} " in css
