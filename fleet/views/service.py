"""Save and forget views of a list, and remember the columns that a person wants. None of it changes what is recorded."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from fleet.auth.rules import MANAGERS, Principal, Role
from fleet.errors import N_, Conflict, Forbidden, Invalid, NotFound
from fleet.views import repository
from fleet.views.models import ListColumns, SavedView

MOST_OWN = 30
_NAME_CHARS = 80
_QUERY_CHARS = 2000


class ViewNameMissing(Invalid):
    """A view is found by its name."""

    msgid = N_("Give the view a name of at most 80 characters.")


class ViewTooLong(Invalid):
    """More filters than an address takes."""

    msgid = N_("This view has too many filters to be saved. Remove some of them.")


class TooManyViews(Conflict):
    """Nobody finds anything in a hundred views."""

    msgid = N_("You have {number} views of this list. Delete one that you do not need any more.")


class ViewNotFound(NotFound):
    """No such view for this person."""

    msgid = N_("This view does not exist any more.")


class ViewNotYours(Forbidden):
    """Somebody else shared it."""

    msgid = N_("Somebody else shared this view. That person, a lead or an admin can delete it.")


class SharingForbidden(Forbidden):
    """Auditors look, they change nothing for others."""

    msgid = N_("With your role you can save views for yourself only.")


def views(session: Session, principal: Principal, name: str) -> Sequence[SavedView]:
    """Own and shared views of a list, by name; none for a caller that is no person."""
    account = principal.actor.id
    return repository.views(session, principal.organisation_id, account, name) if account else ()


def save(session: Session, principal: Principal, name: str, title: str, query: str, *, shared: bool) -> SavedView:
    """Keep a list's filters and order under a name; the same name again replaces it.

    Raises ViewNameMissing, ViewTooLong, TooManyViews, SharingForbidden.
    """
    wanted = " ".join(title.split())
    if not wanted or len(wanted) > _NAME_CHARS:
        raise ViewNameMissing(field="name")
    if len(query) > _QUERY_CHARS:
        raise ViewTooLong
    if shared and not principal.has(*(role for role in Role if role is not Role.AUDITOR)):
        raise SharingForbidden
    account = _person(principal)
    known = repository.own(session, principal.organisation_id, account, name)
    view = next((row for row in known if row.name.casefold() == wanted.casefold()), None)
    if view is None and len(known) >= MOST_OWN:
        raise TooManyViews(number=len(known))
    if view is None:
        view = SavedView(organisation_id=principal.organisation_id, account_id=account, of_list=name, name=wanted, query=query)
    view.name, view.query, view.shared = wanted, query, shared
    session.add(view)
    session.flush()
    return view


def forget(session: Session, principal: Principal, view_id: UUID) -> None:
    """Delete a view: one's own, or as lead or admin one that is shared. Raises ViewNotFound, ViewNotYours."""
    view = repository.view(session, principal.organisation_id, view_id)
    mine = view is not None and view.account_id == principal.actor.id
    if view is None or not (mine or view.shared):
        raise ViewNotFound
    if not mine and not principal.has(*MANAGERS):
        raise ViewNotYours
    session.delete(view)
    session.flush()


def columns(session: Session, principal: Principal, name: str) -> Sequence[str] | None:
    """The columns that this person chose for a list; None for the usual ones."""
    account = principal.actor.id
    row = repository.columns(session, principal.organisation_id, account, name) if account else None
    return row.columns if row else None


def choose_columns(session: Session, principal: Principal, name: str, chosen: Sequence[str]) -> None:
    """Remember the columns; none means the usual ones."""
    account = _person(principal)
    row = repository.columns(session, principal.organisation_id, account, name)
    if not chosen:
        if row is not None:
            session.delete(row)
        return
    kept = [column[:40] for column in dict.fromkeys(chosen)][:40]
    row = row or ListColumns(organisation_id=principal.organisation_id, account_id=account, of_list=name, columns=kept)
    row.columns = kept
    session.add(row)
    session.flush()


def _person(principal: Principal) -> UUID:
    if principal.actor.id is None:
        raise SharingForbidden
    return principal.actor.id
