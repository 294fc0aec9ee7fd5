"""The identity providers of an installation: a TOML file that FLEET_OIDC_FILE names (docs/sign-in.md shows one)."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator

from fleet.auth.rules import Role

NATIONAL_NUMBER: Final = "rrn"
"""The claim and scope of the national register number: nothing here may ask for it."""
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class ProvidersFileError(ValueError):
    """The file cannot be read, or something in it is wrong; the message names the place."""


class UnknownPeople(StrEnum):
    """What becomes of somebody whom the provider knows and this service does not."""

    REFUSE = "refuse"
    """They sign in here first, and link the two."""
    CREATE = "create"
    """They get an account with the roles of the mapping."""


def _allowed(names: tuple[str, ...]) -> tuple[str, ...]:
    if any(name.lower() == NATIONAL_NUMBER for name in names):
        raise ValueError("the national register number (rrn) may not be asked for")
    return names


def _reached(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("an address that begins with https:// is expected")
    return url


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _of_people(role: Role) -> Role:
    if role is Role.BENCH:
        raise ValueError("the role of a bench is not for people")
    return role


Names = Annotated[tuple[str, ...], BeforeValidator(_several), AfterValidator(_allowed)]
StaffRole = Annotated[Role, AfterValidator(_of_people)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClaimNames(_Strict):
    """Which of the provider's claims say what. Several names: the values one after the other."""

    name: Names = ("name",)
    login: Names = ()
    """What a new account's login is made of; none: a login that says nothing."""
    organisation: Names = ()
    roles: Names = ()
    """Held in every organisation of `organisation`."""
    role_pairs: Names = ()
    """Values of the form `role:code, code`: a role in these organisations only."""


class Provider(_Strict):
    """One identity provider. `key` is part of the addresses here; `organisations` and `roles` map values of its claims."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")
    name: str = Field(min_length=1, max_length=60)
    issuer: Annotated[str, AfterValidator(_reached)]
    client_id: str = Field(min_length=1, max_length=200)
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    scopes: Names = ("openid", "profile")
    unknown_people: UnknownPeople = UnknownPeople.REFUSE
    claims: ClaimNames = ClaimNames()
    organisations: Mapping[str, str] = Field(default_factory=dict)
    """Value of the organisation's claim -> name or id of an organisation of this service."""
    roles: Mapping[str, tuple[StaffRole, ...]] = Field(default_factory=dict)
    """Value of the roles' claim -> roles."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes must hold openid")
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("client_secret or client_secret_file, not both")
        said = self.claims.role_pairs or (self.claims.organisation and self.claims.roles)
        begun = self.claims.organisation or self.claims.roles
        mapped = (said, self.organisations, self.roles)
        if (any(mapped) or begun) and not all(mapped):
            raise ValueError(
                "a mapping needs organisations and roles, and claims.organisation with claims.roles, or claims.role_pairs"
            )
        if self.unknown_people is UnknownPeople.CREATE and not all(mapped):
            raise ValueError("accounts can only be created with a mapping of organisations and roles")
        return self

    @property
    def maps_roles(self) -> bool:
        """Whether the provider decides who may do what; else it only says who somebody is."""
        return bool(self.organisations)

    def secret(self) -> str | None:
        """The client's secret; None for a public client. Raises ProvidersFileError."""
        if self.client_secret_file is None:
            return self.client_secret.get_secret_value() if self.client_secret else None
        try:
            return self.client_secret_file.read_text().strip()
        except OSError as error:
            raise ProvidersFileError(f"client_secret_file of {self.key}: {error}") from error


class _File(_Strict):
    providers: dict[str, dict[str, object]] = Field(default_factory=dict)


def load(path: Path | None) -> Mapping[str, Provider]:
    """The providers of a file by key, in its order; no file: none. Raises ProvidersFileError."""
    if path is None:
        return {}
    try:
        text = path.read_text()
    except OSError as error:
        raise ProvidersFileError(f"FLEET_OIDC_FILE: {error}") from error
    return parse(text, path.parent)


def parse(text: str, folder: Path | None = None) -> Mapping[str, Provider]:
    """The providers of a file's text; the paths in it begin in `folder`. Raises ProvidersFileError."""
    try:
        file = _File.model_validate(tomllib.loads(text))
        read = [Provider.model_validate({"key": key, **fields}) for key, fields in file.providers.items()]
    except tomllib.TOMLDecodeError as error:
        raise ProvidersFileError(f"FLEET_OIDC_FILE is not TOML: {error}") from error
    except ValidationError as error:
        raise ProvidersFileError(f"FLEET_OIDC_FILE: {_told(error)}") from error
    found = {provider.key: _placed(provider, folder or Path()) for provider in read}
    for provider in found.values():
        provider.secret()
    return found


def _placed(provider: Provider, folder: Path) -> Provider:
    path = provider.client_secret_file
    return provider.model_copy(update={"client_secret_file": folder / path}) if path else provider


def _told(error: ValidationError) -> str:
    """What is wrong and where, without the values: a secret may be among them."""
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or error.title}: {one['msg']}" for one in error.errors())
