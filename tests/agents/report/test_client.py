"""The client against a real HTTP service that checks its signatures."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Request, Response

from agents.report.client import ServiceClient
from agents.report.errors import (
    BenchRevoked,
    BenchUnknown,
    ClockSkew,
    NotUnderstood,
    Overloaded,
    RequestRefused,
    Unreachable,
)
from fleet.contract.bench import LeaseRequest, Recognised
from fleet.contract.kinds import DeviceKind
from fleet.contract.signing import key_id
from tests.sim.bench_service import BenchService

pytestmark = pytest.mark.process


def test_a_signed_request_is_understood(client: ServiceClient) -> None:
    assert client.profile().organisation_name == "Kringwinkel Test"
    assert client.images().images == ()


def test_the_same_request_gives_the_same_codes(client: ServiceClient) -> None:
    request = LeaseRequest(request_id=uuid4(), count=5)
    assert client.lease(request) == client.lease(request)
    assert len(set(client.lease(request).codes)) == 5


@pytest.mark.parametrize("storage_key", ["wwn:0x5000c500a1b2c3d4", "serial:WDC WD5000|é/&?=#%2F+|1048576"])
def test_recognise_signs_any_key(client: ServiceClient, service: BenchService, storage_key: str) -> None:
    assert client.recognise(storage_key) is None
    known = Recognised(asset_code="8YZABCD7", kind=DeviceKind.DRIVE, state="received", label_scanned=False)
    service.books.devices[storage_key] = known
    assert client.recognise(storage_key) == known


def test_a_changed_request_is_refused(client: ServiceClient) -> None:
    """The signature covers the query: what is signed is what arrives."""
    request = client._http.build_request("GET", f"{client.server}/api/v1/bench/recognise", params={"key": "a"})
    assert client._auth is not None
    signed = next(client._auth.auth_flow(request))
    signed.url = signed.url.copy_with(params={"key": "b"})
    answer = client._http.send(signed)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/signature-invalid")


def test_a_key_that_nobody_knows(service: BenchService) -> None:
    with ServiceClient(service.url, key=Ed25519PrivateKey.generate()) as stranger, pytest.raises(BenchUnknown, match="kept here"):
        stranger.profile()


def test_a_revoked_bench_is_told_what_to_do(client: ServiceClient, service: BenchService, key: Ed25519PrivateKey) -> None:
    service.books.revoked.add(key_id(key.public_key()))
    with pytest.raises(BenchRevoked, match="ask your admin"):
        client.profile()


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-300)])
def test_a_wrong_clock_is_corrected_and_told(service: BenchService, key: Ed25519PrivateKey, ahead: timedelta) -> None:
    service.books.clock_ahead = ahead
    told: list[float] = []
    with ServiceClient(service.url, key=key, on_skew=told.append) as client:
        assert client.profile().service_time
        assert client.profile()
    assert len(told) == 1
    assert told[0] == pytest.approx(ahead.total_seconds(), abs=2)


def test_a_clock_that_stays_wrong_is_an_error(client: ServiceClient, service: BenchService) -> None:
    def skewed(_request: Request) -> Response:
        service.books.clock_ahead += timedelta(hours=1)
        document = {"type": "/problems/clock-skew", "title": "t", "status": 401, "detail": "d"}
        document["service_time"] = service.books.now().isoformat()
        return Response(json.dumps(document), 401, media_type="application/problem+json")

    service.interference.append(skewed)
    with pytest.raises(ClockSkew, match="timedatectl"):
        client.profile()


def test_nobody_answers(client: ServiceClient, service: BenchService) -> None:
    service.stop()
    with pytest.raises(Unreachable, match="Check the network"):
        client.profile()


@pytest.mark.parametrize(
    ("status", "media", "body", "error"),
    [
        (200, "text/html", "<h1>Sign in to the school's Wi-Fi</h1>", NotUnderstood),
        (302, "text/html", "", NotUnderstood),
        (404, "text/html", "no such page", NotUnderstood),
        (403, "text/html", "proxy says no", NotUnderstood),
        (200, "application/json", '{"hello": 1}', NotUnderstood),
        (503, "text/plain", "", Overloaded),
        (
            429,
            "application/problem+json",
            '{"type": "/problems/too-many", "title": "t", "status": 429, "detail": "d"}',
            Overloaded,
        ),
        (
            413,
            "application/problem+json",
            '{"type": "/problems/too-large", "title": "t", "status": 413, "detail": "d"}',
            RequestRefused,
        ),
    ],
)
def test_other_answers(
    client: ServiceClient, service: BenchService, status: int, media: str, body: str, error: type[Exception]
) -> None:
    service.interference.append(lambda _request: Response(body, status, media_type=media))
    with pytest.raises(error):
        client.profile()


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(RequestRefused, match="ca_file"):
        ServiceClient("https://fleet.example.org", ca_file=tmp_path / "ca.pem")
