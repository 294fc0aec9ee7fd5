"""What finishing has to know of the device, and what it reports."""

from dataclasses import dataclass
from typing import Final

from agents.errors import Refused
from fleet.contract.finishing import FinishedStep
from fleet.contract.kinds import Presence
from labels.codes import is_valid, show

_NETBIOS_CHARACTERS: Final = 15
"""A Windows computer name may not be longer (Microsoft, "Naming conventions in Active Directory")."""


class HostNameImpossible(Refused):
    """A device without a valid asset code cannot be named. Label it first."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The device that the image becomes part of.

    `asset_code` in its stored form (8 characters, no dash); `windows_key` tells whether the computer's firmware holds a Windows
    key (a drive in a dock cannot tell), `windows_key_end` that key's last five characters.
    """

    asset_code: str
    windows_key: Presence = Presence.INDETERMINATE
    windows_key_end: str | None = None

    @property
    def host_name(self) -> str:
        """The asset code as a host name (RFC 1123), e.g. `8yza-bcde`. Raises HostNameImpossible."""
        return show(self._code()).lower()

    @property
    def computer_name(self) -> str:
        """The asset code as a Windows computer name: no dash, unless it were digits alone, which Windows refuses.

        Raises HostNameImpossible.
        """
        code = self._code()
        return (show(code) if code.isdigit() else code)[:_NETBIOS_CHARACTERS]

    def _code(self) -> str:
        if not is_valid(self.asset_code):
            raise HostNameImpossible(f"{self.asset_code!r} is no asset code. {HostNameImpossible.__doc__}")
        return self.asset_code


@dataclass(frozen=True, slots=True)
class FinishReport:
    """What finishing wrote and read back, in the order in which it was done; empty where the manifest declares nothing."""

    steps: tuple[FinishedStep, ...] = ()
