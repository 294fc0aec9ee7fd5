"""The inbox of what people must decide."""

from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS
from fleet.db.keyset import DEFAULT_PAGE
from fleet.errors import N_
from fleet.tasks import listing, service
from fleet.tasks.listing import TASKS
from fleet.tasks.models import Task
from fleet.ui.words_steps import TASK_DATA
from fleet.web.forms import FormState, PostedForm
from fleet.web.lists import ListQuery, parse
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render

router = page_router()
CLOSED: Final = Notice("task-closed", N_("The task is closed."))


@router.get("/tasks")
def inbox(request: Request, unit: StaffUnit) -> Response:
    """What waits, oldest first."""
    return _inbox_page(request, unit, parse(TASKS, request.query_params.multi_items()), FormState(), 200, None)


@router.post("/tasks/{task_id}/close")
def close(request: Request, unit: StaffUnit, task_id: UUID, posted: PostedForm) -> Response:
    """Close a task with what was decided."""
    with redisplaying(
        request, unit.session, posted, lambda form, status: _inbox_page(request, unit, parse(TASKS, ()), form, status, task_id)
    ):
        service.close(unit.session, unit.principal, task_id, posted.get("note"))
    return after("/tasks", CLOSED)


def _inbox_page(
    request: Request, unit: Unit, query: ListQuery[Task], form: FormState, status: int, refused: UUID | None
) -> Response:
    page = listing.page(unit.session, unit.principal.organisation_id, query, limit=DEFAULT_PAGE)
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
        may_close=unit.principal.has(*MANAGERS),
        query=query,
        chips=list(query.chips()),
        before=query.address(cursor=page.before) if page.before else None,
        after=query.address(cursor=page.after) if page.after else None,
    )
