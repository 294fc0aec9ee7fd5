import pytest

from fleet.db.keyset import CursorInvalid, decode, encode, page_of


def test_a_cursor_comes_back_as_it_was():
    assert decode(encode(["2026-03-01T09:30:00+00:00", "é"]), 2) == ("2026-03-01T09:30:00+00:00", "é")


@pytest.mark.parametrize("cursor", ["", "abc", "%%%", encode(["one"]), "W10", "eyJhIjoxfQ", "WzEsMl0", "é"])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(CursorInvalid):
        decode(cursor, 2)


def test_a_full_page_names_the_next_and_the_last_page_does_not():
    full = page_of([1, 2, 3], 2, lambda row: [str(row)])
    assert (list(full.items), decode(full.next or "", 1)) == ([1, 2], ("2",))
    assert page_of([1, 2], 2, lambda row: [str(row)]).next is None
