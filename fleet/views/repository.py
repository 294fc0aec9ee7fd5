"""All SQL of saved views. Row-level security is the second filter; the queries name organisation and person themselves."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from fleet.views.models import ListColumns, SavedView

MOST = 100
"""Views that one list shows: own ones, and those of the organisation."""


def views(session: Session, organisation: UUID, account: UUID, name: str) -> Sequence[SavedView]:
    """What one person sees under a list: own views and shared ones, by name."""
    mine = or_(col(SavedView.account_id) == account, col(SavedView.shared))
    query = select(SavedView).where(SavedView.organisation_id == organisation, SavedView.of_list == name, mine)
    return session.exec(query.order_by(func.lower(SavedView.name), col(SavedView.id)).limit(MOST)).all()


def own(session: Session, organisation: UUID, account: UUID, name: str) -> Sequence[SavedView]:
    """One person's views of a list."""
    query = select(SavedView).where(SavedView.organisation_id == organisation, SavedView.account_id == account)
    return session.exec(query.where(SavedView.of_list == name).limit(MOST)).all()


def view(session: Session, organisation: UUID, view_id: UUID) -> SavedView | None:
    """One view of an organisation."""
    query = select(SavedView).where(SavedView.id == view_id, SavedView.organisation_id == organisation)
    return session.exec(query).first()


def columns(session: Session, organisation: UUID, account: UUID, name: str) -> ListColumns | None:
    """The columns that a person chose for a list."""
    query = select(ListColumns).where(ListColumns.organisation_id == organisation, ListColumns.account_id == account)
    return session.exec(query.where(ListColumns.of_list == name)).first()
