"""Pages are packed for our own requests alone, streams never; the policy's reports are few, small and believed in nothing."""

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response, StreamingResponse

from fleet.web.packing import Packer, takes_gzip
from fleet.web.reports import MAX_A_MINUTE, MAX_REPORT_BYTES, Reports, told

OWN = {"sec-fetch-site": "same-origin", "accept-encoding": "gzip"}


@pytest.fixture(scope="module")
def packed() -> Iterator[TestClient]:
    app = FastAPI()
    app.add_middleware(Packer)

    @app.get("/page")
    def page(words: str = "") -> Response:
        return HTMLResponse("<p>secret-token</p>" * 200 + words)

    @app.get("/short")
    def short() -> Response:
        return HTMLResponse("<p>short</p>")

    @app.get("/stream")
    def stream() -> Response:
        return StreamingResponse((f"data: {number}\n\n" for number in range(500)), media_type="text/event-stream")

    @app.get("/streamed-page")
    def streamed_page() -> Response:
        return StreamingResponse(("<p>x</p>" * 300 for _ in range(3)), media_type="text/html")

    @app.get("/json")
    def data() -> list[str]:
        return ["secret"] * 1000

    with TestClient(app) as client:
        yield client


def test_a_page_is_packed_for_our_own_pages(packed: TestClient) -> None:
    answer = packed.get("/page", headers=OWN)
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 200
    assert answer.text == "<p>secret-token</p>" * 200
    assert "Sec-Fetch-Site" in answer.headers["vary"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_who_comes_from_elsewhere_learns_nothing_from_the_length(packed: TestClient, site: str | None) -> None:
    headers = {"accept-encoding": "gzip"} | ({"sec-fetch-site": site} if site else {})
    lengths = {
        int(packed.get(f"/page?words={guess}", headers=headers).headers["content-length"]) - len(guess)
        for guess in ("secret-token", "another-word", "x")
    }
    assert lengths == {len("<p>secret-token</p>" * 200)}


@pytest.mark.parametrize("path", ["/short", "/stream", "/streamed-page", "/json"])
def test_the_rest_goes_as_it_is(packed: TestClient, path: str) -> None:
    answer = packed.get(path, headers=OWN)
    assert "content-encoding" not in answer.headers
    assert answer.text


def test_a_browser_that_takes_no_gzip_gets_none(packed: TestClient) -> None:
    answer = packed.get("/page", headers={"sec-fetch-site": "same-origin", "accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers


REPORT = {
    "csp-report": {
        "violated-directive": "script-src",
        "blocked-uri": "inline",
        "document-uri": "https://fleet.example.org/scan?q=name-of-a-person",
        "original-policy": "default-src 'none'",
    }
}


def test_a_report_is_noted_without_what_stands_behind_the_question_mark(client: TestClient) -> None:
    answer = client.post("/csp-report", content=json.dumps(REPORT), headers={"content-type": "application/csp-report"})
    assert answer.status_code == 204
    assert client.app.state.reports.last[-1] == {  # type: ignore[attr-defined]
        "directive": "script-src",
        "blocked": "inline",
        "page": "https://fleet.example.org/scan",
    }


@pytest.mark.parametrize("body", [b"", b"{", b"[1, 2]", b'{"csp-report": 3}', b"\xff\xfe", b"null"])
def test_a_report_that_cannot_be_read_is_nothing(body: bytes) -> None:
    assert list(told(body)) == []


def test_the_newer_dialect_is_read_too() -> None:
    body = [
        {"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "https://evil.example/" + "x" * 999}}
    ]
    [report] = told(json.dumps(body).encode())
    assert report["directive"] == "img-src"
    assert len(report["blocked"]) == 300


def test_a_large_report_is_refused(client: TestClient) -> None:
    before = list(client.app.state.reports.last)  # type: ignore[attr-defined]
    assert client.post("/csp-report", content=b" " * (MAX_REPORT_BYTES + 1)).status_code == 413
    assert client.post("/csp-report", content=iter([b"{}"])).status_code == 413
    assert client.app.state.reports.last == before  # type: ignore[attr-defined]


def test_many_reports_are_dropped_until_the_next_minute() -> None:
    now = [0.0]
    reports = Reports(clock=lambda: now[0])
    app = FastAPI()
    app.router.routes.append(reports.route())
    with TestClient(app) as client:
        answers = [client.post("/csp-report", json=REPORT).status_code for _ in range(MAX_A_MINUTE + 2)]
        assert answers.count(204) == MAX_A_MINUTE
        assert answers[-2:] == [429, 429]
        now[0] = 61.0
        assert client.post("/csp-report", json=REPORT).status_code == 204


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzip;q=much", False),
    ],
)
def test_gzip_is_what_the_browser_says_it_takes(said: str, *, takes: bool) -> None:
    assert takes_gzip(Headers({"accept-encoding": said})) is takes
