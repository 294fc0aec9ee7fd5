"""Send what was typed before the session ended."""

from uuid import UUID

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from fleet.accounts import kept
from fleet.accounts.resolver import resolver
from fleet.auth.identity import StaffUnit
from fleet.auth.pages import page_router
from fleet.web.forms import Posted
from fleet.web.kept import kept_page
from fleet.web.site import site_of

router = page_router()


@router.get("/kept/{form_id}")
def show_kept(request: Request, unit: StaffUnit, form_id: UUID) -> Response:
    """What was typed, and a button that sends it. Raises FormNotKept."""
    form = kept.kept(unit.session, unit.principal, form_id)
    return kept_page(request, form.path, form.fields, 200)


async def keep_form(request: Request, posted: Posted) -> str | None:
    """The application's keeper: where the form waits, or None for somebody who never had a session."""
    token = request.cookies.get(resolver.cookie_name(secure=site_of(request).secure))
    if not token:
        return None
    app: FastAPI = request.app
    form_id = await run_in_threadpool(kept.keep, app.state.database.engine(), token, request.url.path, posted.fields)
    return None if form_id is None else f"/kept/{form_id}"
