"""Which ways to sign in this installation offers beside login and password."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from fleet.accounts import oidc_settings
from fleet.accounts.oidc_client import ProviderClient
from fleet.accounts.oidc_settings import Provider
from fleet.accounts.passkeys_rules import RelyingParty, relying_party
from fleet.config import Settings


@dataclass(frozen=True)
class Ways:
    """Passkeys, where browsers allow them at this address, and identity providers by key, in the file's order."""

    party: RelyingParty | None
    clients: Mapping[str, ProviderClient]

    @property
    def passkeys(self) -> bool:
        """Whether passkeys work here."""
        return self.party is not None

    @property
    def providers(self) -> Sequence[Provider]:
        """The providers."""
        return [client.provider for client in self.clients.values()]


def ways_of(settings: Settings) -> Ways:
    """Read the settings. Raises ProvidersFileError."""
    providers = oidc_settings.load(settings.oidc_file)
    clients = {
        key: ProviderClient(provider, f"{settings.public_url}/sign-in/with/{key}/back") for key, provider in providers.items()
    }
    return Ways(relying_party(settings.public_url), clients)


def get_ways(request: Request) -> Ways:
    """The application's ways; it reads them when it is made."""
    ways: Ways = request.app.state.ways
    return ways


WaysDep = Annotated[Ways, Depends(get_ways)]
