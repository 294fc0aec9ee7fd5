"""A browser of the tests: the whole application on a fresh database, signed in as somebody of a workshop."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from fleet.accounts.models import AccountSession
from fleet.accounts.resolver import PLAIN_COOKIE
from fleet.accounts.tokens import csrf_token, new_token, token_hash
from fleet.app import create_app
from fleet.auth.rules import Principal
from fleet.config import Settings
from fleet.db.columns import utc_now
from fleet.db.session import unit_of_work


class Browser:
    """Follows redirects, keeps cookies, and sends the session's token with a form as the page would."""

    def __init__(self, app: FastAPI, token: str | None, language: str = "en") -> None:
        self.http = TestClient(app, raise_server_exceptions=False, headers={"accept-language": language})
        self.token = csrf_token(token) if token else ""
        if token:
            self.http.cookies.set(PLAIN_COOKIE, token)

    def get(self, path: str, **more: object) -> Response:
        return self.http.get(path, **more)  # type: ignore[arg-type]  # httpx's own names

    def post(self, path: str, follow: bool = True, **fields: object) -> Response:
        data = {"csrf_token": self.token} | {name: str(value) for name, value in fields.items()}
        return self.http.post(path, data=data, follow_redirects=follow)

    def form_version(self, path: str) -> str:
        found = re.search(r'name="expected_version" value="(\d+)"', self.get(path).text)
        assert found is not None
        return found[1]


@contextmanager
def running(settings: Settings) -> Iterator[FastAPI]:
    """The application with its database open."""
    app = create_app(settings)
    with TestClient(app):
        yield app


def browser_of(app: FastAPI, principal: Principal, language: str = "en") -> Browser:
    """Somebody at a browser, without the half second that a password takes."""
    token, now = new_token(), utc_now()
    with unit_of_work(app.state.database.engine(), principal.organisation_id) as session:
        session.add(
            AccountSession(
                organisation_id=principal.organisation_id,
                account_id=principal.actor.id,
                token_hash=token_hash(token),
                created_at=now,
                expires_at=now + timedelta(hours=1),
            )
        )
    return Browser(app, token, language)
