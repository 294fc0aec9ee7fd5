"""Your passkeys: make, list, rename, remove; and the page that offers one after a sign-in."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import Response

from fleet.accounts import passkeys, proof
from fleet.accounts.ways import WaysDep
from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.db.engine import Database
from fleet.db.session import get_database
from fleet.errors import N_
from fleet.web.addresses import own_path
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import error_text, render

router = page_router()
HERE: Final = "/account/passkeys"
ADDED: Final = Notice("passkey-added", N_("The passkey is ready. From now on you can sign in with it."))
RENAMED: Final = Notice("passkey-renamed", N_("The passkey has its new name."))
REMOVED: Final = Notice("passkey-removed", N_("The passkey is removed. It opens nothing here any more."))
DatabaseDep = Annotated[Database, Depends(get_database)]
Onward = Annotated[str, Query(alias="next", max_length=2000)]


@router.get(HERE)
def passkeys_page(request: Request, unit: StaffUnit, ways: WaysDep) -> Response:
    """The list, and a form for another one."""
    return _page(request, unit, ways, FormState(), 200)


@router.get("/account/passkeys/added")
def passkey_added(_unit: StaffUnit, onward: Onward = HERE) -> Response:
    """Where the script goes once the browser has made one: on, telling what was done."""
    return after(own_path(onward, HERE), ADDED)


@router.get(passkeys.OFFER)
def passkey_offer(request: Request, unit: StaffUnit, ways: WaysDep, onward: Onward = "/") -> Response:
    """Asked once after a sign-in with a password: would you like a passkey? "Later" is an answer."""
    return render(
        request,
        "accounts/passkey_offer.html",
        onward=own_path(onward),
        possible=ways.passkeys,
        recent=proof.is_recent(unit.session, unit.principal),
    )


@router.post("/account/passkeys/{passkey_id}/name")
def rename_passkey(request: Request, unit: StaffUnit, ways: WaysDep, posted: PostedForm, passkey_id: UUID) -> Response:
    """Call it otherwise."""
    with redisplaying(request, unit.session, posted, lambda form, status: _page(request, unit, ways, form, status, passkey_id)):
        passkeys.rename(unit.session, unit.principal, passkey_id, posted.get("name"))
    return after(HERE, RENAMED)


@router.post("/account/passkeys/{passkey_id}/remove")
def remove_passkey(
    request: Request, unit: StaffUnit, ways: WaysDep, database: DatabaseDep, posted: PostedForm, passkey_id: UUID
) -> Response:
    """It opens nothing any more."""
    try:
        with redisplaying(
            request, unit.session, posted, lambda form, status: _page(request, unit, ways, form, status, passkey_id)
        ):
            passkeys.remove(database.engine(), unit.session, unit.principal, passkey_id, posted.raw("password"))
    except proof.PasswordNeeded as error:
        form = FormState(posted.fields, {"password": error_text(request, error)})
        return _page(request, unit, ways, form, 403, passkey_id)
    return after(HERE, REMOVED)


def _page(request: Request, unit: Unit, ways: WaysDep, form: FormState, status: int, about: UUID | None = None) -> Response:
    """`about`: the passkey whose form was refused."""
    return render(
        request,
        "accounts/passkeys.html",
        status=status,
        form=form,
        about=about,
        passkeys=passkeys.mine(unit.session, unit.principal),
        possible=ways.passkeys,
        recent=proof.is_recent(unit.session, unit.principal),
    )
