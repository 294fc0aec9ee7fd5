"""What an identity provider says of itself (OpenID Connect Discovery 1.0, 3). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fleet.accounts.oidc_settings import LOOPBACK


class DescriptionUnfit(ValueError):
    """The description is of somebody else, or leads to where nothing may be sent; the text is for the log."""


@dataclass(frozen=True)
class Description:
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    posts_secret: bool
    names_itself: bool
    """It puts its issuer into each answer (RFC 9207), so that an answer without it is refused."""


def description(told: Mapping[str, Any], issuer: str) -> Description:
    """Read a provider's description. Raises DescriptionUnfit."""
    if told.get("issuer") != issuer:  # 4.3: exactly the same
        raise DescriptionUnfit(f"it calls itself {told.get('issuer')!r}, the file says {issuer!r}")
    ways = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Description(
        authorization_endpoint=_address(told, "authorization_endpoint"),
        token_endpoint=_address(told, "token_endpoint"),
        jwks_uri=_address(told, "jwks_uri"),
        userinfo_endpoint=_optional(told, "userinfo_endpoint"),
        end_session_endpoint=_optional(told, "end_session_endpoint"),
        posts_secret="client_secret_basic" not in ways and "client_secret_post" in ways,
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _optional(told: Mapping[str, Any], name: str) -> str | None:
    return _address(told, name) if told.get(name) else None


def _address(told: Mapping[str, Any], name: str) -> str:
    """An endpoint: by HTTPS, but on this machine."""
    url = told.get(name)
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise DescriptionUnfit(f"{name} is {url!r}")
    return str(url)
