"""Open, list and close tasks."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Actor, Principal, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.db.listen import Topic, notify
from fleet.errors import N_, Conflict, Invalid, NotFound
from fleet.tasks import repository
from fleet.tasks.models import Task
from fleet.tasks.rules import TaskKind


class TaskNotFound(NotFound):
    """No such task for this organisation."""

    msgid = N_("This task does not exist, or it belongs to another organisation.")


class TaskClosed(Conflict):
    """Someone else closed it."""

    msgid = N_("This task is closed already.")


class NoteMissing(Invalid):
    """A decision needs its reason."""

    msgid = N_("Write in a few words what you decided.")


def open_task(
    session: Session,
    organisation_id: UUID,
    kind: TaskKind,
    *,
    actor: Actor,
    data: Mapping[str, object],
    device_id: UUID | None = None,
) -> Task:
    """Put something before the workshop lead, in the transaction that found it."""
    task = Task(organisation_id=organisation_id, kind=kind, device_id=device_id, data=dict(data))
    session.add(task)
    session.flush()
    told = {"task": str(task.id), "kind": kind.value, **data}
    audit.record(
        session, organisation_id=organisation_id, type=EventType.TASK_OPENED, actor=actor, data=told, device_id=device_id
    )
    notify(session, Topic.TASKS, organisation_id)
    return task


def open_tasks(session: Session, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Task]:
    """What waits, oldest first."""
    return repository.open_tasks(session, limit, cursor)


def of_device(session: Session, device_id: UUID) -> Sequence[Task]:
    """A device's tasks, newest first."""
    return repository.of_device(session, device_id)


def count_open(session: Session) -> int:
    """How many tasks wait."""
    return repository.count_open(session)


def close(session: Session, principal: Principal, task_id: UUID, note: str) -> Task:
    """Close a task with what was decided. Raises TaskNotFound, TaskClosed, NoteMissing, RoleMissing."""
    demand(principal, *MANAGERS)
    if not note.strip():
        raise NoteMissing
    audit.lock(session, principal.organisation_id)
    task = repository.get(session, task_id)
    if task is None:
        raise TaskNotFound
    if task.closed_at is not None:
        raise TaskClosed
    _close(session, principal, task, note.strip())
    return task


def settle(session: Session, principal: Principal, device_id: UUID, kind: TaskKind, **told: str) -> None:
    """Close what a use case has just decided: the open tasks of this kind whose data say so. No note is asked for."""
    for task in repository.of_device(session, device_id):
        same = all(task.data.get(name) == value for name, value in told.items())
        if task.closed_at is None and task.kind is kind and same:
            _close(session, principal, task, "-")


def _close(session: Session, principal: Principal, task: Task, note: str) -> None:
    task.closed_at, task.closed_by, task.note = utc_now(), principal.actor.person, note
    session.add(task)
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.TASK_CLOSED,
        actor=principal.actor,
        data={"task": str(task.id), "note_chars": len(note)},
        device_id=task.device_id,
    )
    notify(session, Topic.TASKS, principal.organisation_id)
