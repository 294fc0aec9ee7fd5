"""The list of tasks as data, and its SQL: what waits, or what was closed."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from fleet.db.listing import Order, Window, window
from fleet.errors import N_
from fleet.tasks.models import Task
from fleet.tasks.rules import TaskKind
from fleet.ui import words_steps
from fleet.web.formats import ZONE
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Plain, Sort
from labels.codes import show
from labels.scan import ScanKind, parse_scan

CODE_CHARS: Final = 8
_KINDS: Final = {kind.value: words_steps.TASKS[kind.value].text for kind in TaskKind}


def code_of(task: Task) -> str:
    """The code of the device that it is about; empty for none."""
    code = task.data.get("code")
    return code if isinstance(code, str) and len(code) == CODE_CHARS else ""


def _about(task: Task, plain: Plain) -> str:
    """What was reported, as names and values."""
    told = ((words_steps.TASK_DATA.get(name, name), value) for name, value in task.data.items() if name != "code")
    return "; ".join(f"{plain.translate(name)}: {value}" for name, value in told if isinstance(value, str | int))


COLUMNS: Final = (
    Column[Task]("kind", N_("Task"), lambda task, plain: plain.translate(_KINDS[task.kind.value]), fixed=True),
    Column[Task]("device", N_("Device"), lambda task, _plain: show(code_of(task)) if code_of(task) else ""),
    Column[Task]("opened", N_("Opened"), lambda task, plain: plain.moment(task.opened_at), "opened"),
    Column[Task]("about", N_("Detail"), _about),
    Column[Task]("closed", N_("Closed"), lambda task, plain: plain.moment(task.closed_at) if task.closed_at else ""),
    Column[Task]("note", N_("Decision"), lambda task, _plain: task.note or ""),
)
FILTERS: Final = (
    Filter("q", N_("Code of a device")),
    Filter("kind", N_("Task"), FilterKind.CHOICE, _KINDS),
    Filter("closed", N_("Closed"), FilterKind.CHOICE, {"yes": N_("Closed tasks")}, hidden=True),
    Filter("since", N_("Opened since"), FilterKind.DAY),
    Filter("until", N_("Opened until"), FilterKind.DAY),
)
TASKS: Final = ListSpec[Task]("tasks", "/tasks", COLUMNS, FILTERS, (Sort("opened", N_("Oldest first")),))


def page(session: Session, organisation: UUID, query: ListQuery[Task], *, limit: int, cursor: str | None = None) -> Window[Task]:
    """One window of what waits, or of what was closed. Raises CursorInvalid, CursorOfAnotherSort."""
    rows = select(Task).where(Task.organisation_id == organisation, *_wanted(query))
    order = Order(query.sort.name, ("opened_at", "id"), query.descending)
    return window(session, Task, [rows], order, limit=limit, cursor=cursor)


def _wanted(query: ListQuery[Task]) -> Iterable[ColumnElement[bool]]:
    """The conditions of what is set. The first day begins and the last one ends at midnight in Belgium."""
    yield col(Task.closed_at).is_not(None) if query.one("closed") else col(Task.closed_at).is_(None)
    if query.one("q"):
        scan = parse_scan(query.one("q"))
        wanted = scan.value if scan.kind is ScanKind.ASSET_CODE else query.one("q").replace("-", "").upper()
        yield col(Task.data)["code"].astext == wanted
    if query.all("kind"):
        yield col(Task.kind).in_([TaskKind(value) for value in query.all("kind")])
    since, until = query.day("since"), query.day("until")
    if since:
        yield col(Task.opened_at) >= datetime.combine(since, time(), ZONE)
    if until:
        yield col(Task.opened_at) < datetime.combine(until + timedelta(days=1), time(), ZONE)
