"""Cross-site request forgery: beside the origin check of `headers`, a page's changes carry the token of its session."""

import secrets

from fastapi import Depends
from starlette.requests import Request

from fleet.errors import N_, Forbidden
from fleet.web.forms import read_form
from fleet.web.viewer import viewer_of

FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TokenWrong(Forbidden):
    """The form's token does not belong to this session."""

    msgid = N_("This form is too old. Load the page again and send it once more.")


async def check_token(request: Request) -> None:
    """A dependency of every page, after the one that finds out who is there. Raises TokenWrong, FormTooLarge.

    A stranger has no session to protect; signing in is covered by the origin check.
    """
    viewer = viewer_of(request)
    if request.method in _SAFE or viewer is None or viewer.csrf_token is None:
        return
    given = request.headers.get(HEADER)
    if given is None:
        given = (await read_form(request)).raw(FIELD)
    if not secrets.compare_digest(given.encode(), viewer.csrf_token.encode()):
        raise TokenWrong


CsrfChecked = Depends(check_token)
"""To be listed among a page router's dependencies, after authentication."""
