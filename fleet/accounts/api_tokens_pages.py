"""The admin's page of API tokens."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from fleet.accounts import api_tokens, proof
from fleet.accounts import service as accounts
from fleet.accounts.api_tokens_rules import DEFAULT_DAYS, LONGEST_DAYS, MAX_NAME
from fleet.auth.identity import AdminUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Scope
from fleet.db.columns import utc_now
from fleet.db.engine import Database
from fleet.db.session import get_database
from fleet.errors import N_
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.problems import status_of
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import error_text, render

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
DatabaseDep = Annotated[Database, Depends(get_database)]
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
def create(request: Request, unit: AdminUnit, database: DatabaseDep, posted: PostedForm) -> Response:
    """Make a token, by somebody who has just proven who they are: it outlives the session. It stands in the answer alone."""
    try:
        with redisplaying(request, unit.session, posted, lambda form, status: _list(request, unit, form, status)):
            wanted = posted.parse(_NewForm)
            proof.demand_recent(database.engine(), unit.session, unit.principal, posted.raw("password"))
            made = api_tokens.create(unit.session, unit.principal, wanted.name, wanted.scopes, days=wanted.days)
    except proof.PasswordNeeded as error:
        return _list(request, unit, FormState(posted.fields, {"password": error_text(request, error)}), status_of(error))
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
        recent=proof.is_recent(unit.session, unit.principal),
        default_days=DEFAULT_DAYS,
        longest_days=LONGEST_DAYS,
        max_name=MAX_NAME,
    )
