"""The list of devices: what an organisation owns and what it holds of others, filtered, in every order that has its index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, literal_column, text
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from fleet.contract.kinds import DeviceKind
from fleet.db.listing import Order, Window, count_up_to, window
from fleet.devices.models import Device
from fleet.devices.states import Origin, State
from labels.scan import ScanKind, parse_scan

ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "since": ("state_since", "id"),
    "received": ("created_at", "id"),
    "code": ("asset_code",),
    "model": ("model", "id"),
    "place": ("place", "id"),
}
"""Each has an index for either branch (migration 0021)."""
FEW: Final = 500
"""Up to so many devices with the words that were typed are named by id; when there are more, any page of the list is full of them
after a short walk along the order's own index."""
_PLACES: Final = 60
_held_by: Final = literal_column("device.held_by", Uuid())
"""Who holds a device of another owner: a column that the database computes and nobody else reads (migration 0021)."""


@dataclass(frozen=True)
class Wanted:
    """What the list is thinned by; what is empty or None does not matter. `since` and `until` are about the present state."""

    states: tuple[State, ...] = ()
    kinds: tuple[DeviceKind, ...] = ()
    origins: tuple[Origin, ...] = ()
    place: str | None = None
    sites: tuple[UUID, ...] | None = None
    batches: tuple[UUID, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


def order(name: str, *, descending: bool) -> Order:
    """The order of that name; KeyError for one that is not offered."""
    return Order(name, ORDERS[name], descending)


@dataclass(frozen=True)
class Listing:
    """The list of one organisation, thinned; see `listing`. Its branches exclude one another."""

    branches: Sequence[SelectOfScalar[Device]]

    def page(self, session: Session, by: Order, *, limit: int, cursor: str | None = None) -> Window[Device]:
        """One window of it. Raises CursorInvalid, CursorOfAnotherSort."""
        return window(session, Device, self.branches, by, limit=limit, cursor=cursor)

    def count(self, session: Session, most: int) -> int:
        """How many devices there are, counted to `most`."""
        return count_up_to(session, self.branches, most)


def listing(session: Session, organisation: UUID, wanted: Wanted) -> Listing:
    """What an organisation owns, and what it holds of others: no device is in both."""
    owned = select(Device).where(col(Device.owner_id) == organisation)
    held = select(Device).where(organisation == _held_by)
    words = with_words(session, wanted.words)
    return Listing(
        [branch if words is None else branch.where(words) for branch in (_thinned(owned, wanted), _thinned(held, wanted))]
    )


def places(session: Session, organisation: UUID) -> Sequence[str]:
    """The first places where an organisation's devices stand, by skipping from one to the next in the index."""
    rows = session.execute(
        text("""
            WITH RECURSIVE found AS (
                (SELECT place FROM device WHERE owner_id = :organisation AND place > '' ORDER BY place LIMIT 1)
                UNION ALL
                SELECT (SELECT d.place FROM device d WHERE d.owner_id = :organisation AND d.place > found.place
                        ORDER BY d.place LIMIT 1)
                FROM found WHERE found.place IS NOT NULL)
            SELECT place FROM found WHERE place IS NOT NULL LIMIT :most"""),
        {"organisation": organisation, "most": _PLACES},
    )
    return [row.place for row in rows]


def _thinned(branch: SelectOfScalar[Device], wanted: Wanted) -> SelectOfScalar[Device]:
    for column, values in ((Device.state, wanted.states), (Device.kind, wanted.kinds), (Device.origin, wanted.origins)):
        if len(values) == 1:  # an equality leads into the index of several columns, a list of one does not everywhere
            branch = branch.where(col(column) == values[0])
        elif values:
            branch = branch.where(col(column).in_(values))
    if wanted.place is not None:
        branch = branch.where(col(Device.place) == wanted.place)
    if wanted.sites is not None:
        one = wanted.sites[0] if len(wanted.sites) == 1 else None
        branch = branch.where(col(Device.site_id) == one if one else col(Device.site_id).in_(wanted.sites))
    if wanted.batches is not None:
        branch = branch.where(col(Device.batch_id).in_(wanted.batches))
    if wanted.since is not None:
        branch = branch.where(col(Device.state_since) >= wanted.since)
    if wanted.until is not None:
        branch = branch.where(col(Device.state_since) < wanted.until)
    return branch


def with_words(session: Session, words: str) -> ColumnElement[bool] | None:
    """The condition that a device has these words; None without any.

    Few devices with these words are named one by one; many are found along the order.
    """
    if not words.strip():
        return None
    scan = parse_scan(words)
    if scan.kind is ScanKind.ASSET_CODE:  # with its dash, in any case, or as the address on a label
        return col(Device.asset_code) == scan.value
    query = func.word_query(words)
    found = session.exec(select(func.devices_with_words(query, FEW + 1))).all()
    if len(found) <= FEW:
        return col(Device.id).in_(found)
    return literal_column("device.words").op("@@")(query)
