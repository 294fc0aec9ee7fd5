"""Who looks at a page, as far as pages must know. Authentication puts it on the request; nothing here knows accounts."""

from collections.abc import Collection
from typing import Protocol

from starlette.requests import HTTPConnection


class Viewer(Protocol):
    """Somebody who is signed in. `roles` are the values of the role enum; `csrf_token` belongs to the session."""

    @property
    def name(self) -> str:
        """What the person is called."""

    @property
    def organisation_name(self) -> str:
        """For whom the person acts."""

    @property
    def roles(self) -> Collection[str]:
        """Role values."""

    @property
    def language(self) -> str | None:
        """The language that the person chose for the account."""

    @property
    def csrf_token(self) -> str | None:
        """None for a caller without a browser session."""


def set_viewer(connection: HTTPConnection, viewer: Viewer) -> None:
    """Authentication calls this once it knows who is there."""
    connection.state.viewer = viewer


def viewer_of(connection: HTTPConnection) -> Viewer | None:
    """Who looks, or None for a stranger."""
    viewer: Viewer | None = getattr(connection.state, "viewer", None)
    return viewer
