"""People for the tests of this room."""

import secrets

from fastapi import FastAPI
from sqlmodel import Session

from fleet.accounts.models import Membership
from fleet.auth.rules import Actor, ActorKind, Principal, Role
from tests.fleet.conftest import Workshop, make_account, make_workshop


def another_workshop(app: FastAPI) -> Workshop:
    """A workshop of its own in an application that several tests share: making one takes half a second."""
    letters = "".join(secrets.choice("bcdfghjkmnp") for _ in range(8))
    return make_workshop(app.state.database, f"Noord{letters}")


def member(session: Session, workshop: Workshop, login: str, *roles: Role) -> Principal:
    """Somebody of the workshop with these roles."""
    account = make_account(session, workshop.organisation_id, f"{login}.{workshop.organisation_id.hex[:12]}", roles[0])
    held = session.get_one(Membership, (account, workshop.organisation_id))
    held.roles = list(roles)
    session.add(held)
    session.flush()
    return Principal(workshop.organisation_id, Actor(ActorKind.ACCOUNT, account), frozenset(roles), login)


def admin_of(workshop: Workshop, login: str = "ada") -> Principal:
    """An admin who works in the workshop too; each name once."""
    with workshop.unit() as session:
        return member(session, workshop, login, Role.ADMIN, Role.WORKSHOP)
