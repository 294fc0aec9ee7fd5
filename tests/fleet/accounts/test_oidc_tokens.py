"""An ID token is believed only when every single thing about it is right."""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from fleet.accounts.oidc_tokens import LEEWAY_S, Expected, KeyUnknown, TokenUnfit, checked, keys_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ISSUER, CLIENT, NONCE = "https://id.example", "heropstart", "n-1"
EXPECTED = Expected(ISSUER, CLIENT, NONCE)


def key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, private=True)


OURS, OTHER = key("one"), key("one")
PUBLISHED = {"keys": [OURS.as_dict(private=False)]}


def claims(**changed: object) -> dict[str, object]:
    second = int(NOW.timestamp())
    said = {"iss": ISSUER, "aud": CLIENT, "sub": "els", "nonce": NONCE, "iat": second - 5, "exp": second + 300}
    return {name: value for name, value in (said | changed).items() if value is not None}


def token(signed_with: RSAKey = OURS, header: dict[str, str] | None = None, **changed: object) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"} | (header or {}), claims(**changed), signed_with)


def check(text: str) -> dict[str, object]:
    return dict(checked(text, keys_of(PUBLISHED), EXPECTED, NOW))


def test_a_right_token_is_read() -> None:
    assert check(token())["sub"] == "els"


def test_several_audiences_are_fine_when_we_are_the_one_it_is_for() -> None:
    assert check(token(aud=[CLIENT, "other"], azp=CLIENT))["sub"] == "els"


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "n-2"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"aud": [CLIENT, "other"], "azp": "other"},
        {"iss": "https://id.example/"},
        {"iss": None},
        {"exp": int(NOW.timestamp()) - LEEWAY_S - 1},
        {"exp": None},
        {"iat": int(NOW.timestamp()) + LEEWAY_S + 60},
        {"iat": None},
        {"nbf": int(NOW.timestamp()) + LEEWAY_S + 60},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": 7},
        {"at_hash": "not the access token's"},
    ],
    ids=str,
)
def test_a_token_that_says_something_else_is_refused(changed: dict[str, object]) -> None:
    expected = Expected(ISSUER, CLIENT, NONCE, access_token="an access token")
    with pytest.raises(TokenUnfit):
        checked(token(**changed), keys_of(PUBLISHED), expected, NOW)


def test_a_clock_that_is_a_little_off_is_no_reason() -> None:
    assert check(token(exp=int(NOW.timestamp()) - LEEWAY_S + 5))


def test_another_key_under_the_same_name_is_refused() -> None:
    with pytest.raises(TokenUnfit, match="BadSignature"):
        check(token(OTHER))


def test_a_key_that_is_not_published_is_told_apart() -> None:
    with pytest.raises(KeyUnknown):
        check(token(key("two"), {"kid": "two"}))


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_no_signature_is_refused() -> None:
    for name in ("none", "None", "NONE"):
        with pytest.raises(TokenUnfit):
            check(f"{part({'alg': name, 'kid': 'one'})}.{part(claims())}.")


def test_the_public_key_is_no_password() -> None:
    signed = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims())}"
    forged = hmac.digest(OURS.as_pem(private=False), signed.encode(), "sha256")
    with pytest.raises(TokenUnfit):
        check(f"{signed}.{urlsafe_b64encode(forged).rstrip(b'=').decode()}")


def test_other_algorithms_of_the_same_key_are_refused() -> None:
    text = jwt.encode({"alg": "PS256", "kid": "one"}, claims(), OURS, algorithms=["PS256"])
    with pytest.raises(TokenUnfit):
        check(text)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "\u0000.\u0000.", "e30.e30.e30", "." * 5, "é.é.é"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenUnfit):
        check(text)


@pytest.mark.parametrize(
    "document",
    [{}, {"keys": []}, {"keys": ["x"]}, {"keys": [{"kty": "oct", "k": "AQ"}]}, {"keys": [PUBLISHED["keys"][0] | {"use": "enc"}]}],
)
def test_without_a_signing_key_nothing_is_believed(document: dict[str, object]) -> None:
    with pytest.raises(TokenUnfit):
        checked(token(), keys_of(document), EXPECTED, NOW)


def test_keys_that_cannot_be_read_are_told() -> None:
    with pytest.raises(TokenUnfit):
        keys_of({"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]})
