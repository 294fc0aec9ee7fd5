"""Which rooms of the application somebody can enter, grouped for a wide screen and shortened for a phone."""

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Match

from fleet.errors import N_
from fleet.web.site import Group, NavItem, site_of
from fleet.web.viewer import Viewer

TITLES: Final[Mapping[Group, str]] = {
    Group.BENCH: N_("Bench"),
    Group.DESK: N_("Desk"),
    Group.STOCK: N_("Stock"),
    Group.CONNECTIVITY: N_("Connectivity"),
    Group.REPORTS: N_("Reports"),
    Group.ADMIN: N_("Administration"),
}
"""The start page stands above the groups, under no title."""
DOCK_SIZE: Final = 5
"""Entries of the bar at the foot of a phone, "More" included."""


@dataclass(frozen=True)
class Section:
    """Entries under one title (in English, empty for none)."""

    title: str
    items: Sequence[NavItem]


@dataclass(frozen=True)
class Navigation:
    """All entries by group, and those that a phone shows at once; `more` when those are not all."""

    sections: Sequence[Section] = ()
    dock: Sequence[NavItem] = ()
    more: bool = False
    current: str = ""
    """The path of the entry under which the viewer stands."""

    def __bool__(self) -> bool:
        return bool(self.sections)


def arrange(items: Sequence[NavItem], roles: Collection[str], rooms: Container[str], path: str) -> Navigation:
    """The entries that these roles can use and that lead somewhere."""
    held = set(roles)
    open_to = [item for item in items if item.path in rooms and (not item.roles or held & set(item.roles))]
    sections = [
        Section(TITLES.get(group, ""), found) for group in Group if (found := [item for item in open_to if item.group is group])
    ]
    ranked = sorted(open_to, key=lambda item: item.rank)
    more = len(ranked) > DOCK_SIZE
    here = [item.path for item in open_to if path == item.path or path.startswith(f"{item.path}/")]
    return Navigation(sections, ranked[: DOCK_SIZE - 1] if more else ranked, more, max(here, key=len, default=""))


class Rooms:
    """The paths that an application answers: entries for what is not built are not shown. Each is looked up once."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._known: dict[str, bool] = {}

    def __contains__(self, path: object) -> bool:
        known = self._known.get(str(path))
        return self._look(str(path)) if known is None else known

    def _look(self, path: str) -> bool:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "query_string": b""}
        found = any(route.matches(scope)[0] is Match.FULL for route in self._app.router.routes)
        self._known[path] = found
        return found


def rooms_of(app: Starlette) -> Rooms:
    """The application's own."""
    rooms: Rooms | None = getattr(app.state, "rooms", None)
    if rooms is None:
        rooms = app.state.rooms = Rooms(app)
    return rooms


def navigation_of(connection: HTTPConnection, viewer: Viewer | None) -> Navigation:
    """What the viewer sees; nothing for a stranger."""
    if viewer is None:
        return Navigation()
    roles = [str(role) for role in viewer.roles]
    return arrange(site_of(connection).navigation, roles, rooms_of(connection.app), connection.url.path)
