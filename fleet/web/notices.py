"""What was just done, told once on the next page: a short-lived cookie holds a key, never a text."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

COOKIE: Final = "heropstart-notice"
_KNOWN: Final[dict[str, "Notice"]] = {}


@dataclass(frozen=True)
class Notice:
    """A message; make it once, at module level. `text` is marked with N_."""

    key: str
    text: str
    tone: str = "good"
    icon: str = "check-ring"
    undo: bool = False
    """Whether it tells of a step that the page of its device offers to take back."""

    def __post_init__(self) -> None:
        _KNOWN[self.key] = self


def notice_of(connection: HTTPConnection) -> Notice | None:
    """The notice that the browser carries."""
    return _KNOWN.get(connection.cookies.get(COOKIE, ""))


def forget(response: Response) -> None:
    """Once shown, it goes."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def after(url: str, notice: Notice | None = None) -> RedirectResponse:
    """Post/Redirect/Get: go on to a page of ours, telling what was done."""
    response = RedirectResponse(url, status_code=303)
    if notice is not None:
        response.set_cookie(COOKIE, notice.key, max_age=60, path="/", httponly=True, samesite="lax")
    return response
