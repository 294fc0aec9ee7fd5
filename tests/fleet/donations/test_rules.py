import pytest

from fleet.devices.states import State
from fleet.donations.rules import CUSTODY, EXPLANATIONS, Custody, DifferenceKind, Figures, Series, account_for, reference


def figures(**changes: object) -> Figures:
    plain: dict[str, object] = {
        "declared": None,
        "declared_serials": frozenset(),
        "counted": None,
        "uncounted_batches": 0,
        "states": {},
        "serials": frozenset(),
        "labelled": 0,
        "proven_clean": 0,
    }
    return Figures(**(plain | changes))  # type: ignore[arg-type]  # a test's shorthand


def test_every_state_stands_in_exactly_one_line() -> None:
    places = [state for states in CUSTODY.values() for state in states]
    assert sorted(places) == sorted(State)
    assert set(CUSTODY) == set(Custody)


def test_every_difference_has_its_words() -> None:
    assert set(EXPLANATIONS) == set(DifferenceKind)


def test_references() -> None:
    assert reference(Series.DONATION, 2026, 1) == "D-2026-0001"
    assert reference(Series.BATCH, 2026, 12345) == "B-2026-12345"


def test_an_account_without_differences() -> None:
    states = {State.READY: 2, State.ON_LOAN: 1, State.LOST: 1, State.RECYCLED: 1, State.WIPING: 1, State.GIFTED: 1}
    report = account_for(figures(declared=7, counted=7, states=states, labelled=7, proven_clean=7))
    assert report.registered == 7
    assert sum(report.lines.values()) == 7
    assert (report.lines[Custody.READY], report.lines[Custody.IN_WORKSHOP]) == (2, 1)
    assert report.differences == ()


@pytest.mark.parametrize(
    ("known", "kind", "count"),
    [
        ({"declared": 5, "counted": 3}, DifferenceKind.DECLARED_NOT_RECEIVED, 2),
        ({"declared": 5}, DifferenceKind.DECLARED_NOT_RECEIVED, 5),
        ({"declared": 3, "counted": 5}, DifferenceKind.RECEIVED_NOT_DECLARED, 2),
        ({"counted": 5, "states": {State.READY: 4}}, DifferenceKind.COUNTED_NOT_REGISTERED, 1),
        ({"counted": 3, "states": {State.READY: 4}}, DifferenceKind.REGISTERED_NOT_COUNTED, 1),
        ({"uncounted_batches": 2}, DifferenceKind.NOT_COUNTED, 2),
        ({"states": {State.RECEIVED: 4}, "labelled": 3}, DifferenceKind.NOT_LABELLED, 1),
        ({"states": {State.RECEIVED: 4}, "proven_clean": 1}, DifferenceKind.NOT_WIPED, 3),
        ({"declared": 2, "declared_serials": frozenset("AB"), "serials": frozenset("BC")}, DifferenceKind.SERIAL_NOT_FOUND, 1),
        ({"declared": 2, "declared_serials": frozenset("AB"), "serials": frozenset("BC")}, DifferenceKind.SERIAL_NOT_DECLARED, 1),
    ],
)
def test_each_difference_is_a_line(known: dict[str, object], kind: DifferenceKind, count: int) -> None:
    lines = {line.kind: line for line in account_for(figures(**known)).differences}
    assert lines[kind].count == count
    assert str(count) in lines[kind].text


def test_a_long_list_of_serials_is_cut() -> None:
    many = frozenset(f"S{number:03d}" for number in range(30))
    [line] = [
        line
        for line in account_for(figures(declared=30, declared_serials=many)).differences
        if line.kind is DifferenceKind.SERIAL_NOT_FOUND
    ]
    assert line.text.endswith("S019, …")
    assert len(line.serials) == 30
