"""What a provider may answer, and what is believed of it; the wire is played, a real provider is in test_oidc.py."""

from base64 import b64decode
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

from fleet.accounts.oidc_client import ProviderClient, ProviderDown, ProviderRefused
from fleet.accounts.oidc_settings import Provider
from fleet.db.columns import utc_now

ISSUER, BACK = "https://id.example/op", "https://herstart.example/sign-in/with/idp/back"
FIRST = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}, private=True)
SECOND = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"}, private=True)


class Wire:
    """A provider in memory. `answers` replaces what it says at a path."""

    def __init__(self) -> None:
        self.key = FIRST
        self.said: dict[str, object] = {"name": "Els"}
        self.description: dict[str, object] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth?kind=a",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/me",
            "end_session_endpoint": f"{ISSUER}/end",
        }
        self.userinfo: dict[str, object] = {"sub": "els", "name": "Els from userinfo"}
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/op")
        self.seen.append(request)
        if path in self.answers:
            return self.answers[path]()
        match path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self.description)
            case "/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return httpx.Response(200, json={"access_token": "at", "token_type": "Bearer", "id_token": self.token()})
            case "/me":
                return httpx.Response(200, json=self.userinfo)
        return httpx.Response(404)

    def token(self) -> str:
        now = int(utc_now().timestamp())
        said = {"iss": ISSUER, "aud": "hs", "sub": "els", "nonce": "n", "iat": now, "exp": now + 60}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, said | self.said, self.key)

    def asked(self, path: str) -> int:
        return sum(request.url.path == f"/op{path}" for request in self.seen)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def client(wire: Wire, **more: Any) -> ProviderClient:
    given = {"key": "idp", "name": "The city", "issuer": ISSUER, "client_id": "hs", "client_secret": "a:b c"} | more
    return ProviderClient(Provider.model_validate(given), BACK, httpx.MockTransport(wire))


def claims(found: ProviderClient) -> dict[str, object]:
    return dict(found.claims("the code", "the verifier", "n"))


def test_people_are_sent_with_state_nonce_and_pkce(wire: Wire) -> None:
    parts = urlsplit(client(wire, scopes=["openid", "vo"]).authorization_url("s", "n", "v" * 43))
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.geturl().startswith(f"{ISSUER}/auth?kind=a&")
    assert query == {
        "kind": "a",
        "response_type": "code",
        "client_id": "hs",
        "redirect_uri": BACK,
        "scope": "openid vo",
        "state": "s",
        "nonce": "n",
        "code_challenge": create_s256_code_challenge("v" * 43),
        "code_challenge_method": "S256",
    }


def test_a_code_is_exchanged_with_its_proof(wire: Wire) -> None:
    assert claims(client(wire))["name"] == "Els"
    [request] = [one for one in wire.seen if one.url.path == "/op/token"]
    form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
    assert form == {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": BACK,
        "code_verifier": "the verifier",
    }
    assert b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"hs:a%3Ab+c"


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(wire: Wire) -> None:
    wire.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    claims(client(wire))
    [request] = [one for one in wire.seen if one.url.path == "/op/token"]
    assert parse_qs(request.content.decode())["client_secret"] == ["a:b c"]
    assert "authorization" not in request.headers


def test_what_the_token_lacks_is_asked_from_userinfo(wire: Wire) -> None:
    wire.said = {}
    assert claims(client(wire))["name"] == "Els from userinfo"
    wire.userinfo["sub"] = "somebody else"
    with pytest.raises(ProviderRefused):
        claims(client(wire))


def test_userinfo_never_outweighs_the_signed_token(wire: Wire) -> None:
    wire.said = {"groups": ["staff"]}
    wire.userinfo["groups"] = ["boss"]
    assert claims(client(wire))["groups"] == ["staff"]


def test_keys_are_kept_and_read_anew_for_an_unknown_one_but_not_for_ever(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    found = client(wire)
    claims(found)
    claims(found)
    assert (wire.asked("/keys"), wire.asked("/.well-known/openid-configuration")) == (1, 1)
    wire.key = SECOND
    with pytest.raises(ProviderRefused):
        claims(found)  # read less than a minute ago
    assert wire.asked("/keys") == 1
    later = utc_now() + timedelta(seconds=61)
    monkeypatch.setattr("fleet.accounts.oidc_client.utc_now", lambda: later)
    assert claims(found)
    assert wire.asked("/keys") == 2


@pytest.mark.parametrize(
    "said",
    [{"nonce": "m"}, {"aud": "x"}, {"exp": 1}, {"iss": "https://id.example/OP"}, {"sub": ""}],
    ids=str,
)
def test_a_token_that_does_not_hold_is_refused(wire: Wire, said: dict[str, object]) -> None:
    wire.said |= said
    with pytest.raises(ProviderRefused, match="The city"):
        claims(client(wire))


def refuse(request: str) -> httpx.Response:
    raise httpx.ConnectError(request)


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize(
    "answer",
    [
        lambda: refuse("no route"),
        lambda: httpx.Response(503),
        lambda: httpx.Response(302, headers={"location": "https://elsewhere.example"}),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, json=["x"]),
    ],
)
def test_a_provider_that_does_not_answer_as_one_is_down(wire: Wire, path: str, answer: Callable[[], httpx.Response]) -> None:
    wire.answers[path] = answer
    with pytest.raises(ProviderDown, match="The city does not answer now"):
        claims(client(wire))


def test_a_code_that_it_does_not_take_is_refused(wire: Wire) -> None:
    wire.answers["/token"] = lambda: httpx.Response(400, json={"error": "invalid_grant"})
    with pytest.raises(ProviderRefused):
        claims(client(wire))
    wire.answers["/token"] = lambda: httpx.Response(200, json={"access_token": "at"})
    with pytest.raises(ProviderRefused):
        claims(client(wire))


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": 7},
    ],
    ids=str,
)
def test_a_description_of_somebody_else_or_without_https_is_not_believed(wire: Wire, said: dict[str, object]) -> None:
    wire.description |= said
    with pytest.raises(ProviderDown):
        client(wire).authorization_url("s", "n", "v")


def test_an_answer_says_from_whom_it_is(wire: Wire) -> None:
    assert client(wire).is_from_here(None)
    assert client(wire).is_from_here(ISSUER)
    assert not client(wire).is_from_here("https://evil.example")
    wire.description["authorization_response_iss_parameter_supported"] = True
    assert not client(wire).is_from_here(None)


def test_signing_out_there_is_offered_when_it_offers_it(wire: Wire) -> None:
    url = client(wire).sign_out_url("https://herstart.example/sign-in")
    assert url is not None
    assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == ["https://herstart.example/sign-in"]
    wire.description["end_session_endpoint"] = None
    assert client(wire).sign_out_url("https://herstart.example/sign-in") is None
