"""The start page by role: what waits for these hands, this desk, this lead, this admin or this auditor. Pure."""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fleet.auth.rules import Role
from fleet.devices.states import State
from fleet.errors import N_
from fleet.ui import words


@dataclass(frozen=True)
class Tile:
    """A door with a number on it. `text` and `detail` are English msgids; `count` None: a door without a number."""

    text: str
    path: str
    icon: str
    count: int | None = None
    tone: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Section:
    """Some tiles under a heading; `calm` is said instead when nothing is in any of them."""

    title: str
    tiles: Sequence[Tile]
    big: bool = False
    calm: str = ""

    @property
    def is_calm(self) -> bool:
        """Whether nothing waits here."""
        return bool(self.calm) and not any(tile.count for tile in self.tiles)


@dataclass(frozen=True)
class Day:
    """What is known when somebody arrives: devices by state, tasks that wait, and which rooms the application has."""

    counts: Mapping[State, int]
    tasks: int
    rooms: Container[str]


HANDS: Final = (
    (State.RECEIVED, N_("Inspect")),
    (State.INSPECTED, N_("Wipe")),
    (State.WIPED, N_("Install")),
    (State.TESTING, N_("Test")),
    (State.TESTED, N_("Release")),
    (State.IN_REPAIR, N_("Repair")),
)
"""What a worker does to a device that stands in each state."""
ATTENTION: Final = (State.WIPE_FAILED, State.QUARANTINED, State.AWAITING_PARTS, State.RETURNED, State.LOST)
AT_DESK: Final = (State.READY, State.RESERVED, State.ON_LOAN, State.RETURNED)
ROOMS: Final[Mapping[Role, Sequence[tuple[str, str, str]]]] = {
    Role.ADMIN: (
        ("/accounts", N_("People"), "people"),
        ("/benches", N_("Benches"), "bench"),
        ("/workstations", N_("Workstations"), "screen"),
        ("/organisation", N_("Organisation"), "building"),
        ("/sites", N_("Sites"), "pin"),
        ("/wipe-policy", N_("Wipe policy"), "shield"),
    ),
    Role.AUDITOR: (
        ("/donations", N_("Donations"), "donation"),
        ("/drives", N_("Drives"), "drive"),
        ("/wipe-policy", N_("Wipe policy"), "shield"),
    ),
}
"""Doors without a number."""


def sections(roles: Collection[Role], day: Day) -> list[Section]:
    """What this person's roles see, the most urgent first; the first section's tiles are big."""
    found = list(_sections(frozenset(roles), day))
    return [Section(one.title, one.tiles, not number, one.calm) for number, one in enumerate(found)]


def _sections(roles: frozenset[Role], day: Day) -> Iterator[Section]:
    if Role.LEAD in roles:
        yield _attention(day)
    if roles & {Role.WORKSHOP, Role.LEAD}:
        yield Section(N_("Waits for your hands"), [_of_state(day, state, verb) for state, verb in HANDS])
    if roles & {Role.LENDING, Role.SOCIAL}:
        yield Section(N_("At the desk"), [_of_state(day, state, words.STATES[state].text) for state in AT_DESK])
    for role, title in ((Role.ADMIN, N_("Administration")), (Role.AUDITOR, N_("To look into"))):
        if role in roles and (doors := [Tile(text, path, icon) for path, text, icon in ROOMS[role] if path in day.rooms]):
            yield Section(title, doors)


def _attention(day: Day) -> Section:
    tasks = Tile(N_("Open tasks"), "/tasks", "tasks", day.tasks, "warn")
    devices = [_of_state(day, state, words.STATES[state].text, words.STATES[state].tone) for state in ATTENTION]
    waiting = [tile for tile in (tasks, *devices) if tile.count]
    return Section(N_("Needs attention"), waiting, calm=N_("Nothing needs attention. All is on its way."))


def _of_state(day: Day, state: State, text: str, tone: str | None = None) -> Tile:
    word = words.STATES[state]
    detail = "" if text == word.text else word.text
    return Tile(text, f"/devices?state={state.value}", word.icon, day.counts.get(state, 0), tone, detail)
