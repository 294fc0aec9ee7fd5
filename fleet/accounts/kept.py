"""A form that was sent after its session had ended is kept for the same person, who signs in again and sends it then.

Only a token that was a session not long ago makes a row; a stranger can store nothing here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Engine, delete, text
from sqlmodel import Session, col, select

from fleet.accounts.kept_models import KeptForm
from fleet.accounts.tokens import token_hash
from fleet.auth.rules import Principal
from fleet.db.columns import utc_now
from fleet.db.session import act_for, unit_of_work
from fleet.errors import N_, NotFound

KEPT_FOR: Final = timedelta(days=1)
AT_MOST: Final = 5
"""Of one person: a browser that sends the same form again and again must not fill the database."""


class FormNotKept(NotFound):
    """It is another person's, or too old."""

    msgid = N_("Nothing is kept here for you any more. Go back to the page and type it again.")


@dataclass(frozen=True)
class Kept:
    """A form to be sent again: where to, and what was typed."""

    path: str
    fields: Mapping[str, Sequence[str]]


def keep(engine: Engine, token: str, path: str, fields: Mapping[str, Sequence[str]]) -> UUID | None:
    """Keep a form for whoever held the session of this token; None when it never was one, or its account is closed."""
    with unit_of_work(engine) as session:
        ended = session.execute(text("SELECT * FROM ended_session(:hash)"), {"hash": token_hash(token)}).first()
        if ended is None:
            return None
        act_for(session, ended.organisation_id)
        _make_room(session, ended.account_id)
        row = KeptForm(
            organisation_id=ended.organisation_id,
            account_id=ended.account_id,
            path=path,
            fields=json.dumps({name: list(values) for name, values in fields.items()}).encode(),
        )
        session.add(row)
        session.flush()
        return row.id


def _make_room(session: Session, account_id: UUID) -> None:
    """Remove what is too old, and all but the newest of this person."""
    session.connection().execute(delete(KeptForm).where(col(KeptForm.kept_at) < utc_now() - KEPT_FOR))
    mine = select(KeptForm.id).where(KeptForm.account_id == account_id).order_by(col(KeptForm.kept_at).desc())
    session.connection().execute(delete(KeptForm).where(col(KeptForm.id).in_(mine.offset(AT_MOST - 1))))


def kept(session: Session, principal: Principal, form_id: UUID) -> Kept:
    """What is kept for the caller. Raises FormNotKept."""
    row = session.exec(
        select(KeptForm).where(
            KeptForm.id == form_id,
            KeptForm.account_id == principal.actor.id,
            KeptForm.organisation_id == principal.organisation_id,
            col(KeptForm.kept_at) > utc_now() - KEPT_FOR,
        )
    ).first()
    if row is None:
        raise FormNotKept
    return Kept(row.path, json.loads(row.fields))
