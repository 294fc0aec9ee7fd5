"""Headers, origins, tokens, cookies, redirects: what keeps other sites out."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from fleet.web.addresses import own_path


def test_every_answer_carries_the_strict_policy(client: TestClient) -> None:
    for path in ["/page", "/nowhere", "/healthz", "/api/v1/raise/Conflict", "/api/v1/raise/unknown"]:
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]


def test_https_is_made_to_stick_only_where_it_is_used(client: TestClient, secure_app: FastAPI) -> None:
    assert "strict-transport-security" not in client.get("/page").headers
    with TestClient(secure_app) as secure:
        assert secure.get("/healthz").headers["strict-transport-security"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
    ],
)
def test_a_change_from_another_origin_is_refused(ada: TestClient, headers: dict[str, str]) -> None:
    answer = ada.post("/form", data={"number": "1", "csrf_token": "token-of-ada"}, headers=headers)
    assert answer.status_code == 403
    assert ada.app.state.test.saved == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}, {}])
def test_a_change_from_our_own_page_is_done(ada: TestClient, headers: dict[str, str]) -> None:
    answer = ada.post("/form", data={"number": "1", "csrf_token": "token-of-ada"}, headers=headers)
    assert answer.status_code == 303
    assert len(ada.app.state.test.saved) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("token", [None, "", "token-of-eve"])
def test_a_change_without_the_sessions_token_is_refused(ada: TestClient, token: str | None) -> None:
    answer = ada.post("/form", data={"number": "1"} | ({} if token is None else {"csrf_token": token}))
    assert answer.status_code == 403
    assert "too old" in answer.text
    assert ada.app.state.test.saved == []  # type: ignore[attr-defined]


def test_the_token_may_come_as_a_header(ada: TestClient) -> None:
    assert ada.post("/form", data={"number": "1"}, headers={"X-CSRF-Token": "token-of-ada"}).status_code == 303


def test_a_huge_form_is_refused(ada: TestClient) -> None:
    answer = ada.post("/form", data={"number": "1", "csrf_token": "token-of-ada", "more": "x" * 10_000_000})
    assert answer.status_code == 422
    assert ada.app.state.test.saved == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        None,
    ],
)
def test_only_our_own_addresses_are_followed(address: str | None) -> None:
    assert own_path(address, "/start") == "/start"


def test_our_own_addresses_keep_their_query() -> None:
    assert own_path("/devices?state=ready&after=x") == "/devices?state=ready&after=x"


def test_the_language_form_is_no_open_redirect(client: TestClient) -> None:
    answer = client.post("/language", data={"language": "fr", "next": "//evil.example"})
    assert answer.headers["location"] == "/"


def test_a_hostile_name_stays_text(ada: TestClient) -> None:
    page = ada.get("/page").text
    assert "Ada &lt;b&gt;Bench" in page
    assert "<b>Bench" not in page
