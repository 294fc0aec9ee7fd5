"""The unit of work: one request or job is one transaction, committed before the response starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Engine, text
from sqlmodel import Session

from fleet.db.engine import Database, Role


@contextmanager
def unit_of_work(engine: Engine, organisation: UUID | None = None) -> Iterator[Session]:
    """A transaction that commits at the end of the block and rolls back when it raises.

    `close_resets_only=False`: a session used after its end raises instead of quietly opening another transaction.
    """
    with Session(engine, close_resets_only=False) as session, session.begin():
        if organisation is not None:
            act_for(session, organisation)
        yield session


def act_for(session: Session, organisation: UUID) -> None:
    """From here to the end of the transaction, row-level security shows this organisation's rows only."""
    session.execute(text("SELECT set_config('app.org', :organisation, true)"), {"organisation": str(organisation)})


def get_database(request: Request) -> Database:
    """The application's database."""
    database: Database = request.app.state.database
    return database


def get_session(database: Annotated[Database, Depends(get_database)]) -> Iterator[Session]:
    """One transaction for one request; use `SessionDep`, never this function beside it (that would be a second session)."""
    with unit_of_work(database.engine(Role.APP)) as session:
        yield session


# scope="function": the commit happens before the response starts, so a commit that fails is never answered with 200
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
