"""The list of open tasks as data, and its SQL."""

from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from fleet.db.listing import Order, Window, window
from fleet.errors import N_
from fleet.tasks.models import Task
from fleet.tasks.rules import TaskKind
from fleet.ui import words_steps
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Sort

_KINDS: Final = {kind.value: words_steps.TASKS[kind.value].text for kind in TaskKind}
TASKS: Final = ListSpec[Task](
    "tasks",
    "/tasks",
    (
        Column("kind", N_("Task"), lambda task, plain: plain.translate(_KINDS[task.kind.value]), fixed=True),
        Column("opened", N_("Opened"), lambda task, plain: plain.moment(task.opened_at), "opened"),
    ),
    (Filter("kind", N_("Task"), FilterKind.CHOICE, _KINDS),),
    (Sort("opened", N_("Oldest first")),),
)


def page(session: Session, organisation: UUID, query: ListQuery[Task], *, limit: int) -> Window[Task]:
    """One window of what waits. Raises CursorInvalid, CursorOfAnotherSort."""
    rows = select(Task).where(Task.organisation_id == organisation, col(Task.closed_at).is_(None))
    kinds = [TaskKind(value) for value in query.all("kind")]
    if kinds:
        rows = rows.where(col(Task.kind).in_(kinds))
    order = Order(query.sort.name, ("opened_at", "id"), query.descending)
    return window(session, Task, [rows], order, limit=limit, cursor=query.cursor)
