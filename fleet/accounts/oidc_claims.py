"""What a provider says of somebody, and which rights here follow from it. Pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fleet.accounts.oidc_settings import Provider
from fleet.accounts.rules import is_login
from fleet.auth.rules import Role

Claims = Mapping[str, object]
MAX_DISPLAY: Final = 120


@dataclass(frozen=True)
class Person:
    """Somebody at a provider. `rights`: roles by the name (or id) of an organisation here, in the file's order."""

    issuer: str
    subject: str
    name: str
    login: str
    rights: Mapping[str, frozenset[Role]]


def person(provider: Provider, claims: Claims) -> Person:
    """Read the claims of a checked token."""
    subject = str(claims["sub"])
    return Person(
        provider.issuer, subject, _display(provider, claims), _login(provider, claims, subject), rights(provider, claims)
    )


def rights(provider: Provider, claims: Claims) -> Mapping[str, frozenset[Role]]:
    """Roles by organisation. Only organisations that the file names can be in it, whatever the provider says."""
    said, here = values(claims, provider.claims.roles), values(claims, provider.claims.organisation)
    pairs = {(role, code) for role in said for code in here} | set(_pairs(values(claims, provider.claims.role_pairs)))
    found: dict[str, frozenset[Role]] = {}
    for code, name in provider.organisations.items():
        roles = frozenset(role for value, where in pairs if where == code for role in provider.roles.get(value, ()))
        if roles:
            found[name] = found.get(name, frozenset()) | roles
    return found


def _pairs(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """`role:code, code`, a role for some organisations only."""
    for text in texts:
        role, _, codes = text.partition(":")
        yield from ((role.strip(), code.strip()) for code in codes.split(","))


def values(claims: Claims, names: Sequence[str]) -> list[str]:
    """All texts under these claims: a claim may be a text, a number or a list of them. A dotted name looks into an object."""
    found: list[str] = []
    for name in names:
        value = _at(claims, name)
        several = value if isinstance(value, (list, tuple)) else [value]
        found += [str(one).strip() for one in several if isinstance(one, (str, int)) and not isinstance(one, bool)]
    return [one for one in found if one]


def missing(provider: Provider, claims: Claims) -> bool:
    """Whether a claim that the file names is absent, so that the provider's userinfo must be asked for it."""
    wanted = provider.claims
    names = (*wanted.name, *wanted.login, *wanted.organisation, *wanted.roles, *wanted.role_pairs)
    return any(_at(claims, name) is None for name in names)


def spare_login(issuer: str, subject: str) -> str:
    """A login that nobody else has and that tells nothing."""
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()
    return f"p-{digest[:16]}"


def _at(claims: Claims, name: str) -> object:
    if name in claims:
        return claims[name]
    value: object = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _display(provider: Provider, claims: Claims) -> str:
    return " ".join(" ".join(values(claims, provider.claims.name)).split())[:MAX_DISPLAY].rstrip()


def _login(provider: Provider, claims: Claims, subject: str) -> str:
    wanted = ".".join(values(claims, provider.claims.login)).lower()
    return wanted if is_login(wanted) else spare_login(provider.issuer, subject)
