"""The inbox of what people must decide."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from fleet.accounts import service as accounts
from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS
from fleet.db.keyset import DEFAULT_PAGE
from fleet.db.listing import walk
from fleet.db.session import get_database
from fleet.errors import N_
from fleet.tasks import listing, service
from fleet.tasks.listing import TASKS
from fleet.tasks.models import Task
from fleet.ui.words_steps import TASK_DATA
from fleet.views import service as views
from fleet.web.csv_export import csv_response, lines
from fleet.web.formats import Formats
from fleet.web.forms import FormState, PostedForm
from fleet.web.lists import ListQuery, Plain, parse, parse_text
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import language_of, render, translator

router = page_router()
EXPORT_PAGE: Final = 500
"""Rows of an export that are read in one transaction."""
CLOSED: Final = Notice("task-closed", N_("The task is closed."))


@router.get("/tasks")
def inbox(request: Request, unit: StaffUnit) -> Response:
    """What waits, oldest first."""
    return _inbox_page(request, unit, parse(TASKS, request.query_params.multi_items()), FormState(), 200, None)


@router.get("/tasks.csv")
def export(request: Request, unit: StaffUnit) -> StreamingResponse:
    """Every task of the list, with its filters and order."""
    query = parse(TASKS, request.query_params.multi_items())
    plain = Plain(translator(request), Formats(language_of(request)).sortable_moment)
    me = unit.principal.organisation_id

    def read(session: Session, cursor: str | None) -> tuple[Sequence[Task], str | None]:
        page = listing.page(session, me, query, limit=EXPORT_PAGE, cursor=cursor)
        return page.items, page.after

    return csv_response("heropstart-tasks", lines(TASKS.columns, walk(get_database(request).engine(), me, read), plain))


@router.post("/tasks/{task_id}/close")
def close(request: Request, unit: StaffUnit, task_id: UUID, posted: PostedForm) -> Response:
    """Close a task with what was decided, and go on with the same page of the list."""
    query = parse_text(TASKS, posted.get("list"))
    with redisplaying(
        request, unit.session, posted, lambda form, status: _inbox_page(request, unit, query, form, status, task_id)
    ):
        service.close(unit.session, unit.principal, task_id, posted.get("note"))
    return after(query.address(cursor=query.cursor), CLOSED)


def _inbox_page(
    request: Request, unit: Unit, query: ListQuery[Task], form: FormState, status: int, refused: UUID | None
) -> Response:
    me = unit.principal.organisation_id
    page = listing.page(unit.session, me, query, limit=DEFAULT_PAGE, cursor=query.cursor)
    if query.cursor and not page.items:  # the last one of its page was closed
        query = replace(query, cursor=None)
        page = listing.page(unit.session, me, query, limit=DEFAULT_PAGE)
    return render(
        request,
        "tasks/inbox.html",
        status=status,
        form=form,
        no_form=FormState(),
        refused=refused,
        task_terms=TASK_DATA,
        tasks=page.items,
        count=service.count_open(unit.session),
        deciders=accounts.names(unit.session, {task.closed_by for task in page.items if task.closed_by}),
        may_close=unit.principal.has(*MANAGERS),
        views=views.views(unit.session, unit.principal, TASKS.name),
        query=query,
        chips=list(query.chips()),
        before=query.address(cursor=page.before) if page.before else None,
        after=query.address(cursor=page.after) if page.after else None,
    )
