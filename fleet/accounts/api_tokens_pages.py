"""The admin's page of API tokens."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from fleet.accounts import api_tokens
from fleet.accounts import service as accounts
from fleet.accounts.api_tokens_rules import DEFAULT_DAYS, LONGEST_DAYS, MAX_NAME
from fleet.auth.identity import AdminUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Scope
from fleet.db.columns import utc_now
from fleet.errors import N_
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render

router = page_router()
REVOKED: Final = Notice("api-token-revoked", N_("The token is revoked. It opens nothing any more."))
SCOPES: Final[Mapping[Scope, str]] = {
    Scope.DEVICES_READ: N_("Read devices, drives, certificates and tasks"),
    Scope.DEVICES_WRITE: N_("Register devices and take steps with them"),
    Scope.DONATIONS_READ: N_("Read donors and donations"),
    Scope.DONATIONS_WRITE: N_("Register donations and batches"),
    Scope.REPORTS_READ: N_("Read reports"),
    Scope.ADMIN: N_("Manage people, benches, images and settings"),
}
"""What each scope means, in the order in which they are offered."""
Cursor = Annotated[str | None, Query(alias="after", max_length=400)]


class _NewForm(BaseModel):
    name: str = ""
    scopes: list[Scope] = []
    days: int = DEFAULT_DAYS


@router.get("/api-tokens")
def list_page(request: Request, unit: AdminUnit, cursor: Cursor = None) -> Response:
    """The organisation's tokens, and the form for one more."""
    return _list(request, unit, FormState(), 200, cursor)


@router.post("/api-tokens")
def create(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """Make a token; it stands in the answer and nowhere else."""
    with redisplaying(request, unit.session, posted, lambda form, status: _list(request, unit, form, status)):
        wanted = posted.parse(_NewForm)
        made = api_tokens.create(unit.session, unit.principal, wanted.name, wanted.scopes, days=wanted.days)
    return render(request, "accounts/api_token_new.html", made=made, scopes=SCOPES)


@router.post("/api-tokens/{token_id}/revoke")
def revoke(unit: AdminUnit, token_id: UUID) -> Response:
    """The token opens nothing any more."""
    api_tokens.revoke(unit.session, unit.principal, token_id)
    return after("/api-tokens", REVOKED)


def _list(request: Request, unit: Unit, form: FormState, status: int, cursor: str | None = None) -> Response:
    page = api_tokens.page(unit.session, unit.principal, cursor=cursor)
    return render(
        request,
        "accounts/api_tokens.html",
        status=status,
        form=form,
        page=page,
        first="/api-tokens" if cursor else None,
        next=f"/api-tokens?after={page.next}" if page.next else None,
        names=accounts.names(unit.session, {token.made_by for token in page.items if token.made_by}),
        now=utc_now(),
        scopes=SCOPES,
        default_days=DEFAULT_DAYS,
        longest_days=LONGEST_DAYS,
        max_name=MAX_NAME,
    )
