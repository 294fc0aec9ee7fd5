"""Which scope of an API token opens which part of the API, and with which roles. The one place where that is declared.

The first part of an address below /api/v1 decides (or its first two), with whether the request only reads. What stands nowhere
here is closed to tokens; a test walks the API's description and finds what was forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fleet.auth.rules import Role, Scope

PREFIX: Final = "/api/v1/"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Area:
    """What a part of the API asks for: one of these scopes to read it, one of these to change something."""

    read: frozenset[Scope] = frozenset()
    write: frozenset[Scope] = frozenset()


def _area(read: Scope, write: Scope) -> Area:
    return Area(frozenset({read}), frozenset({write}))


_DEVICES: Final = _area(Scope.DEVICES_READ, Scope.DEVICES_WRITE)
_DONATIONS: Final = _area(Scope.DONATIONS_READ, Scope.DONATIONS_WRITE)
_HOUSE: Final = _area(Scope.DEVICES_READ, Scope.ADMIN)
"""How the organisation works: whoever reads its devices may read it, an admin's token may change it."""
_ADMIN: Final = _area(Scope.ADMIN, Scope.ADMIN)
_REPORTS: Final = Area(read=frozenset({Scope.REPORTS_READ}))
_CLOSED: Final = Area()
"""For people alone."""
_ANYBODY: Final = Area(read=frozenset(Scope))

AREAS: Final[Mapping[str, Area]] = {
    "me": _ANYBODY,
    "me/passkeys": _CLOSED,
    "session": _CLOSED,
    "devices": _DEVICES,
    "scan": _DEVICES,
    "codes": _DEVICES,
    "drives": _DEVICES,
    "storages": _DEVICES,
    "certificates": _DEVICES,
    "destructions": _DEVICES,
    "tasks": _DEVICES,
    "transfers": _DEVICES,
    "donors": _DONATIONS,
    "donations": _DONATIONS,
    "batches": _DONATIONS,
    "reports": _REPORTS,
    "images": _HOUSE,
    "wipe-policy": _HOUSE,
    "benches": _HOUSE,
    "organisation": _HOUSE,
    "organisations": _HOUSE,
    "sites": _HOUSE,
    "accounts": _ADMIN,
}

_PEOPLE: Final = frozenset(Role) - {Role.BENCH}
_WORKERS: Final = frozenset({Role.WORKSHOP, Role.LENDING, Role.SOCIAL, Role.LEAD})
ROLES: Final[Mapping[Scope, frozenset[Role]]] = {
    Scope.DEVICES_READ: _PEOPLE,
    Scope.DEVICES_WRITE: _WORKERS,
    Scope.DONATIONS_READ: _PEOPLE,
    Scope.DONATIONS_WRITE: _WORKERS,
    Scope.REPORTS_READ: _PEOPLE,
    Scope.ADMIN: frozenset({Role.ADMIN, Role.LEAD}),
}
"""In which of its maker's roles a token acts where this scope opened the door. Reading lends all: it changes nothing."""


def needed(method: str, path: str) -> frozenset[Scope]:
    """The scopes of which one is needed; empty: no token may do this."""
    first, _, rest = path.removeprefix(PREFIX).partition("/")
    known = AREAS.get(f"{first}/{rest.partition('/')[0]}") or AREAS.get(first, _CLOSED)
    area = known if path.startswith(PREFIX) else _CLOSED
    return area.read if method in _SAFE else area.write


def roles_of(scopes: frozenset[Scope], held: frozenset[Role]) -> frozenset[Role]:
    """The roles in which these scopes let a token act, for a maker who holds `held` (implied roles included)."""
    return held & frozenset().union(*(ROLES[scope] for scope in scopes))
