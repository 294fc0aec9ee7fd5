"""What every page has in common: it finds out who is there, then checks the form's token."""

from fastapi import APIRouter, Depends

from fleet.auth.identity import maybe_staff
from fleet.web.csrf import CsrfChecked


def page_router() -> APIRouter:
    """A router for pages. The order of its dependencies matters: the token belongs to the person's session."""
    return APIRouter(include_in_schema=False, dependencies=[Depends(maybe_staff, scope="function"), CsrfChecked])
