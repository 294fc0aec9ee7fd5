"""Pages of the receiver's part of a transfer, and of what is missing in the end."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Request
from starlette.responses import Response

from fleet.auth.identity import LeadUnit, Unit
from fleet.auth.pages import page_router
from fleet.custody import receiving, service
from fleet.custody.errors import LineNotFound
from fleet.custody.fiche import Shown, fiche_page, redisplaying_fiche
from fleet.custody.identity import MoverUnit
from fleet.custody.rules import LineStatus
from fleet.errors import N_
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
CLOSED: Final = Notice("transfer-closed", N_("The transfer is finished."))
SHORT: Final = Notice("transfer-short", N_("Finished, but devices are missing. The sender is told."), "warn", "alert")
ANSWERED: Final = Notice("transfer-answered", N_("Your answer is recorded. Now scan the devices in."))
SETTLED: Final = Notice("transfer-settled", N_("That is recorded."))


@router.post("/transfers/{transfer_id}/arrive")
def scan_in(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Scan a device in; the place stays in its field for the next one."""
    place = posted.get("place")[:200]
    with redisplaying_fiche(request, unit, transfer_id, posted):
        done = receiving.receive(unit.session, unit.principal, transfer_id, posted.get("scanned"), place)
    return fiche_page(request, unit, transfer_id, FormState(), 200, Shown(arrived=done, place=place))


@router.post("/transfers/{transfer_id}/ownership")
def answer(request: Request, unit: LeadUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Accept or decline the devices as one's own."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        receiving.answer(unit.session, unit.principal, transfer_id, accept=posted.get("accept") == "yes")
    return after(f"/transfers/{transfer_id}", ANSWERED)


@router.post("/transfers/{transfer_id}/close")
def close(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Everything that came is scanned."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        transfer = receiving.close(unit.session, unit.principal, transfer_id)
        short = any(line.status is LineStatus.MISSING for line in service.lines(unit.session, transfer))
    return after(f"/transfers/{transfer_id}", SHORT if short else CLOSED)


@router.post("/transfers/{transfer_id}/found")
def found_here(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """The device is still here."""
    with redisplaying_fiche(request, unit, transfer_id, posted):
        receiving.found_here(unit.session, unit.principal, transfer_id, posted.get("code"))
    return after(f"/transfers/{transfer_id}", SETTLED)


@router.get("/transfers/{transfer_id}/lost/{code}")
def lost_form(request: Request, unit: MoverUnit, transfer_id: UUID, code: CodeParam) -> Response:
    """What is known of the loss."""
    return _lost_page(request, unit, transfer_id, code.upper(), FormState(), 200)


def _lost_page(request: Request, unit: Unit, transfer_id: UUID, code: str, form: FormState, status: int) -> Response:
    transfer = service.get(unit.session, unit.principal, transfer_id)
    line = next((row for row in service.lines(unit.session, transfer) if row.asset_code == code), None)
    if line is None:
        raise LineNotFound(code=show(code))
    return render(
        request, "custody/lost.html", status=status, form=form, transfer=transfer, line=line, shown=show(line.asset_code)
    )


@router.post("/transfers/{transfer_id}/lost/{code}")
def call_lost(request: Request, unit: MoverUnit, transfer_id: UUID, code: CodeParam, posted: PostedForm) -> Response:
    """Decide that it is lost."""

    def draw(form: FormState, status: int) -> Response:
        return _lost_page(request, unit, transfer_id, code.upper(), form, status)

    with redisplaying(request, unit.session, posted, draw):
        statement, police = posted.get("statement")[:2000], posted.get("police_reference")[:120] or None
        receiving.call_lost(unit.session, unit.principal, transfer_id, code.upper(), statement, police)
    return after(f"/transfers/{transfer_id}", SETTLED)
