"""Talk to an identity provider: discovery, the address to send people to, the exchange of a code, its keys, userinfo."""

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

import httpx
import structlog
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from fleet.accounts.oidc_claims import missing
from fleet.accounts.oidc_discovery import Description, DescriptionUnfit, description
from fleet.accounts.oidc_settings import Provider
from fleet.accounts.oidc_tokens import Expected, KeyUnknown, TokenUnfit, checked, keys_of
from fleet.db.columns import utc_now
from fleet.errors import N_, Unauthenticated, Unavailable

TIMEOUT_S: Final = 5.0
KEPT: Final = timedelta(hours=1)
"""How long a provider's description and keys are believed before they are read anew."""
AGAIN: Final = timedelta(minutes=1)
"""An unknown key makes us read the keys anew, but not more often than this."""
_log = structlog.get_logger(__name__)


class ProviderDown(Unavailable):
    """The provider does not answer, or not as one."""

    msgid = N_("{provider} does not answer now. Sign in with your password, or try again in a minute.")


class ProviderRefused(Unauthenticated):
    """The provider's answer does not hold."""

    msgid = N_("Signing in with {provider} did not work. Try again, or sign in with your password.")


@dataclass
class _Memory:
    """What was read, and when."""

    description: Description | None = None
    described_at: datetime | None = None
    keys: Mapping[str, Any] | None = None
    keys_at: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class ProviderClient:
    """One provider. `callback` is our own address to which it sends people back; `transport` is for tests."""

    def __init__(self, provider: Provider, callback: str, transport: httpx.BaseTransport | None = None) -> None:
        self.provider = provider
        self._callback = callback
        self._transport = transport
        self._memory = _Memory()

    def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send somebody who wants to sign in. Raises ProviderDown."""
        url: str = prepare_grant_uri(
            self._described().authorization_endpoint,
            self.provider.client_id,
            "code",
            redirect_uri=self._callback,
            scope=" ".join(self.provider.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return url

    def sign_out_url(self, back: str) -> str | None:
        """Where somebody ends the session at the provider too; None when it offers none. Raises ProviderDown."""
        endpoint = self._described().end_session_endpoint
        if endpoint is None:
            return None
        url: str = add_params_to_uri(endpoint, {"client_id": self.provider.client_id, "post_logout_redirect_uri": back})
        return url

    def is_from_here(self, issuer: str | None) -> bool:
        """Whether an answer comes from this provider, as far as it says so itself. Raises ProviderDown."""
        return issuer == self.provider.issuer if issuer is not None else not self._described().names_itself

    def claims(self, code: str, verifier: str, nonce: str) -> Mapping[str, object]:
        """Exchange a code for what the provider says of the person. Raises ProviderDown, ProviderRefused."""
        described = self._described()
        answer = self._exchange(described, code, verifier)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise self._refused("no id_token in the answer")
        claims = self._checked(token, Expected(self.provider.issuer, self.provider.client_id, nonce, _text(access)))
        if described.userinfo_endpoint and isinstance(access, str) and missing(self.provider, claims):
            return self._userinfo(described.userinfo_endpoint, access, claims["sub"]) | dict(claims)
        return claims

    def _exchange(self, described: Description, code: str, verifier: str) -> Mapping[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._callback, "code_verifier": verifier}
        headers, secret = {"Accept": "application/json"}, self.provider.secret()
        if secret is None:
            form["client_id"] = self.provider.client_id
        elif described.posts_secret:
            form |= {"client_id": self.provider.client_id, "client_secret": secret}
        else:  # RFC 6749, 2.3.1: both parts are form-encoded first
            pair = f"{quote_plus(self.provider.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = self._ask("POST", described.token_endpoint, headers=headers, data=form)
        if answer.is_client_error:
            raise self._refused(f"token endpoint: {answer.status_code}")
        return self._object(answer)

    def _checked(self, token: str, expected: Expected) -> Mapping[str, Any]:
        try:
            try:
                return checked(token, keys_of(self._keys(older_than=KEPT)), expected, utc_now())
            except KeyUnknown:
                return checked(token, keys_of(self._keys(older_than=AGAIN)), expected, utc_now())
        except TokenUnfit as error:
            raise self._refused(str(error)) from error

    def _userinfo(self, endpoint: str, access: str, subject: str) -> dict[str, Any]:
        answer = self._ask("GET", endpoint, headers={"Authorization": f"Bearer {access}", "Accept": "application/json"})
        found = dict(self._object(answer))
        if found.get("sub") != subject:  # Core, 5.3.2: else it may be another person's
            raise self._refused("userinfo is about somebody else")
        return found

    def _described(self) -> Description:
        memory, now = self._memory, utc_now()
        with memory.lock:
            if memory.description is None or memory.described_at is None or now - memory.described_at > KEPT:
                url = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
                memory.description, memory.described_at = self._read(self._object(self._ask("GET", url))), now
            return memory.description

    def _keys(self, *, older_than: timedelta) -> Mapping[str, Any]:
        uri = self._described().jwks_uri
        memory, now = self._memory, utc_now()
        with memory.lock:
            if memory.keys is None or memory.keys_at is None or now - memory.keys_at > older_than:
                memory.keys, memory.keys_at = self._object(self._ask("GET", uri)), now
            return memory.keys

    def _read(self, told: Mapping[str, Any]) -> Description:
        try:
            return description(told, self.provider.issuer)
        except DescriptionUnfit as error:
            raise self._down(str(error)) from error

    def _ask(self, method: str, url: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own keywords
        try:
            with httpx.Client(transport=self._transport, timeout=TIMEOUT_S, follow_redirects=False) as http:
                answer = http.request(method, url, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._down(f"{url}: {error}") from error
        if answer.is_server_error or answer.is_redirect:
            raise self._down(f"{url}: {answer.status_code}")
        return answer

    def _object(self, answer: httpx.Response) -> Mapping[str, Any]:
        try:
            found = answer.json() if answer.is_success else None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._down(f"{answer.request.url}: {answer.status_code}, no JSON object")
        return found

    def _down(self, why: str) -> ProviderDown:
        _log.warning("identity provider does not answer as one", provider=self.provider.key, why=why)
        return ProviderDown(provider=self.provider.name)

    def _refused(self, why: str) -> ProviderRefused:
        _log.warning("identity provider's answer refused", provider=self.provider.key, why=why)
        return ProviderRefused(provider=self.provider.name)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
