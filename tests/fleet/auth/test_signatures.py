from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from agents.report.signing import BenchSignature
from fleet.auth.signatures import ClockSkew, Received, SignatureInvalid, SignatureMissing, claim_of, verify
from fleet.contract.bench import SIGNATURE_TAG
from fleet.contract.signing import key_id

URL = "https://fleet.example.org/api/v1/bench/events?batch=1"
KEY = Ed25519PrivateKey.generate()
BODY = b'{"a":1}'


def signed(url: str = URL, body: bytes = BODY, when: datetime | None = None, key: Ed25519PrivateKey = KEY) -> httpx.Request:
    request = httpx.Request("POST", url, content=body, headers={"content-type": "application/json"})
    moment = when or datetime.now(UTC)
    next(BenchSignature(key, lambda: moment).auth_flow(request))
    return request


def received(request: httpx.Request, **changes: str) -> Received:
    return Received(changes.get("method", request.method), changes.get("url", str(request.url)), request.headers)


def check(request: httpx.Request, body: bytes = BODY, key: Ed25519PrivateKey = KEY, **changes: str) -> None:
    verify(received(request, **changes), body, claim_of(request.headers), key.public_key(), datetime.now(UTC))


def test_what_the_agent_signs_is_accepted() -> None:
    request = signed()
    assert claim_of(request.headers).key_id == key_id(KEY.public_key())
    check(request)


@pytest.mark.parametrize(
    "url",
    [
        "https://fleet.example.org/api/v1/bench/caf%C3%A9%2Fnoord",
        "https://fleet.example.org/a?key=serial%3AST%7C1%7C512&x=%20",
        "https://fleet.example.org/",
    ],
)
def test_paths_and_queries_as_they_were_sent(url: str) -> None:
    check(signed(url))


def test_an_empty_body_is_covered_too() -> None:
    check(signed(body=b""), body=b"")
    with pytest.raises(SignatureInvalid):
        check(signed(body=b""), body=b"{}")


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"method": "PUT"}, BODY),
        ({"url": URL.replace("events", "images")}, BODY),
        ({"url": URL.replace("batch=1", "batch=2")}, BODY),
        ({}, BODY.replace(b"1", b"2")),
        ({}, b""),
    ],
)
def test_what_was_changed_on_its_way_is_refused(change: dict[str, str], body: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        check(signed(), body, **change)


@pytest.mark.parametrize("header", ["content-type", "content-digest", "signature"])
def test_a_changed_header_is_refused(header: str) -> None:
    request = signed()
    request.headers[header] = {"content-type": "text/plain", "content-digest": "sha-256=:AAAA:"}.get(
        header, request.headers[header][:-4] + "AA=:"
    )
    with pytest.raises(SignatureInvalid):
        check(request)


def test_another_key_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        check(signed(), key=Ed25519PrivateKey.generate())


@pytest.mark.parametrize("seconds", [-295, 0, 295])
def test_within_the_window(seconds: int) -> None:
    check(signed(when=datetime.now(UTC) + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-3600, -302, 302, 3600])
def test_outside_the_window_the_clock_is_named(seconds: int) -> None:
    with pytest.raises(ClockSkew) as caught:
        check(signed(when=datetime.now(UTC) + timedelta(seconds=seconds)))
    assert abs(int(str(caught.value.data["skew_s"])) - seconds) <= 2
    told = datetime.fromisoformat(str(caught.value.data["service_time"]))
    assert abs((told - datetime.now(UTC)).total_seconds()) < 5


class _Resolver(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:  # noqa: ARG002 - the library's signature
        return KEY


@pytest.mark.parametrize("missing", ["@method", "@path", "@query", "content-type"])
def test_everything_must_be_covered(missing: str) -> None:
    request = httpx.Request("POST", URL, content=BODY, headers={"content-type": "application/json"})
    covered = tuple(name for name in ("@method", "@path", "@query", "content-type") if name != missing)
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Resolver())
    moment = datetime.now(UTC)
    signer.sign(
        request, key_id=key_id(KEY.public_key()), created=moment, tag=SIGNATURE_TAG, covered_component_ids=covered, body=BODY
    )
    with pytest.raises(SignatureInvalid):
        check(request)


def test_the_body_must_be_covered() -> None:
    request = httpx.Request("POST", URL, content=BODY, headers={"content-type": "application/json"})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Resolver())
    covered = ("@method", "@path", "@query", "content-type")
    signer.sign(
        request,
        key_id=key_id(KEY.public_key()),
        created=datetime.now(UTC),
        tag=SIGNATURE_TAG,
        covered_component_ids=covered,
    )
    with pytest.raises(SignatureInvalid):
        check(request)


def test_a_signature_for_another_purpose_is_refused() -> None:
    request = httpx.Request("POST", URL, content=BODY, headers={"content-type": "application/json"})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Resolver())
    covered = ("@method", "@path", "@query", "content-type")
    name, moment = key_id(KEY.public_key()), datetime.now(UTC)
    signer.sign(request, key_id=name, created=moment, tag="something-else", covered_component_ids=covered, body=BODY)
    with pytest.raises(SignatureInvalid):
        check(request)


def test_no_signature() -> None:
    with pytest.raises(SignatureMissing):
        claim_of(httpx.Headers())


@pytest.mark.parametrize("text", ["", "nonsense", 'a=("@method");created=1', 'a=();keyid="0123456789abcdef"', "\u00e9"])
def test_unreadable_signature_input(text: str) -> None:
    with pytest.raises((SignatureInvalid, SignatureMissing)):
        claim_of({"signature-input": text, "signature": "a=:AA==:"})


def test_an_old_signature_cannot_hide_behind_a_fresh_one() -> None:
    request = signed(when=datetime.now(UTC) - timedelta(seconds=400))
    fresh = signed().headers["signature-input"].replace("pyhms=", "other=")
    request.headers["signature-input"] = f"{fresh}, {request.headers['signature-input']}"
    request.headers["signature"] = f"other=:AAAA:, {request.headers['signature']}"
    with pytest.raises((SignatureInvalid, ClockSkew)):
        check(request)
