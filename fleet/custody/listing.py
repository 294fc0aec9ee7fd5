"""The list of transfers: columns, filters and orders as data, and its SQL in each order that has its index."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from fleet.custody import repository
from fleet.custody.models import Transfer, TransferLine
from fleet.custody.repository import Waiting
from fleet.custody.rules import NOT_CARRIED, LineStatus, Ownership, TransferStatus
from fleet.custody.spoken import OWNERSHIP, STATUSES
from fleet.db.listing import Order, Window, window
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.web.formats import ZONE
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Plain, Sort
from labels.scan import ScanKind, parse_scan


class Direction(StrEnum):
    """Which way a transfer goes, as the caller sees it. Between two of their own sites it goes both ways."""

    IN = "in"
    OUT = "out"
    INSIDE = "inside"


DIRECTIONS: Final[Mapping[str, str]] = {
    Direction.IN: N_("To us"),
    Direction.OUT: N_("From us"),
    Direction.INSIDE: N_("Between our sites"),
}
ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "made": ("created_at", "id"),
    "since": ("since_at", "id"),
    "number": ("reference", "id"),
}
"""Each has an index for either side (migrations 0019 and 0025)."""


@dataclass(frozen=True)
class Listed:
    """One row: the transfer, what its ends are called, and how many of its devices stand where."""

    transfer: Transfer
    sender: str
    receiver: str
    tally: Mapping[LineStatus, int]

    @property
    def devices(self) -> int:
        """How many devices the sender gave along."""
        return sum(number for status, number in self.tally.items() if status not in NOT_CARRIED)

    @property
    def missing(self) -> int:
        """How many of them did not come in."""
        return self.tally.get(LineStatus.MISSING, 0)


def _moment(at: datetime | None, plain: Plain) -> str:
    return plain.moment(at) if at else ""


COLUMNS: Final = (
    Column[Listed]("number", N_("Number"), lambda row, _plain: row.transfer.reference, "number", fixed=True),
    Column[Listed]("from", N_("From"), lambda row, _plain: row.sender),
    Column[Listed]("to", N_("To"), lambda row, _plain: row.receiver),
    Column[Listed]("state", N_("State"), lambda row, plain: plain.translate(STATUSES[row.transfer.status].text)),
    Column[Listed]("devices", N_("Devices"), lambda row, _plain: str(row.devices)),
    Column[Listed]("missing", N_("Missing"), lambda row, _plain: str(row.missing)),
    Column[Listed]("since", N_("Since"), lambda row, plain: plain.moment(row.transfer.since_at), "since"),
    Column[Listed]("made", N_("Made"), lambda row, plain: plain.moment(row.transfer.created_at), "made", shown=False),
    Column[Listed]("sent", N_("Sent"), lambda row, plain: _moment(row.transfer.sent_at, plain), shown=False),
    Column[Listed]("finished", N_("Finished"), lambda row, plain: _moment(row.transfer.closed_at, plain), shown=False),
    Column[Listed](
        "ownership", N_("Ownership"), lambda row, plain: plain.translate(OWNERSHIP[row.transfer.ownership].text), shown=False
    ),
    Column[Listed]("waybill", N_("Waybill or order number"), lambda row, _plain: row.transfer.carrier_reference, shown=False),
    Column[Listed]("seal", N_("Seal"), lambda row, _plain: row.transfer.seal, shown=False),
)
FILTERS: Final = (
    Filter("q", N_("Number, or code of a device")),
    Filter("status", N_("State"), FilterKind.CHOICE, {status.value: STATUSES[status].text for status in TransferStatus}),
    Filter("direction", N_("Direction"), FilterKind.CHOICE, DIRECTIONS),
    Filter("organisation", N_("Other organisation")),
    Filter("site", N_("Our site")),
    Filter("missing", N_("Missing"), FilterKind.CHOICE, {"yes": N_("Devices are missing")}),
    Filter("ownership", N_("Ownership"), FilterKind.CHOICE, {how.value: OWNERSHIP[how].text for how in Ownership}),
    Filter("since", N_("Made since"), FilterKind.DAY),
    Filter("until", N_("Made until"), FilterKind.DAY),
)
SORTS: Final = (
    Sort("made", N_("Newest first"), descending=True),
    Sort("since", N_("Last changed first"), descending=True),
    Sort("number", N_("Number")),
)
TRANSFERS: Final = ListSpec[Listed]("transfers", "/transfers", COLUMNS, FILTERS, SORTS)

if {sort.name for sort in SORTS} != set(ORDERS):
    raise AssertionError("every order that is offered has its index")


def page(
    session: Session, organisation: UUID, query: ListQuery[Listed], *, limit: int, cursor: str | None = None
) -> tuple[Sequence[Listed], Window[Transfer]]:
    """One window of the list, with names and tallies. Raises CursorInvalid, CursorOfAnotherSort."""
    order = Order(query.sort.name, ORDERS[query.sort.name], query.descending)
    wanted = list(_wanted(session, organisation, query))
    branches = [branch.where(*wanted) for branch in _sides(organisation)]
    found = window(session, Transfer, branches, order, limit=limit, cursor=cursor)
    return _listed(session, found.items), found


def partners(session: Session, organisation: UUID) -> Mapping[UUID, str]:
    """With whom the organisation has exchanged devices: names by id."""
    return organisations.names(session, repository.partners(session, organisation))


def waiting(session: Session, organisation: UUID) -> Waiting:
    """How many transfers wait for somebody."""
    return repository.waiting(session, organisation)


def _sides(organisation: UUID) -> Sequence[SelectOfScalar[Transfer]]:
    """What it sends, and what others send to it; no transfer is in both."""
    sent = select(Transfer).where(Transfer.sender_id == organisation)
    coming = select(Transfer).where(Transfer.receiver_id == organisation, Transfer.sender_id != organisation)
    return sent, coming.where(col(Transfer.sent_at).is_not(None))


def _wanted(session: Session, me: UUID, query: ListQuery[Listed]) -> Iterable[ColumnElement[bool]]:
    """The conditions of what is set."""
    if query.one("q"):
        yield _named(query.one("q"))
    if query.all("status"):
        yield col(Transfer.status).in_([TransferStatus(value) for value in query.all("status")])
    if query.all("ownership"):
        yield col(Transfer.ownership).in_([Ownership(value) for value in query.all("ownership")])
    if query.all("direction"):
        yield or_(*(_directed(me, Direction(value)) for value in query.all("direction")))
    if query.one("organisation"):
        ids = _called(partners(session, me), query.one("organisation"))
        yield or_(col(Transfer.sender_id).in_(ids), col(Transfer.receiver_id).in_(ids))
    if query.one("site"):
        yield _at(me, _called(organisations.site_names(session), query.one("site")))
    if query.one("missing"):
        yield exists().where(col(TransferLine.transfer_id) == col(Transfer.id), col(TransferLine.status) == LineStatus.MISSING)
    yield from _between(query)


def _between(query: ListQuery[Listed]) -> Iterable[ColumnElement[bool]]:
    """The first day begins and the last one ends at midnight in Belgium."""
    since, until = query.day("since"), query.day("until")
    if since:
        yield col(Transfer.created_at) >= datetime.combine(since, time(), ZONE)
    if until:
        yield col(Transfer.created_at) < datetime.combine(until + timedelta(days=1), time(), ZONE)


def _named(text: str) -> ColumnElement[bool]:
    """A number by its beginning, or every transfer with a device of this code."""
    scan = parse_scan(text)
    if scan.kind is ScanKind.ASSET_CODE:
        return exists().where(col(TransferLine.transfer_id) == col(Transfer.id), col(TransferLine.asset_code) == scan.value)
    return col(Transfer.reference).startswith(text.upper(), autoescape=True)


def _directed(me: UUID, way: Direction) -> ColumnElement[bool]:
    sender, receiver = col(Transfer.sender_id) == me, col(Transfer.receiver_id) == me
    match way:
        case Direction.IN:
            return receiver
        case Direction.OUT:
            return sender
        case Direction.INSIDE:
            return and_(sender, receiver)


def _called(names: Mapping[UUID, str], part: str) -> Sequence[UUID]:
    """Whose name holds this text, whatever its case."""
    return [key for key, name in names.items() if part.casefold() in name.casefold()]


def _at(me: UUID, ids: Sequence[UUID]) -> ColumnElement[bool]:
    """Leaving one of these sites of ours, or coming to it; the other side's sites are theirs."""
    leaving = and_(col(Transfer.sender_id) == me, col(Transfer.from_site_id).in_(ids))
    return or_(leaving, and_(col(Transfer.receiver_id) == me, col(Transfer.to_site_id).in_(ids)))


def _listed(session: Session, found: Sequence[Transfer]) -> Sequence[Listed]:
    names = organisations.names(session, {side for row in found for side in (row.sender_id, row.receiver_id)})
    tallies = repository.tallies(session, [row.id for row in found])
    own = organisations.site_names(session)

    def called(side: UUID, site: UUID | None) -> str:
        return ", ".join(filter(None, (names.get(side), own.get(site) if site else None)))

    return [
        Listed(row, called(row.sender_id, row.from_site_id), called(row.receiver_id, row.to_site_id), tallies.get(row.id, {}))
        for row in found
    ]
