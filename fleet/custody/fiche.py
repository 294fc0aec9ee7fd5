"""The page of one transfer: what it shows to each side, and how it is shown again after a refusal or a scan."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from fleet.auth.identity import Unit
from fleet.auth.rules import MANAGERS
from fleet.custody import service
from fleet.custody.models import Transfer
from fleet.custody.receiving import Arrival, ScannedIn
from fleet.custody.rules import EXPECTED, MOVERS, LineStatus, Ownership, TransferStatus, may_call_lost
from fleet.custody.service import Scanned
from fleet.custody.spoken import ANSWERS, ARRIVALS, LINES, STATUSES, WHY_NOT
from fleet.db.columns import utc_now
from fleet.organisations import service as organisations
from fleet.web.forms import FormState, Posted
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show


@dataclass(frozen=True)
class Shown:
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


PLAIN: Final = Shown()


def fiche_page(request: Request, unit: Unit, transfer_id: UUID, form: FormState, status: int, shown: Shown = PLAIN) -> Response:
    """The page, or its packing list, with what the caller's side may do next. Raises TransferNotFound."""
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
        names=organisations.names(unit.session, {transfer.sender_id, transfer.receiver_id}),
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


def _expects(transfer: Transfer, lines: Collection[LineStatus]) -> bool:
    """Whether anything may still be scanned in."""
    return transfer.status is TransferStatus.SENT or (transfer.status is TransferStatus.CLOSED and LineStatus.MISSING in lines)


def redisplaying_fiche(request: Request, unit: Unit, transfer_id: UUID, posted: Posted) -> AbstractContextManager[None]:
    """A refusal within the block shows the page again with what it says."""
    return redisplaying(request, unit.session, posted, lambda form, status: fiche_page(request, unit, transfer_id, form, status))
