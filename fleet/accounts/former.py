"""A browser holds one sign-in: whoever signs in anew in it has left the one before."""

from fastapi import Request

from fleet.accounts import signin
from fleet.accounts.resolver import resolver
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.session import unit_of_work


def leave(request: Request, database: Database, settings: Settings) -> None:
    """End the sign-in whose token the browser sent along, whosever it was; one that has ended already is no error."""
    token = request.cookies.get(resolver.cookie_name(secure=settings.secure_cookies))
    if not token:
        return
    with unit_of_work(database.engine()) as session:
        principal = resolver.staff(session, token)
        if principal is not None:
            signin.sign_out(session, principal)
