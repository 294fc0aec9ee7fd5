"""Pages of the sender's part of a transfer: a new one, its fiche with the scan box, and its packing list.

All of it works without JavaScript.
"""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.custody import service
from fleet.custody.errors import DestinationUnknown
from fleet.custody.fiche import Shown, fiche_page, redisplaying_fiche
from fleet.custody.identity import MoverUnit
from fleet.custody.service import Consignment, Destination
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render

router = page_router()
SENT: Final = Notice("transfer-sent", N_("On its way. You hold the devices until the other side scans them in."))
CANCELLED: Final = Notice("transfer-cancelled", N_("The transfer is cancelled. The devices stay with you."), "warn", "return")
TAKEN_OFF: Final = Notice("transfer-taken-off", N_("The device is off the list."))


@router.get("/transfers/new")
def new_form(request: Request, unit: MoverUnit, name: Annotated[str, Query(max_length=120)] = "") -> Response:
    """Look the other side up by its name, then choose it."""
    return _new_page(request, unit, name, FormState(), 200)


def _new_page(request: Request, unit: Unit, name: str, form: FormState, status: int) -> Response:
    own = unit.principal.organisation_id
    found = organisations.others(unit.session, unit.principal, name)
    return render(
        request,
        "custody/new.html",
        status=status,
        form=form,
        name=name,
        found=[(row, organisations.sites_of(unit.session, row.id)) for row in found],
        own=own,
        own_sites=organisations.sites_of(unit.session, own),
    )


@router.post("/transfers/new")
def create(request: Request, unit: MoverUnit, posted: PostedForm) -> Response:
    """Begin to pack."""
    with redisplaying(
        request, unit.session, posted, lambda form, status: _new_page(request, unit, posted.get("name"), form, status)
    ):
        to, site = _pair(posted.get("to"))
        if to is None:
            raise DestinationUnknown(field="to")
        leaves = _pair(posted.get("from_site"))[0]
        ownership = posted.get("ownership") == "yes"
        transfer = service.draft(unit.session, unit.principal, Destination(to, site, leaves, ownership))
    return after(f"/transfers/{transfer.id}")


def _pair(text: str) -> tuple[UUID | None, UUID | None]:
    """An organisation, and its site behind a slash; what is no id counts as not chosen."""
    first, _, second = text.partition("/")
    return _uuid(first), _uuid(second)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@router.get("/transfers/{transfer_id}")
def fiche(request: Request, unit: StaffUnit, transfer_id: UUID) -> Response:
    """The transfer, its devices, and the scan box of whoever is next."""
    return fiche_page(request, unit, transfer_id, FormState(), 200)


@router.post("/transfers/{transfer_id}/scan")
def scan_out(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Scan a device out; the answer is green or red, above the box for the next one."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        done = service.pack(unit.session, unit.principal, transfer_id, posted.get("scanned"))
    return fiche_page(request, unit, transfer_id, FormState(), 200 if done.why is None else 409, Shown(scanned=done))


@router.post("/transfers/{transfer_id}/remove")
def take_off(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Take a device off the list."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        service.unpack(unit.session, unit.principal, transfer_id, posted.get("code"))
    return after(f"/transfers/{transfer_id}", TAKEN_OFF)


@router.post("/transfers/{transfer_id}/send")
def send(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Let it go."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        goes = Consignment(posted.get("driver")[:120], posted.get("carrier_reference")[:120], posted.get("seal")[:80])
        service.send(unit.session, unit.principal, transfer_id, goes)
    return after(f"/transfers/{transfer_id}", SENT)


@router.post("/transfers/{transfer_id}/cancel")
def cancel(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Give it up."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        service.cancel(unit.session, unit.principal, transfer_id)
    return after(f"/transfers/{transfer_id}", CANCELLED)


@router.get("/transfers/{transfer_id}/print")
def packing_list(request: Request, unit: StaffUnit, transfer_id: UUID) -> Response:
    """The packing list on paper, with room for both signatures."""
    return fiche_page(request, unit, transfer_id, FormState(), 200, Shown(template="custody/packing_list.html"))
