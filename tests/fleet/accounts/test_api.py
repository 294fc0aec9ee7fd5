"""The JSON API of this room and of donations, codes and images, as a browser and a bench use it."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from fleet.accounts import service as accounts
from fleet.accounts.api import router as accounts_api
from fleet.audit.keys import service_key
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.config import Settings
from fleet.contract.bench import Catalogue, Lease
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import check
from fleet.donations.api import router as donations_api
from fleet.images.api import router as images_api
from fleet.organisations.api import router as organisations_api
from fleet.tags.api import router as tags_api
from tests.fleet.auth.small_app import PASSWORD, as_bench, as_staff, make_app
from tests.fleet.conftest import Workshop
from tests.fleet.images.manifests import manifest

pytestmark = pytest.mark.db
ROUTERS = (accounts_api, donations_api, images_api, organisations_api, tags_api)


@pytest.fixture
def app(settings: Settings, workshop: Workshop) -> FastAPI:
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with workshop.unit() as session:
        accounts.create(session, admin, "ada", "Ada", PASSWORD, frozenset({Role.ADMIN, Role.LEAD}), language="fr")
        accounts.create(session, admin, "els", "Els", PASSWORD, frozenset({Role.WORKSHOP}))
    return make_app(settings, workshop.database, ROUTERS)


@pytest.fixture
def ada(app: FastAPI) -> TestClient:
    return as_staff(app, "ada")


@pytest.fixture
def els(app: FastAPI) -> TestClient:
    return as_staff(app, "els")


def test_the_cookie_on_plain_http(app: FastAPI) -> None:
    answer = TestClient(app).post("/api/v1/session", json={"login": "els", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("heropstart=")
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/", "max-age=129600"))
    assert "secure" not in cookie
    assert answer.cookies["heropstart"] not in answer.text


def test_the_cookie_on_https(settings: Settings, app: FastAPI, workshop: Workshop) -> None:
    secure = settings.model_copy(update={"public_url": "https://fleet.example.org"})
    client = TestClient(make_app(secure, workshop.database, ROUTERS), base_url="https://fleet.example.org")
    answer = client.post("/api/v1/session", json={"login": "els", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-heropstart=")
    assert all(part in cookie for part in ("secure", "httponly", "samesite=lax", "path=/"))
    assert "domain" not in cookie
    assert client.get("/api/v1/me").json()["name"] == "Els"
    assert app is not client.app


def test_wrong_password_and_too_many(app: FastAPI) -> None:
    client = TestClient(app)
    wrong = {"login": "els", "password": "wrong password"}
    answers = [client.post("/api/v1/session", json=wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert answers[0].json()["type"] == "/problems/sign-in-refused"
    assert answers[5].json()["type"] == "/problems/sign-in-too-often"
    assert int(answers[5].headers["retry-after"]) > 0
    assert "wrong password" not in answers[0].text


def test_who_am_i(ada: TestClient) -> None:
    told = ada.get("/api/v1/me").json()
    assert (told["name"], told["roles"], told["language"]) == ("Ada", ["admin", "lead"], "fr")
    assert told["csrf_token"] == ada.headers["X-CSRF-Token"]


def test_accounts(ada: TestClient, els: TestClient, app: FastAPI) -> None:
    body = {"login": "Ine", "display_name": "Ine", "roles": ["lending"], "password": PASSWORD}
    made = ada.post("/api/v1/accounts", json=body)
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    path = f"/api/v1/accounts/{made.json()['id']}"
    assert ada.post("/api/v1/accounts", json=body).json()["type"] == "/problems/login-taken"
    short = ada.post("/api/v1/accounts", json=body | {"login": "x2", "password": "kort"})
    assert (short.status_code, short.json()["type"], short.json()["minimum"]) == (422, "/problems/password-too-short", 10)
    changed = ada.put(path, json={"display_name": "Ine P", "roles": ["lending", "lead"], "language": "nl"})
    assert changed.json()["roles"] == ["lead", "lending"]
    assert as_staff(app, "ine").get("/api/v1/me").status_code == 200
    assert ada.put(f"{path}/password", json={"password": "vijf rode fietsen"}).status_code == 204
    assert as_staff(app, "ine", "vijf rode fietsen").get("/api/v1/me").status_code == 200
    assert ada.put(f"{path}/active", json={"active": False}).json()["active"] is False
    listed = ada.get("/api/v1/accounts", params={"limit": 2}).json()
    assert (len(listed["items"]), bool(listed["next"])) == (2, True)
    assert ada.get("/api/v1/accounts", params={"cursor": "nonsense"}).json()["type"] == "/problems/cursor-invalid"
    for method, where in (("GET", "/api/v1/accounts"), ("POST", "/api/v1/accounts"), ("PUT", f"{path}/active")):
        answer = els.request(method, where, json=body if method == "POST" else {"active": True})
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/role-missing")


def test_a_bench_is_invited_and_revoked(ada: TestClient, workshop: Workshop, app: FastAPI) -> None:
    invited = ada.post("/api/v1/benches/codes", json={"site_id": str(workshop.site_id)}).json()
    assert len(invited["code"]) == 14
    [bench] = ada.get("/api/v1/benches").json()["items"]
    assert bench["key_id"] == workshop.bench.key_id
    client = as_bench(app, workshop.bench_key)
    assert client.get("/api/v1/bench/images").status_code == 200
    assert ada.post(f"/api/v1/benches/{bench['id']}/revocation").json()["revoked_at"]
    assert client.get("/api/v1/bench/images").json()["type"] == "/problems/bench-revoked"
    assert ada.post(f"/api/v1/benches/{uuid4()}/revocation").json()["type"] == "/problems/bench-not-found"


def test_a_donation_comes_in(els: TestClient, ada: TestClient) -> None:
    donor = els.post("/api/v1/donors", json={"name": "Stad Voorbeeld"}).json()
    donation = els.post("/api/v1/donations", json={"donor_id": donor["id"], "declared_count": 2}).json()
    batch = els.post("/api/v1/batches", json={"donation_id": donation["id"], "received_count": 1, "weight_g": 2000}).json()
    [bench] = els.get("/api/v1/benches").json()["items"]
    assigned = ada.put(f"/api/v1/benches/{bench['id']}/batch", json={"batch_id": batch["id"]})
    assert assigned.json()["batch_id"] == batch["id"]
    assert els.put(f"/api/v1/benches/{bench['id']}/batch", json={"batch_id": None}).status_code == 403
    where = f"/api/v1/donations/{donation['id']}"
    custody = els.get(f"{where}/custody").json()
    assert (custody["declared"], custody["counted"], custody["registered"]) == (2, 1, 0)
    assert custody["differences"][0]["text"] == "1 declared by the donor, but not received."
    assert els.get(f"{where}/batches").json() == [batch]
    assert els.get("/api/v1/batches", params={"only_open": True}).json()["items"] == [batch]
    assert els.put(f"/api/v1/batches/{batch['id']}", json={"received_count": 2}).json()["received_count"] == 2
    assert ada.post(f"{where}/close").json()["type"] == "/problems/batches-open"
    assert els.post(f"/api/v1/batches/{batch['id']}/close", json={}).json()["closed_at"]
    assert ada.post(f"{where}/close").json()["status"] == "closed"
    assert els.get("/api/v1/donations", params={"status": "closed"}).json()["items"][0]["reference"] == donation["reference"]
    assert els.get(f"/api/v1/donors/{donor['id']}").json() == donor
    assert els.get(f"/api/v1/donations/{uuid4()}").json()["type"] == "/problems/donation-not-found"
    refused = els.post("/api/v1/donations", json={"donor_id": donor["id"], "declared_count": 0}).json()
    assert refused["errors"][0]["field"] == "declared_count"


def test_a_bench_leases_codes(app: FastAPI, workshop: Workshop, els: TestClient) -> None:
    client, body = as_bench(app, workshop.bench_key), {"request_id": str(uuid4()), "count": 5}
    first = Lease.model_validate_json(client.post("/api/v1/bench/codes/leases", json=body).content)
    again = Lease.model_validate_json(client.post("/api/v1/bench/codes/leases", json=body).content)
    assert first == again
    assert len(first.codes) == 5
    assert els.post("/api/v1/bench/codes/leases", json=body).status_code == 401
    assert client.post("/api/v1/bench/codes/leases", json=body | {"count": 1001}).status_code == 422
    issued = els.post("/api/v1/codes").json()
    assert issued["shown"] == f"{issued['code'][:4]}-{issued['code'][4:]}"


def test_an_image_is_published_for_the_benches(
    app: FastAPI, settings: Settings, workshop: Workshop, ada: TestClient, els: TestClient
) -> None:
    plain = manifest().model_dump(mode="json", by_alias=True)
    made = ada.post("/api/v1/images", json=plain)
    assert made.status_code == 201, made.text
    assert els.post("/api/v1/images", json=plain).status_code == 403
    assert ada.post("/api/v1/images", json=plain | {"sha256": "c" * 64}).json()["type"] == "/problems/image-differs"
    answer = as_bench(app, workshop.bench_key).get("/api/v1/bench/images")
    [image] = Catalogue.model_validate_json(answer.content).images
    trusted = service_key(settings).public_key()
    assert ImageManifest.model_validate_json(check(image.manifest, trusted)) == manifest()
    assert els.get("/api/v1/images").json()["items"][0]["version"] == "2026.03"
    assert els.get("/api/v1/images/debian-leerling/2026.03").json()["manifest"]["key_id"] == image.manifest.key_id
    assert els.get("/api/v1/images/debian-leerling/1").json()["type"] == "/problems/image-not-found"


def test_the_organisation(ada: TestClient, els: TestClient) -> None:
    changed = ada.put("/api/v1/organisation", json={"contact": "Markt 1", "nis_code": "44021", "two_person_release": True})
    assert changed.json()["contact"] == "Markt 1"
    assert els.get("/api/v1/organisation").json() == changed.json()
    assert ada.put("/api/v1/organisation", json={"contact": "", "nis_code": "Gent"}).status_code == 422
    site = ada.post("/api/v1/sites", json={"name": "Zuid"}).json()
    shelf = ada.post(f"/api/v1/sites/{site['id']}/locations", json={"name": "Rek 1"}).json()
    assert els.get(f"/api/v1/sites/{site['id']}/locations").json() == [shelf]
    assert len(els.get("/api/v1/sites").json()) == 2
    assert els.post("/api/v1/sites", json={"name": "West"}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/api/v1/accounts", "/api/v1/benches", "/api/v1/donors", "/api/v1/donations", "/api/v1/batches", "/api/v1/images"]
)
@pytest.mark.parametrize("key", [["x"], ["x", "y"], ["2026-03-02", str(uuid4())], ["2026-03-02T08:00:00+00:00", "y"], [1, 2]])
def test_a_cursor_that_no_page_gave(ada: TestClient, path: str, key: list[Any]) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")
    answer = ada.get(path, params={"cursor": cursor})
    assert (answer.status_code, "cursor-invalid" in answer.text) in {(422, True), (200, False)}, answer.text


def operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/api/v1/"):
                yield method, path, operation


PUBLIC = {("post", "/api/v1/session")}


def test_the_description_is_complete(app: FastAPI) -> None:
    found = list(operations(app))
    assert len(found) > 30
    for method, path, operation in found:
        name = f"{method} {path}"
        answers = operation["responses"]
        assert operation["description"], name
        problems = {status: answer for status, answer in answers.items() if int(status) >= 400}
        assert (method, path) in PUBLIC or {"401"} <= set(problems), name
        for status, answer in problems.items():
            assert "application/problem+json" in answer["content"], (name, status)
        assert "HTTPValidationError" not in str(answers), name


def test_no_handler_forgets_the_caller(app: FastAPI, workshop: Workshop) -> None:
    """Every path answers 401 to a stranger, whatever is sent; only signing in is open."""
    client = TestClient(app)
    for method, path, _ in operations(app):
        if (method, path) in PUBLIC:
            continue
        where = path.replace("{name}", "x").replace("{version}", "1")
        for field in ("account_id", "bench_id", "donor_id", "donation_id", "batch_id", "site_id"):
            where = where.replace(f"{{{field}}}", str(uuid4()))
        assert client.request(method, where, json={}).status_code in {401, 422}, (method, path)
    with workshop.unit() as session:
        assert session.execute(text("SELECT count(*) FROM donor")).scalar_one() == 0
