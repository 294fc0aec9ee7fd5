"""The people of the demo, each with an account and a browser session of their own."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
from fastapi import FastAPI

from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.session import unit_of_work
from fleet.organisations import service as organisations

ORGANISATION: Final = "Kringwinkel De Herstart"
SITE: Final = "Werkplaats Noord"
STAFF: Final[Mapping[str, tuple[str, frozenset[Role]]]] = {
    "lies": ("Lies", frozenset({Role.LEAD, Role.ADMIN})),
    "mo": ("Mo", frozenset({Role.WORKSHOP})),
    "fatma": ("Fatma", frozenset({Role.WORKSHOP})),
    "an": ("An", frozenset({Role.AUDITOR})),
}


class DemoStepFailed(RuntimeError):
    """A step of the demo was refused."""


@dataclass(frozen=True)
class Team:
    """The organisation and its people's passwords."""

    organisation_id: UUID
    site_id: UUID
    passwords: Mapping[str, str]


def settle(app: FastAPI) -> Team:
    """Add the organisation, its site and its people, as `fleet organisation add` and `fleet user add` do."""
    passwords = {login: secrets.token_urlsafe(9) for login in STAFF}
    with unit_of_work(app.state.database.engine()) as session:
        organisation = organisations.create(session, SYSTEM, ORGANISATION, contact="Stationsstraat 1, 9000 Gent")
        principal = Principal(organisation.id, SYSTEM, frozenset({Role.ADMIN}), "demo")
        site = organisations.add_site(session, principal, SITE)
        for login, (name, roles) in STAFF.items():
            accounts.create(session, principal, login, name, passwords[login], roles)
        return Team(organisation.id, site.id, passwords)


class Person:
    """Somebody at a browser: signs in with a password and uses the API that the pages use too."""

    def __init__(self, address: str, login: str, password: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=30, trust_env=False, headers={"Origin": address})
        opened = self.do("POST", "/api/v1/session", {"login": login, "password": password})
        self._http.headers["X-CSRF-Token"] = opened["csrf_token"]

    def do(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """One request. Raises DemoStepFailed with what the service said."""
        answer = self._http.request(method, path, json=body)
        if answer.is_error:
            raise DemoStepFailed(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else answer.content

    def close(self) -> None:
        """Leave."""
        self._http.close()
