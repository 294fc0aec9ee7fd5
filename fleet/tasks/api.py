"""JSON API of tasks."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.identity import STAFF, StaffUnit
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.tasks import service
from fleet.tasks.rules import TaskKind
from fleet.tasks.service import NoteMissing, TaskClosed, TaskNotFound
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], responses=problems(RequestInvalid))


class TaskOut(BaseModel):
    """Something that a person must decide."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: TaskKind
    device_id: UUID | None
    data: dict[str, Any]
    opened_at: datetime
    closed_at: datetime | None
    note: str | None


class TaskPage(BaseModel):
    """Some tasks, and the cursor of the next page."""

    items: list[TaskOut]
    next: str | None


class CloseIn(BaseModel):
    """What was decided."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "batch D-2026-0004 assigned"}]})

    note: str = Field(min_length=1, max_length=2000)


@router.get("", responses=problems(*STAFF, CursorInvalid))
def list_tasks(
    unit: StaffUnit, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE, cursor: str | None = None
) -> TaskPage:
    """What waits for a decision, oldest first."""
    page = service.open_tasks(unit.session, limit=limit, cursor=cursor)
    return TaskPage(items=[TaskOut.model_validate(task) for task in page.items], next=page.next)


@router.post("/{task_id}/close", responses=problems(*STAFF, TaskNotFound, TaskClosed, NoteMissing))
def close_task(unit: StaffUnit, task_id: UUID, body: CloseIn) -> TaskOut:
    """Close a task with what was decided."""
    return TaskOut.model_validate(service.close(unit.session, unit.principal, task_id, body.note))
