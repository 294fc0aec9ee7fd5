"""The list of devices: by state as tiles, filtered and sorted as its address says, and the same as CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS, Role
from fleet.db.listing import Order, walk
from fleet.db.session import get_database
from fleet.desk import bulk
from fleet.desk.device_list import DEVICES, wanted
from fleet.devices import counting, listing, repository
from fleet.devices.models import Device
from fleet.devices.states import State
from fleet.donations import service as donations
from fleet.donations.errors import BatchNotFound, DonationNotFound
from fleet.organisations import service as organisations
from fleet.views import service as views
from fleet.web.csv_export import csv_response, lines
from fleet.web.formats import Formats
from fleet.web.lists import ListQuery, Plain, parse
from fleet.web.rendering import language_of, render, translator
from labels.codes import show

router = page_router()
PAGE_SIZE: Final = 50
EXPORT_PAGE: Final = 500
"""Rows of an export that are read in one transaction."""
FLOW: Final = (
    State.RECEIVED,
    State.INSPECTED,
    State.WIPING,
    State.WIPED,
    State.IMAGING,
    State.TESTING,
    State.TESTED,
    State.READY,
)
"""The way through the workshop, as the board shows it."""
ATTENTION: Final = (
    State.WIPE_FAILED,
    State.QUARANTINED,
    State.IN_REPAIR,
    State.AWAITING_PARTS,
    State.RETURNED,
    State.LOST,
)
OUT: Final = (State.RESERVED, State.ON_LOAN, State.DEPLOYED_FIXED, State.GIFTED, State.SOLD)
GONE: Final = tuple(state for state in State if state not in {*FLOW, *ATTENTION, *OUT})
EVERY_ROLE: Final = (Role.WORKSHOP, Role.LENDING, *MANAGERS)


@router.get("/devices")
def board(request: Request, unit: StaffUnit) -> Response:
    """Devices by state, those longest in their state first unless another order was chosen."""
    query = parse(DEVICES, request.query_params.multi_items())
    asked = wanted_of(unit, query)
    found = listing.listing(unit.session, unit.principal.organisation_id, asked)
    page = found.page(unit.session, order_of(query), limit=PAGE_SIZE, cursor=query.cursor)
    counts = _counts(unit, asked)
    chosen = views.columns(unit.session, unit.principal, DEVICES.name)
    return render(
        request,
        "desk/board.html",
        groups={"flow": FLOW, "attention": ATTENTION, "out": OUT, "gone": GONE},
        counts=counts,
        total=sum(counts.values()),
        number=_number(unit, query, found, counts),
        most=bulk.MOST,
        query=query,
        chips=list(query.chips(_spoken(unit, query))),
        places=listing.places(unit.session, unit.principal.organisation_id),
        sites=organisations.site_names(unit.session),
        columns=[column.name for column in DEVICES.chosen(chosen)],
        views=views.views(unit.session, unit.principal, DEVICES.name),
        devices=page.items,
        before=query.address(cursor=page.before) if page.before else None,
        after=query.address(cursor=page.after) if page.after else None,
        actions=bulk.offered(unit.principal),
        may_receive=unit.principal.has(Role.WORKSHOP, Role.LENDING),
        show_code=show,
    )


@router.get("/devices.csv")
def export(request: Request, unit: StaffUnit) -> StreamingResponse:
    """Every row of the list, with its filters, order and columns."""
    query = parse(DEVICES, request.query_params.multi_items())
    columns = DEVICES.chosen(views.columns(unit.session, unit.principal, DEVICES.name))
    plain = Plain(translator(request), Formats(language_of(request)).sortable_moment, organisations.site_names(unit.session))
    asked, me = wanted_of(unit, query), unit.principal.organisation_id

    def read(session: Session, cursor: str | None) -> tuple[Sequence[Device], str | None]:
        page = listing.listing(session, me, asked).page(session, order_of(query), limit=EXPORT_PAGE, cursor=cursor)
        return page.items, page.after

    return csv_response("heropstart-devices", lines(columns, walk(get_database(request).engine(), me, read), plain))


def order_of(query: ListQuery[Device]) -> Order:
    """The order that the address asks for."""
    return listing.order(query.sort.name, descending=query.descending)


def wanted_of(unit: Unit, query: ListQuery[Device]) -> listing.Wanted:
    """What the address asks for; a donation stands for its batches, one that is unknown has none."""
    asked = wanted(query)
    batches = {UUID(value) for value in query.all("batch") if _is_id(value)} if query.all("batch") else None
    if query.one("donation"):
        of_donation = _batches(unit, query.one("donation"))
        batches = of_donation if batches is None else batches & of_donation
    return replace(asked, sites=_sites(unit, query), batches=None if batches is None else tuple(sorted(batches)))


def _sites(unit: Unit, query: ListQuery[Device]) -> tuple[UUID, ...] | None:
    """The organisation's sites of this name, closed ones too; one that is unknown has no devices."""
    if not query.one("site"):
        return None
    wanted = query.one("site").casefold()
    return tuple(site for site, name in organisations.site_names(unit.session).items() if name.casefold() == wanted)


def _batches(unit: Unit, reference: str) -> set[UUID]:
    try:
        donation = donations.by_reference(unit.session, reference.upper())
    except DonationNotFound:
        return set()
    return {batch.id for batch in donations.batches_of(unit.session, donation.id)}


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _counts(unit: Unit, asked: listing.Wanted) -> Mapping[State, int]:
    """How many stand in each state: of some batches, else of all."""
    if asked.batches is None:
        return counting.counts(unit.session, unit.principal.organisation_id)
    return repository.counts_by_state(unit.session, asked.batches)


def _number(unit: Unit, query: ListQuery[Device], found: listing.Listing, counts: Mapping[State, int]) -> int:
    """How many devices the list has: known from the tiles, else counted a little further than an action goes."""
    if set(query.values) <= {"state", "batch", "donation"}:
        states = [State(value) for value in query.all("state")] or list(counts)
        return sum(counts.get(state, 0) for state in states)
    return found.count(unit.session, bulk.MOST + 1)


def _spoken(unit: Unit, query: ListQuery[Device]) -> Mapping[tuple[str, str], str]:
    """A batch by its reference: nobody knows it by its id."""
    told: dict[tuple[str, str], str] = {}
    for value in query.all("batch"):
        try:
            told["batch", value] = donations.get_batch(unit.session, UUID(value)).reference if _is_id(value) else "?"
        except BatchNotFound:
            told["batch", value] = "?"
    return told
