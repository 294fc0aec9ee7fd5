"""For which address passkeys are made, and when a copy of one shows itself. Pure."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from fleet.errors import N_, Invalid

MAX_NAME: Final = 60
MOST: Final = 20
"""Passkeys of one account."""
SECURE_NAMES: Final = ("localhost", ".localhost")
"""Hosts that browsers trust without HTTPS (Secure Contexts, 3.1)."""


class PasskeyNameMissing(Invalid):
    """People must tell their passkeys apart."""

    msgid = N_("Give the passkey a name, for example: my phone.")


@dataclass(frozen=True)
class RelyingParty:
    """Who asks for a passkey: the host's name and the origin that the browser must report (WebAuthn 3, 5.1.3)."""

    id: str
    origin: str


def relying_party(public_url: str) -> RelyingParty | None:
    """The relying party of an installation; None where browsers allow no passkeys: without HTTPS, or under a bare IP address."""
    parts = urlsplit(public_url.lower())
    host = parts.hostname or ""
    if not host or _is_address(host):
        return None
    if parts.scheme != "https" and host != SECURE_NAMES[0] and not host.endswith(SECURE_NAMES[1]):
        return None
    default = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return RelyingParty(host, f"{parts.scheme}://{host}{port}")


def goes_back(stored: int, reported: int) -> bool:
    """Whether a signature counter shows that a second copy of the key is in use (WebAuthn 3, 7.2 step 22).

    Authenticators that do not count report 0 each time.
    """
    return (stored > 0 or reported > 0) and reported <= stored


def name_of(text: str) -> str:
    """A passkey's name without superfluous blanks. Raises PasskeyNameMissing."""
    name = " ".join(text.split())[:MAX_NAME].rstrip()
    if not name:
        raise PasskeyNameMissing(field="name")
    return name


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
