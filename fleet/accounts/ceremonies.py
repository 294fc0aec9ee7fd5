"""Sign-ins that take two requests: what the service must still know at the second one, once and for five minutes.

The browser holds a random token in a cookie, the database what belongs to it under the token's hash. So a ceremony that was
begun in one browser cannot be ended in another, and none can be ended twice. The service itself cannot read these rows: it can
only take the one whose token it is shown.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from fastapi import Request
from sqlalchemy import Engine, text
from starlette.responses import Response

from fleet.accounts.tokens import new_token, token_hash
from fleet.db.columns import utc_now
from fleet.db.session import unit_of_work
from fleet.errors import N_, Unauthenticated

VALID: Final = timedelta(minutes=5)


class Purpose(StrEnum):
    """What was begun."""

    PASSKEY_ADD = "passkey_add"
    PASSKEY_SIGN_IN = "passkey_sign_in"
    PROVIDER = "provider"


class CeremonyOver(Unauthenticated):
    """Begun in another browser, ended already, or longer than five minutes ago; which of them is not told."""

    msgid = N_("This took longer than 5 minutes, or it was started in another browser. Start again.")


def begin(engine: Engine, purpose: Purpose, data: Mapping[str, object]) -> str:
    """Remember `data` (JSON) for five minutes; the token is for the browser's cookie."""
    token = new_token()
    values = {
        "key": token_hash(token),
        "purpose": purpose.value,
        "data": json.dumps(dict(data)),
        "expires_at": utc_now() + VALID,
    }
    with unit_of_work(engine) as session:
        # Nobody holds this token yet: asking for it only removes what is too old, which those who only begin would leave behind
        session.execute(text("SELECT take_ceremony(:key, :purpose)"), {"key": values["key"], "purpose": values["purpose"]})
        session.execute(
            text("""INSERT INTO sign_in_ceremony (key, purpose, data, expires_at)
                VALUES (:key, :purpose, CAST(:data AS jsonb), :expires_at)"""),
            values,
        )
    return token


def take(engine: Engine, purpose: Purpose, token: str | None) -> Mapping[str, object]:
    """What was remembered under a token. It is gone then, whatever becomes of the request. Raises CeremonyOver."""
    if not token:
        raise CeremonyOver
    with unit_of_work(engine) as session:
        query = text("SELECT take_ceremony(:key, :purpose)")
        found = session.execute(query, {"key": token_hash(token), "purpose": purpose.value}).scalar_one_or_none()
    if found is None:
        raise CeremonyOver
    return dict(found)


def cookie_name(purpose: Purpose, *, secure: bool) -> str:
    """One cookie for each purpose, so that one ceremony does not end another."""
    name = f"heropstart-{purpose.value.replace('_', '-')}"
    return f"__Host-{name}" if secure else name


def hand_out(response: Response, purpose: Purpose, token: str, *, secure: bool) -> None:
    """Put the token into the browser. Lax: it must come along when a provider sends the browser back."""
    response.set_cookie(
        cookie_name(purpose, secure=secure),
        token,
        max_age=int(VALID.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def token_of(request: Request, purpose: Purpose, *, secure: bool) -> str | None:
    """The token that the browser holds."""
    return request.cookies.get(cookie_name(purpose, secure=secure))


def clear(response: Response, purpose: Purpose, *, secure: bool) -> None:
    """Take the token back."""
    name = cookie_name(purpose, secure=secure)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")
