"""The list of transfers, filtered and sorted as its address says, and the same as CSV."""

from collections.abc import Sequence
from typing import Final

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from fleet.auth.identity import StaffUnit
from fleet.auth.pages import page_router
from fleet.custody import listing
from fleet.custody.listing import TRANSFERS, Listed
from fleet.custody.rules import MOVERS
from fleet.custody.spoken import OWNERSHIP, STATUSES
from fleet.db.keyset import DEFAULT_PAGE
from fleet.db.listing import walk
from fleet.db.session import get_database
from fleet.organisations import service as organisations
from fleet.views import service as views
from fleet.web.csv_export import csv_response, lines
from fleet.web.formats import Formats
from fleet.web.lists import Plain, parse
from fleet.web.rendering import language_of, render, translator

router = page_router()
EXPORT_PAGE: Final = 500
"""Rows of an export that are read in one transaction."""


@router.get("/transfers")
def list_page(request: Request, unit: StaffUnit) -> Response:
    """What the organisation sends and what others send to it, the newest first unless another order was chosen."""
    query, me = parse(TRANSFERS, request.query_params.multi_items()), unit.principal.organisation_id
    rows, found = listing.page(unit.session, me, query, limit=DEFAULT_PAGE, cursor=query.cursor)
    return render(
        request,
        "custody/list.html",
        rows=rows,
        query=query,
        chips=list(query.chips()),
        columns=[column.name for column in TRANSFERS.chosen(views.columns(unit.session, unit.principal, TRANSFERS.name))],
        views=views.views(unit.session, unit.principal, TRANSFERS.name),
        waiting=listing.waiting(unit.session, me),
        partners=sorted(listing.partners(unit.session, me).values(), key=str.casefold),
        sites=list(organisations.site_names(unit.session).values()),
        statuses=STATUSES,
        ownership_words=OWNERSHIP,
        may_move=unit.principal.has(*MOVERS),
        before=query.address(cursor=found.before) if found.before else None,
        after=query.address(cursor=found.after) if found.after else None,
    )


@router.get("/transfers.csv")
def export(request: Request, unit: StaffUnit) -> StreamingResponse:
    """Every row of the list, with its filters, order and columns."""
    query = parse(TRANSFERS, request.query_params.multi_items())
    columns = TRANSFERS.chosen(views.columns(unit.session, unit.principal, TRANSFERS.name))
    plain = Plain(translator(request), Formats(language_of(request)).sortable_moment)
    me = unit.principal.organisation_id

    def read(session: Session, cursor: str | None) -> tuple[Sequence[Listed], str | None]:
        rows, found = listing.page(session, me, query, limit=EXPORT_PAGE, cursor=cursor)
        return rows, found.after

    rows = walk(get_database(request).engine(), me, read)
    return csv_response("heropstart-transfers", lines(columns, rows, plain))
