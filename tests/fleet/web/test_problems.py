import pytest
from fastapi.testclient import TestClient

STATUSES = {
    "Forbidden": 403,
    "NotFound": 404,
    "Invalid": 422,
    "Conflict": 409,
    "Stale": 409,
    "TooMany": 429,
    "Unavailable": 503,
}


@pytest.mark.parametrize(("name", "status"), [*STATUSES.items(), ("Unauthenticated", 401), ("FleetError", 500)])
def test_an_error_below_api_is_a_problem(client: TestClient, name: str, status: int) -> None:
    answer = client.get(f"/api/v1/raise/{name}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["instance"] == f"/api/v1/raise/{name}"
    assert body["reason"] == "<script>"
    assert body["detail"]


def test_the_type_names_the_class(client: TestClient) -> None:
    assert client.get("/api/v1/raise/TooMany").json()["type"] == "/problems/too-many"


def test_a_caller_that_is_too_fast_learns_how_long_to_wait(client: TestClient) -> None:
    assert client.get("/api/v1/raise/TooMany").headers["retry-after"] == "7"


@pytest.mark.parametrize(("name", "status"), list(STATUSES.items()))
def test_an_error_of_a_page_is_a_page_in_the_readers_language(client: TestClient, name: str, status: int) -> None:
    answer = client.get(f"/raise/{name}", headers={"accept-language": "nl-BE,fr;q=0.5"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert '<html lang="nl">' in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")


def test_a_page_without_sign_in_leads_to_the_sign_in_and_back(client: TestClient) -> None:
    answer = client.get("/raise/Unauthenticated?seconds=3")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fraise%2FUnauthenticated%3Fseconds%3D3"


def test_wrong_fields_are_named(client: TestClient) -> None:
    answer = client.get("/api/v1/number?n=0")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/request-invalid"
    assert answer.json()["errors"] == [{"field": "n", "detail": "This must be at least 1."}]


def test_an_unknown_page_is_a_404_page(client: TestClient) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert client.get("/api/v1/nowhere").json()["type"] == "/problems/no-such-page"


def test_a_wrong_method_says_which_ones_are_right(client: TestClient) -> None:
    answer = client.delete("/page")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_bug_shows_a_number_and_no_stack(client: TestClient) -> None:
    answer = client.get("/api/v1/raise/unknown", headers={"x-request-id": "abcdef-123"})
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal-error"
    assert answer.json()["request_id"] == "abcdef-123"
    assert "a bug" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
