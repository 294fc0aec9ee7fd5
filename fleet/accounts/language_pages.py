"""The choice of a language by somebody who is signed in or not."""

from typing import Annotated

from fastapi import Form, Request
from starlette.responses import Response

from fleet.accounts.language import keep_language
from fleet.auth.identity import MaybeUnit
from fleet.auth.pages import page_router
from fleet.ui.i18n import Language
from fleet.web.shell import Back, language_chosen

router = page_router()


@router.post("/language")
def choose_language(request: Request, unit: MaybeUnit, language: Annotated[Language, Form()], back: Back = "/") -> Response:
    """Kept in this browser for strangers, and on the account of who is signed in."""
    if unit is not None:
        keep_language(unit.session, unit.principal, language)
    return language_chosen(request, back, language)
