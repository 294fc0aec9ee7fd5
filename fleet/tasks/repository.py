"""All SQL of tasks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import Session, col, func, select

from fleet.db.keyset import Page, decode_moment, page_of
from fleet.tasks.models import Task


def get(session: Session, task_id: UUID) -> Task | None:
    """One task, locked until the transaction ends."""
    return session.exec(select(Task).where(Task.id == task_id).with_for_update()).first()


def open_tasks(session: Session, limit: int, cursor: str | None) -> Page[Task]:
    """Open tasks, oldest first."""
    query = select(Task).where(col(Task.closed_at).is_(None))
    if cursor is not None:
        query = query.where(tuple_(col(Task.opened_at), col(Task.id)) > decode_moment(cursor))
    rows = session.exec(query.order_by(col(Task.opened_at), col(Task.id)).limit(limit + 1)).all()
    return page_of(rows, limit, lambda task: (task.opened_at.isoformat(), str(task.id)))


def of_device(session: Session, device_id: UUID) -> Sequence[Task]:
    """A device's tasks, newest first."""
    query = select(Task).where(Task.device_id == device_id).order_by(col(Task.opened_at).desc()).limit(100)
    return session.exec(query).all()


def count_open(session: Session) -> int:
    """How many tasks wait."""
    return session.exec(select(func.count()).select_from(Task).where(col(Task.closed_at).is_(None))).one()
