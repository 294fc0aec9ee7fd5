"""The list of people, filtered and sorted as its address says, and the same as CSV: for admins, leads and auditors."""

from collections.abc import Sequence
from typing import Final

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from fleet.accounts import people_list
from fleet.accounts.people_list import HOMES, PEOPLE, STATES, home_of, state_of
from fleet.accounts.people_list import language_of as language_name
from fleet.accounts.repository import Member
from fleet.auth.identity import StaffUnit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role, demand
from fleet.db.keyset import DEFAULT_PAGE
from fleet.db.listing import walk
from fleet.db.session import get_database
from fleet.views import service as views
from fleet.web.csv_export import csv_response, lines
from fleet.web.formats import Formats
from fleet.web.lists import Plain, parse
from fleet.web.rendering import language_of, render, translator

router = page_router()
READERS: Final = (Role.ADMIN, Role.AUDITOR, Role.LEAD)
EXPORT_PAGE: Final = 500
"""Rows of an export that are read in one transaction."""


@router.get("/accounts")
def list_page(request: Request, unit: StaffUnit) -> Response:
    """Everybody who works here, by name unless another order was chosen. Raises RoleMissing."""
    demand(unit.principal, *READERS)
    query = parse(PEOPLE, request.query_params.multi_items())
    people, found = people_list.page(unit.session, unit.principal.organisation_id, query, limit=DEFAULT_PAGE, cursor=query.cursor)
    return render(
        request,
        "accounts/people.html",
        people=people,
        query=query,
        chips=list(query.chips()),
        columns=[column.name for column in PEOPLE.chosen(views.columns(unit.session, unit.principal, PEOPLE.name))],
        views=views.views(unit.session, unit.principal, PEOPLE.name),
        states=STATES,
        state_of=state_of,
        homes=HOMES,
        home_of=home_of,
        language_of=language_name,
        may=unit.principal.has(Role.ADMIN),
        before=query.address(cursor=found.before) if found.before else None,
        after=query.address(cursor=found.after) if found.after else None,
    )


@router.get("/accounts.csv")
def export(request: Request, unit: StaffUnit) -> StreamingResponse:
    """Every row of the list, with its filters, order and columns. Raises RoleMissing."""
    demand(unit.principal, *READERS)
    query = parse(PEOPLE, request.query_params.multi_items())
    columns = PEOPLE.chosen(views.columns(unit.session, unit.principal, PEOPLE.name))
    plain = Plain(translator(request), Formats(language_of(request)).sortable_moment)
    me = unit.principal.organisation_id

    def read(session: Session, cursor: str | None) -> tuple[Sequence[Member], str | None]:
        rows, found = people_list.page(session, me, query, limit=EXPORT_PAGE, cursor=cursor)
        return rows, found.after

    return csv_response("heropstart-people", lines(columns, walk(get_database(request).engine(), me, read), plain))
