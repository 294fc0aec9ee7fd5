"""Lists as data: an address and its query are one another's mirror, and an export holds no formula."""

import random
from urllib.parse import parse_qsl, urlsplit

import pytest

from fleet.web.csv_export import MARK, lines, safe
from fleet.web.lists import (
    Column,
    Filter,
    FilterInvalid,
    FilterKind,
    ListSpec,
    Plain,
    Sort,
    SortInvalid,
    parse,
    parse_text,
)

PLAIN = Plain(lambda text: f"<{text}>", lambda moment: moment.isoformat())
SPEC = ListSpec(
    "things",
    "/things",
    (
        Column[dict[str, str]]("code", "Code", lambda row, _plain: row["code"], "code", fixed=True),
        Column[dict[str, str]]("name", "Name", lambda row, plain: plain.translate(row["name"])),
        Column[dict[str, str]]("note", "Note", lambda row, _plain: row["note"], shown=False),
    ),
    (
        Filter("q", "Text"),
        Filter("state", "State", FilterKind.CHOICE, {"new": "New", "old": "Old", "gone": "Gone"}),
        Filter("since", "Since", FilterKind.DAY),
        Filter("batch", "Batch", hidden=True),
    ),
    (Sort("since", "Oldest", descending=True), Sort("code", "Code")),
)


def again(address: str):
    return parse(SPEC, parse_qsl(urlsplit(address).query))


def test_whatever_is_asked_stands_in_the_address_and_comes_back() -> None:
    chance = random.Random(7)  # noqa: S311 - the same addresses in every run
    texts = ["", "a b", "é&=?#%", "x" * 200, "+1", "00012"]
    for _ in range(300):
        given = [("q", chance.choice(texts)), ("since", chance.choice(["", "2026-02-28"])), ("unknown", "1")]
        given += [("state", state) for state in chance.sample(["new", "old", "gone"], chance.randrange(4))]
        given += [("sort", chance.choice(["", "code", "-code", "since", "-since"]))]
        query = parse(SPEC, given)
        assert again(query.address()) == query
        assert parse_text(SPEC, query.encoded) == query
        paged = again(query.address(cursor="abc"))
        assert paged.cursor == "abc"
        assert paged.having("q", "other").cursor is None  # another filter begins at its first page
        for chip in query.chips():
            assert sum(len(values) for values in again(chip.address).values.values()) == len(list(query.chips())) - 1


def test_a_heading_sorts_and_the_same_heading_turns_round() -> None:
    query = parse(SPEC, [])
    assert (query.sort.name, query.descending) == ("since", True)
    by_code = query.sorted_by("code")
    assert (by_code.descending, by_code.sorted_by("code").descending) == (False, True)
    assert query.sorted_by("since").address() == "/things?sort=since"


@pytest.mark.parametrize(
    ("pair", "refused"),
    [
        (("state", "stolen"), FilterInvalid),
        (("since", "2026-02-30"), FilterInvalid),
        (("q", "x" * 201), FilterInvalid),
        (("q", "a\x00b"), FilterInvalid),
        (("sort", "password_hash"), SortInvalid),
        (("sort", "--code"), SortInvalid),
    ],
)
def test_what_a_list_does_not_have_is_refused_in_words(pair: tuple[str, str], refused: type[Exception]) -> None:
    with pytest.raises(refused):
        parse(SPEC, [pair])


def test_no_more_values_of_one_filter_than_anybody_chooses() -> None:
    with pytest.raises(FilterInvalid):
        parse(SPEC, [("batch", str(number)) for number in range(31)])


def test_columns_are_those_chosen_and_what_identifies_a_row() -> None:
    def names(chosen: list[str] | None) -> list[str]:
        return [column.name for column in SPEC.chosen(chosen)]

    assert names(None) == ["code", "name"]
    assert names(["note", "went-away"]) == ["code", "note"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_no_cell_becomes_a_formula(start: str) -> None:
    assert safe(f"{start}1+1") == f"'{start}1+1"
    assert safe(f"a{start}1+1") == f"a{start}1+1"


def test_an_export_opens_in_a_belgian_spreadsheet() -> None:
    row = {"code": "8YZA", "name": '=HYPERLINK("http://x")', "note": "a;b\nc"}
    text = "".join(lines(SPEC.columns, [row], PLAIN))
    assert text.startswith(MARK + "<Code>;<Name>;<Note>\r\n")
    assert text.endswith('8YZA;"<=HYPERLINK(""http://x"")>";"a;b\nc"\r\n')
