"""What somebody must do before anything else: choose a password that nobody else knows."""

from collections.abc import Iterable
from typing import Final

from fleet.auth.rules import Principal
from fleet.errors import N_, Forbidden

ME: Final = "/api/v1/me"
"""Who one is; what lies below it is not open to all."""
ALWAYS: Final = ("/sign-out", "/account/sign-out-everywhere", "/language", "/look", "/api/v1/session")
"""Where, and below, everybody may go who is signed in at all: out, in anew, to another language."""
CHOOSE: Final = "/account/password"


class PasswordFirst(Forbidden):
    """Somebody else knows the caller's password."""

    msgid = N_("Somebody else chose your password. Choose one that only you know, then go on.")


GATES: Final = (PasswordFirst,)
"""What a handler for people can answer before it begins, because something else comes first."""


def is_below(path: str, places: Iterable[str]) -> bool:
    """Whether a path is one of these places or stands below it: `/account/badge` is below `/account`, `/accounts` is not."""
    return any(path == place or path.startswith(f"{place}/") for place in places)


def check(path: str, principal: Principal) -> None:
    """Raises PasswordFirst, with the page where that is done as `see`.

    While another person knows the password, nothing may be made with it that opens the account when it is changed: no passkey, no
    badge, no link to another identity. So the page of the password alone is open, and not all that is for oneself.
    """
    if path == ME or is_below(path, ALWAYS):
        return
    if principal.must_change and not is_below(path, (CHOOSE,)):
        raise PasswordFirst(see=CHOOSE)
