"""What the forms of a list do: save and delete a view, choose columns. Each leads back to the list."""

from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from fleet.auth.identity import StaffUnit
from fleet.auth.pages import page_router
from fleet.errors import N_
from fleet.views import service
from fleet.web.addresses import own_path
from fleet.web.forms import PostedForm
from fleet.web.notices import Notice, after

router = page_router()
ListName = Annotated[str, Path(pattern="^[a-z][a-z-]{1,39}$")]
SAVED: Final = Notice("view-saved", N_("The view is saved."))
DELETED: Final = Notice("view-deleted", N_("The view is deleted."))


@router.post("/views/{name}")
def save_view(unit: StaffUnit, name: ListName, posted: PostedForm) -> Response:
    """Keep the list as it stands."""
    query = urlencode([pair for pair in parse_qsl(posted.get("query")) if pair[0] != "cursor"])
    service.save(unit.session, unit.principal, name, posted.get("name"), query, shared=posted.get("shared") == "yes")
    return after(own_path(posted.get("next")), SAVED)


@router.post("/views/{name}/columns")
def choose_columns(unit: StaffUnit, name: ListName, posted: PostedForm) -> Response:
    """Show these columns from now on, or the usual ones again."""
    chosen = () if posted.get("usual") else posted.fields.get("columns", ())
    service.choose_columns(unit.session, unit.principal, name, chosen)
    return after(own_path(posted.get("next")))


@router.post("/views/{name}/{view_id}/delete")
def delete_view(unit: StaffUnit, name: ListName, view_id: UUID, posted: PostedForm) -> Response:  # noqa: ARG001 - part of the address
    """Forget a view."""
    service.forget(unit.session, unit.principal, view_id)
    return after(own_path(posted.get("next")), DELETED)
