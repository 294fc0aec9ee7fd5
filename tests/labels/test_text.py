import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.text import ELLIPSIS, MISSING, Font, clip_end, clip_middle, drawable, shrink, width_pt

ROOM = 60.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Caf\u00e9 Zuid", "Caf\u00e9 Zuid"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u0179ar \u01cedin", "Zar adin"),
        ("a\tb\x00c\n d", "a b c d"),
        ("\u0416\u4e2d-7", f"{MISSING}{MISSING}-7"),
        ("\ufb01ber \u2460", "\ufb01ber 1"),
    ],
)
def test_a_letter_that_the_font_lacks_loses_its_accent_or_becomes_a_lozenge(text: str, shown: str) -> None:
    assert drawable(text) == shown


@given(st.text(max_size=80))
def test_whatever_is_drawn_has_glyphs(text: str) -> None:
    for font in Font:
        shown = drawable(text, font)
        assert drawable(shown, font) == shown
        assert width_pt(shown, font, 6) >= 0


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=80), st.integers(1, 3))
def test_text_always_fits_its_room(text: str, lines: int) -> None:
    size, shown = shrink(drawable(text), Font.BOLD, (5, 9), ROOM, lines)
    assert 5 <= size <= 9
    assert len(shown) <= lines
    assert all(width_pt(line, Font.BOLD, size) <= ROOM for line in shown)


def test_a_text_is_shrunk_before_it_is_shortened() -> None:
    assert shrink("short", Font.REGULAR, (5, 9), ROOM, 1) == (9, ("short",))
    size, lines = shrink("Lenovo ThinkPad X1", Font.REGULAR, (5, 9), ROOM, 2)
    assert size > 5
    assert " ".join(lines) == "Lenovo ThinkPad X1"
    _, lines = shrink("Lenovo ThinkPad X1 Carbon Generation 9 with a long name", Font.REGULAR, (5, 9), ROOM, 2)
    assert lines[-1].endswith(ELLIPSIS)


def test_a_serial_number_keeps_both_its_ends() -> None:
    serial = "WD-WCC4N7XYZ0123456789ABCDEFG"
    shown = clip_middle(serial, Font.REGULAR, 6, ROOM)
    head, tail = shown.split(ELLIPSIS)
    assert serial.startswith(head)
    assert serial.endswith(tail)
    assert abs(len(head) - len(tail)) <= 1
    assert width_pt(shown, Font.REGULAR, 6) <= ROOM
    assert clip_middle("short", Font.REGULAR, 6, ROOM) == "short"
    assert clip_end("short", Font.REGULAR, 6, ROOM) == "short"
