"""Errors that a caller can act on; no HTTP here (`fleet.web.problems` maps them to status codes).

FleetError
├── Unauthenticated      who is calling is not known
├── Forbidden            known, but may not
├── NotFound             no such thing, or not for this organisation
├── Invalid              the input is wrong
├── Conflict             the input is right, but not now
│   └── Stale            someone else changed it first
├── TooMany              slow down
└── Unavailable          something this needs does not answer

A noun's own errors subclass one of these beside its service. `msgid` is the message in English with `{fields}`;
`N_` marks it for translation, the fields come from keyword arguments and are also shown as data in the API.
"""

from typing import ClassVar


def N_(text: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Mark a text for translation; it is translated where it is shown."""
    return text


class FleetError(Exception):
    """Base of everything a caller can act on."""

    msgid: ClassVar[str] = N_("Something went wrong. Try again, and tell your admin if it stays.")

    def __init__(self, **data: object) -> None:
        self.data = data
        super().__init__(self.msgid.format(**data))

    @property
    def code(self) -> str:
        """Stable kebab-case identifier: the class name."""
        name = type(self).__name__
        return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class Unauthenticated(FleetError):
    """Who is calling is not known."""

    msgid = N_("Sign in first.")


class Forbidden(FleetError):
    """The caller is known, but may not do this."""

    msgid = N_("You may not do this. Ask your admin for the right role.")


class NotFound(FleetError):
    """No such thing, or not visible to the caller's organisation."""

    msgid = N_("This does not exist, or it belongs to another organisation.")


class Invalid(FleetError):
    """The input is wrong."""

    msgid = N_("This input is not right. Check it and try again.")


class Conflict(FleetError):
    """The input is right, but does not fit the present state."""

    msgid = N_("This is not possible now.")


class Stale(Conflict):
    """Someone else changed the same thing first."""

    msgid = N_("Someone else changed this in the meantime. Load the page again and check.")


class TooMany(FleetError):
    """The caller must slow down."""

    msgid = N_("Too many attempts. Wait {seconds} seconds and try again.")


class Unavailable(FleetError):
    """Something this needs does not answer."""

    msgid = N_("The service is not available now. Try again in a minute.")
