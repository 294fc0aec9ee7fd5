"""What every page has in common: it finds out who is there, which checks the token of a posted form too."""

from fastapi import APIRouter, Depends

from fleet.auth.identity import maybe_staff


def page_router() -> APIRouter:
    """A router for pages: not part of the API's description, and the viewer is known on each of them, errors included."""
    return APIRouter(include_in_schema=False, dependencies=[Depends(maybe_staff, scope="function")])
