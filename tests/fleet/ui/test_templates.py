"""The stylesheet's size, and that every state chip differs."""

import gzip

from fleet import ui
from fleet.ui import words
from fleet.ui.words import Tone
from fleet.web.minify import minified


def test_the_stylesheet_stays_small() -> None:
    """As served: minified, and packed on the wire."""
    served = minified((ui.STATIC_DIR / "heropstart.css").read_text()).encode()
    assert len(served) < 20_700
    assert len(gzip.compress(served, 9)) < 5_700


def test_the_stylesheet_knows_every_tone() -> None:
    css = (ui.STATIC_DIR / "heropstart.css").read_text()
    used = {word.tone for word in words.STATES.values()}
    for tone in used - {Tone.TODO}:  # the chip's own look
        assert f".tone-{tone} " in css
