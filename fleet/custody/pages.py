"""Pages of transfers: the list, a new one, and the fiche with its scan box, which works without JavaScript."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response

from fleet.auth.identity import LeadUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS
from fleet.custody import receiving, service
from fleet.custody.errors import DestinationUnknown, LineNotFound
from fleet.custody.identity import MoverUnit
from fleet.custody.models import Transfer
from fleet.custody.receiving import Arrival, ScannedIn
from fleet.custody.rules import EXPECTED, MOVERS, LineStatus, Ownership, TransferStatus, may_call_lost
from fleet.custody.service import Consignment, Destination, Scanned
from fleet.custody.spoken import ANSWERS, ARRIVALS, LINES, STATUSES, WHY_NOT
from fleet.db.columns import utc_now
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
SENT: Final = Notice("transfer-sent", N_("On its way. You hold the devices until the other side scans them in."))
CANCELLED: Final = Notice("transfer-cancelled", N_("The transfer is cancelled. The devices stay with you."), "warn", "return")
CLOSED: Final = Notice("transfer-closed", N_("The transfer is finished."))
SHORT: Final = Notice("transfer-short", N_("Finished, but devices are missing. The sender is told."), "warn", "alert")
ANSWERED: Final = Notice("transfer-answered", N_("Your answer is recorded. Now scan the devices in."))
TAKEN_OFF: Final = Notice("transfer-taken-off", N_("The device is off the list."))
SETTLED: Final = Notice("transfer-settled", N_("That is recorded."))


@router.get("/transfers")
def list_page(
    request: Request,
    unit: StaffUnit,
    cursor: Annotated[str | None, Query()] = None,
    show_all: Annotated[str, Query(alias="all", max_length=3)] = "",
) -> Response:
    """What is packed, under way and expected; finished ones when asked."""
    open_only = show_all != "yes"
    page = service.page(unit.session, unit.principal, open_only=open_only, cursor=cursor)
    base = "/transfers" if open_only else "/transfers?all=yes"
    return render(
        request,
        "custody/list.html",
        transfers=page.items,
        tallies=service.tallies(unit.session, page.items),
        names=_names(unit, page.items),
        mine=unit.principal.organisation_id,
        statuses=STATUSES,
        open_only=open_only,
        may_move=unit.principal.has(*MOVERS),
        first=base if cursor else None,
        next=f"{base}{'?' if open_only else '&'}cursor={page.next}" if page.next else None,
    )


def _names(unit: Unit, transfers: Iterable[Transfer]) -> dict[UUID, str]:
    """The sides' names: what stands on their labels."""
    ids = {side for row in transfers for side in (row.sender_id, row.receiver_id)}
    return {side: organisations.public_face(unit.session, side).name for side in ids}


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
    return _fiche_page(request, unit, transfer_id, FormState(), 200)


@dataclass(frozen=True)
class _Shown:
    """What a fiche shows beside the transfer: how the last scan ended, and the place that stays in its field."""

    scanned: Scanned | None = None
    arrived: ScannedIn | None = None
    place: str = ""
    template: str = "custody/fiche.html"

    @property
    def green(self) -> bool:
        """Whether the last scan was right."""
        if self.arrived is not None:
            return self.arrived.arrival in {Arrival.RECEIVED, Arrival.AGAIN}
        return self.scanned is not None and self.scanned.why is None


_PLAIN: Final = _Shown()


def _fiche_page(
    request: Request, unit: Unit, transfer_id: UUID, form: FormState, status: int, shown: _Shown = _PLAIN
) -> Response:
    transfer = service.get(unit.session, unit.principal, transfer_id)
    lines = service.lines(unit.session, transfer)
    mine = unit.principal.organisation_id
    may_move = unit.principal.has(*MOVERS)
    sends, receives = transfer.sender_id == mine and may_move, transfer.receiver_id == mine and may_move
    now = utc_now()
    return render(
        request,
        shown.template,
        status=status,
        form=form,
        transfer=transfer,
        lines=lines,
        sites={
            **organisations.sites_of(unit.session, transfer.sender_id),
            **organisations.sites_of(unit.session, transfer.receiver_id),
        },
        names=_names(unit, [transfer]),
        packs=sends and transfer.status is TransferStatus.DRAFT,
        cancels=sends and transfer.closed_at is None and not any(line.status is LineStatus.RECEIVED for line in lines),
        asked=receives and transfer.ownership is Ownership.OFFERED and transfer.status is TransferStatus.SENT,
        answers=unit.principal.has(*MANAGERS),
        takes=receives and transfer.ownership is not Ownership.OFFERED and _expects(transfer, [line.status for line in lines]),
        settles=sends,
        expected=EXPECTED,
        lost_now={line.asset_code for line in lines if may_call_lost(line.status, transfer.closed_at, now)},
        shown=shown,
        why_not=WHY_NOT,
        arrivals=ARRIVALS,
        statuses=STATUSES,
        line_words=LINES,
        ownership_words=ANSWERS,
        show_code=show,
    )


def _expects(transfer: Transfer, lines: list[LineStatus]) -> bool:
    """Whether anything may still be scanned in."""
    return transfer.status is TransferStatus.SENT or (transfer.status is TransferStatus.CLOSED and LineStatus.MISSING in lines)


@router.post("/transfers/{transfer_id}/scan")
def scan_out(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Scan a device out; the answer is green or red, above the box for the next one."""
    with _again(request, unit, transfer_id, posted):
        done = service.pack(unit.session, unit.principal, transfer_id, posted.get("scanned"))
    return _fiche_page(request, unit, transfer_id, FormState(), 200 if done.why is None else 409, _Shown(scanned=done))


@router.post("/transfers/{transfer_id}/remove")
def take_off(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Take a device off the list."""
    with _again(request, unit, transfer_id, posted):
        service.unpack(unit.session, unit.principal, transfer_id, posted.get("code"))
    return after(f"/transfers/{transfer_id}", TAKEN_OFF)


@router.post("/transfers/{transfer_id}/send")
def send(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Let it go."""
    with _again(request, unit, transfer_id, posted):
        goes = Consignment(posted.get("driver")[:120], posted.get("carrier_reference")[:120], posted.get("seal")[:80])
        service.send(unit.session, unit.principal, transfer_id, goes)
    return after(f"/transfers/{transfer_id}", SENT)


@router.post("/transfers/{transfer_id}/cancel")
def cancel(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Give it up."""
    with _again(request, unit, transfer_id, posted):
        service.cancel(unit.session, unit.principal, transfer_id)
    return after(f"/transfers/{transfer_id}", CANCELLED)


@router.post("/transfers/{transfer_id}/arrive")
def scan_in(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Scan a device in; the place stays in its field for the next one."""
    place = posted.get("place")[:200]
    with _again(request, unit, transfer_id, posted):
        done = receiving.receive(unit.session, unit.principal, transfer_id, posted.get("scanned"), place)
    return _fiche_page(request, unit, transfer_id, FormState(), 200, _Shown(arrived=done, place=place))


@router.post("/transfers/{transfer_id}/ownership")
def answer(request: Request, unit: LeadUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Accept or decline the devices as one's own."""
    with _again(request, unit, transfer_id, posted):
        receiving.answer(unit.session, unit.principal, transfer_id, accept=posted.get("accept") == "yes")
    return after(f"/transfers/{transfer_id}", ANSWERED)


@router.post("/transfers/{transfer_id}/close")
def close(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """Everything that came is scanned."""
    with _again(request, unit, transfer_id, posted):
        transfer = receiving.close(unit.session, unit.principal, transfer_id)
        short = any(line.status is LineStatus.MISSING for line in service.lines(unit.session, transfer))
    return after(f"/transfers/{transfer_id}", SHORT if short else CLOSED)


@router.post("/transfers/{transfer_id}/found")
def found_here(request: Request, unit: MoverUnit, transfer_id: UUID, posted: PostedForm) -> Response:
    """The device is still here."""
    with _again(request, unit, transfer_id, posted):
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


@router.get("/transfers/{transfer_id}/print")
def packing_list(request: Request, unit: StaffUnit, transfer_id: UUID) -> Response:
    """The packing list on paper, with room for both signatures."""
    return _fiche_page(request, unit, transfer_id, FormState(), 200, _Shown(template="custody/packing_list.html"))


def _again(request: Request, unit: Unit, transfer_id: UUID, posted: Posted) -> AbstractContextManager[None]:
    return redisplaying(request, unit.session, posted, lambda form, status: _fiche_page(request, unit, transfer_id, form, status))
