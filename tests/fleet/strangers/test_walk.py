"""Every route of the application, as a stranger of another organisation, as nobody, and as an auditor."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text

from fleet.auth.rules import Role
from fleet.db.engine import Role as DatabaseRole
from tests.fleet.page_client import Browser, browser_of, running
from tests.fleet.strangers.filled_site import OPEN, Filled, fill, owned, tables

pytestmark = pytest.mark.db
PARAMETERS = {
    "code": ("device", "asset_code"),
    "device_id": ("device", "id"),
    "donation_id": ("donation", "id"),
    "reference": ("donation", "reference"),
    "donor_id": ("donor", "id"),
    "batch_id": ("intake_batch", "id"),
    "task_id": ("task", "id"),
    "certificate_id": ("wipe_certificate", "id"),
    "number": ("wipe_certificate", "id"),
    "record_id": ("destruction_record", "id"),
    "transfer_id": ("transfer", "id"),
    "site_id": ("site", "id"),
    "location_id": ("storage_location", "id"),
    "account_id": ("account", "id"),
    "bench_id": ("bench", "id"),
    "number_id": ("identifier", "id"),
    "workstation_id": ("workstation", "id"),
    "token_id": ("api_token", "id"),
    "badge_id": ("badge", "id"),
    "passkey_id": ("passkey", "id"),
    "identity_id": ("external_identity", "id"),
    "session_id": ("account_session", "id"),
    "view_id": ("saved_view", "id"),
    "run_id": ("bulk_run", "id"),
    "form_id": ("kept_form", "id"),
    "version": ("image", "version"),
    "file_sha256": ("image_content", "file_sha256"),
}
"""A parameter, and where a real value of the other organisation stands. A new one must be added here."""
PLAIN = {"step": "report_lost", "key": "acm", "digest": "x", "name:path": "mark.svg", "token": "x" * 43, "name": "devices"}
"""Parameters that name nothing of an organisation."""
PUBLIC = {
    "/A/{code}": "whoever finds a device reads on its label whose it is",
    "/a/{code}": "the same",
    "/verify/{number}": "whoever has a certificate's number may check it",
}
"""Open to everybody, with what a named look-up gives."""
HARMLESS = {
    "/views/{name}": "the name of a list, the same for everybody",
    "/views/{name}/columns": "the same",
    "/sign-out/with/{key}": "a provider's name",
    "/sign-in/with/{key}": "a provider's name",
    "/sign-in/with/{key}/back": "a provider's name",
    "/account/identities/{key}/link": "a provider's name",
    "/static/{digest}/{name:path}": "files of the product",
    "/left/{token}": "a token that nobody has",
}
UNREAD = {
    "/api/v1/bench/images/{file_sha256}": {401},  # for benches, which sign
    "/api/v1/devices/{code}/checks": {422},  # refused for its body, before anything is looked up
    "/api/v1/devices/{code}/destructions": {422},  # the same
}
EMPTY = re.compile(r"/(left/|scan|api/v1/scan|api/v1/storages/life|drives/life|devices/bulk)")
"""What an auditor finds empty here: nothing was asked for, or the row that the filler made holds nothing to show."""
OWN = re.compile(
    r"/(account|language|look|sign-|csp-report|verify|api/v1/(session|me/|bench/|benches/self)|badge$|workstation$|views/|kept|forgot|reset/)"
)
"""What everybody does for themselves (account, language, looks, saved views), what asks for no sign-in, and what benches do."""
ENDS_SESSION = {"/sign-out", "/api/v1/session", "/sign-in", "/account/sessions/end", "/sign-out/with/{key}"}
FORMS_ONLY = re.compile(
    r"/(receive|drives/fit|donations/new|transfers/new|organisation/leave|accounts|badges|api-tokens|workstations|benches/|tasks|devices/bulk"
    r"|devices/\{code\}/(inspect|test|release|correct|condition|destroy|take-out|steps|numbers)|transfers/\{transfer_id\}/lost|scan/attach|api/v1/organisations$)"
)
"""GET pages that only hold a form for a change, or that look after people and secrets: an auditor changes nothing."""


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def filled(database, workshop) -> Filled:
    return fill(database, workshop)


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of each, the included routers' too."""

    def flat(several):
        for one in several:
            if isinstance(one, APIRoute):
                yield one
            elif hasattr(one, "original_router"):
                yield from flat(one.original_router.routes)

    found = {(method, route.path) for route in flat(app.routes) for method in route.methods - {"HEAD"}}
    assert len(found) > 150
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def address(path: str, filled: Filled) -> str:
    """The path with real values of the other organisation; a parameter that nobody has placed is a fault."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in PARAMETERS:
            table, column = PARAMETERS[name]
            return filled.one(table, column)
        assert name in PLAIN, f"{path}: say in PARAMETERS or PLAIN what {{{name}}} is"
        return PLAIN[name]

    if "/images/{name}/{version}" in path:
        path = path.replace("{name}", filled.one("image", "name"))
    return re.sub(r"\{([^}]+)\}", value, path)


def body_of(app: FastAPI, method: str, path: str) -> object:
    """The example that the API's description gives."""
    schema = app.openapi()
    operation = schema["paths"].get(path, {}).get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = content.get("$ref", "").rsplit("/", 1)[-1]
    return next(iter(schema["components"]["schemas"].get(name, {}).get("examples", [])), {})


def form_of(filled: Filled) -> dict[str, str]:
    """Fields that forms have, each with a value of the other organisation."""
    code = filled.code
    names = dict.fromkeys(("codes", "code", "drive", "device", "scanned", "identifier"), code)
    # not `to` and `organisation`: whoever sends something names the other side, and then reads that name in the own list
    names |= {"site": filled.one("site"), "site_id": filled.one("site"), "batch": filled.one("intake_batch")}
    names |= {"bench": filled.one("bench"), "donor": filled.one("donor"), "account": filled.one("account")}
    return names | {"text": "weg", "reason": "weg", "place": "hier", "note": "gezien", "name": "naam", "statement": "weg"}


def ask(app: FastAPI, browser: Browser, method: str, path: str, filled: Filled):
    where = address(path, filled)
    headers = {"X-CSRF-Token": browser.token, "Origin": "http://testserver"}
    if method == "GET":
        return browser.http.get(where, follow_redirects=False)
    if path.startswith("/api/"):
        return browser.http.request(method, where, json=body_of(app, method, path), headers=headers, follow_redirects=False)
    return browser.http.request(
        method, where, data=form_of(filled) | {"csrf_token": browser.token}, headers=headers, follow_redirects=False
    )


def told(answer, filled: Filled, path: str) -> set[str]:
    """What an answer tells of the other organisation that was not in the question."""
    where = address(path, filled).lower()
    asked = set(form_of(filled).values()) if "api/" not in path else set()
    known = {mark for mark in filled.marks if mark in where or mark.replace("-", "") in where}
    known |= {mark for mark in filled.marks for value in asked if mark.replace("-", "") == value.lower().replace("-", "")}
    text_of = answer.text.lower() if "zip" not in answer.headers.get("content-type", "") else ""
    return {mark for mark in filled.marks - known if mark in text_of}


def state_of(database, filled: Filled) -> dict[str, str]:
    """A digest of every row of the other organisation."""
    found = {}
    with database.engine(DatabaseRole.ADMIN).connect() as connection:
        for table in sorted(set(tables(database)) - set(OPEN)):
            where = owned(connection, table)
            query = f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t WHERE {where}"  # noqa: S608
            given = {"me": filled.workshop.organisation_id}
            found[table] = connection.execute(text(query), given).scalar_one()
    return found


def with_roles(database, account: UUID, *roles: Role) -> None:
    with database.engine(DatabaseRole.ADMIN).begin() as connection:
        given = {"id": account, "roles": [role.value for role in roles]}
        connection.execute(text("UPDATE membership SET roles = :roles WHERE account_id = :id"), given)


def ends_own_sign_in(method: str, path: str) -> bool:
    """What would end or change the caller's own session, on which the rest of the walk goes."""
    return path in ENDS_SESSION or (method != "GET" and path.startswith(("/account/", "/api/v1/me")) and "{" not in path)


def test_a_stranger_and_nobody_find_nothing(app, database, workshop, filled):
    everything = (Role.ADMIN, Role.LEAD, Role.LENDING, Role.SOCIAL, Role.WORKSHOP)
    with_roles(database, workshop.lead.actor.id, *everything)
    stranger, nobody = browser_of(app, workshop.lead), Browser(app, None)
    before, faults = state_of(database, filled), []
    for method, path in routes(app):
        if ends_own_sign_in(method, path):
            continue
        faults += look(app, stranger, method, path, filled, {403, 404}, "a stranger")
        faults += look(app, nobody, method, path, filled, {401, 403, 404, 405}, "nobody")
    assert faults == [], "\n".join(faults)
    assert state_of(database, filled) == before
    assert stranger.get("/devices").url.path == "/devices"  # still signed in at the end


def look(app, browser, method, path, filled, allowed, who) -> list[str]:
    answer = ask(app, browser, method, path, filled)
    faults = []
    if path not in PUBLIC and (found := told(answer, filled, path)):
        faults.append(f"{who} reads {sorted(found)[:3]} at {method} {path} ({answer.status_code})")
    to_the_door = answer.status_code == 303 and answer.headers["location"].startswith(("/sign-in", "/badge", "/workstation"))
    named = "{" in path and path not in PUBLIC and path not in HARMLESS
    if answer.status_code >= 500:
        faults.append(f"{who} breaks {method} {path}: {answer.status_code}")
    elif named and not to_the_door and answer.status_code not in allowed | UNREAD.get(path, set()):
        faults.append(f"{who} at {method} {path}: {answer.status_code} {answer.text[:120] if 'json' in path else ''}")
    return faults


def test_an_auditor_changes_nothing_and_reads_everything(app, database, filled):
    auditor = browser_of(app, filled.workshop.auditor)
    before, faults = state_of(database, filled), []
    for method, path in routes(app):
        if method == "GET" or OWN.match(path) or path in ENDS_SESSION:
            continue
        status = ask(app, auditor, method, path, filled).status_code
        if status != 403:
            faults.append(f"{method} {path}: {status}")
    assert faults == [], "\n".join(faults)
    assert state_of(database, filled) == before
    for method, path in routes(app):
        if method != "GET" or path in ENDS_SESSION or path in HARMLESS or path == "/live" or OWN.match(path) or EMPTY.match(path):
            continue
        status = ask(app, auditor, method, path, filled).status_code
        if status >= 400 and not (status == 403 and FORMS_ONLY.match(path)):
            faults.append(f"GET {path}: {status}")
    assert faults == [], "\n".join(faults)
