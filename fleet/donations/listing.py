"""The list of donations as data, and its SQL: in each order that has its index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from fleet.db.listing import Order, Window, window
from fleet.donations import repository
from fleet.donations.models import Donation
from fleet.donations.rules import DonationStatus
from fleet.errors import N_
from fleet.ui.words import Tone, Word
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Plain, Sort

STATUSES: Final[Mapping[DonationStatus, Word]] = {
    DonationStatus.PLEDGED: Word(N_("Promised"), "clock"),
    DonationStatus.ARRIVED: Word(N_("Arrived"), "received", Tone.BUSY),
    DonationStatus.CLOSED: Word(N_("Closed"), "check-ring", Tone.GOOD),
    DonationStatus.CANCELLED: Word(N_("Cancelled"), "cross", Tone.END),
}
_ORDERS: Final[Mapping[str, tuple[str, ...]]] = {"registered": ("registered_at", "id"), "reference": ("reference",)}


@dataclass(frozen=True)
class Listed:
    """One row: the donation, and what its donor is called."""

    donation: Donation
    donor: str


def _declared(row: Listed, _plain: Plain) -> str:
    return "" if row.donation.declared_count is None else str(row.donation.declared_count)


DONATIONS: Final = ListSpec[Listed](
    "donations",
    "/donations",
    (
        Column("reference", N_("Reference"), lambda row, _plain: row.donation.reference, "reference", fixed=True),
        Column("donor", N_("Donor"), lambda row, _plain: row.donor),
        Column("state", N_("State"), lambda row, plain: plain.translate(STATUSES[row.donation.status].text)),
        Column("declared", N_("Declared"), _declared),
        Column("registered", N_("Registered"), lambda row, plain: plain.moment(row.donation.registered_at), "registered"),
        Column("note", N_("Note"), lambda row, _plain: row.donation.note, shown=False),
    ),
    (Filter("status", N_("State"), FilterKind.CHOICE, {status.value: word.text for status, word in STATUSES.items()}),),
    (Sort("registered", N_("Newest first"), descending=True), Sort("reference", N_("Reference"))),
)


def page(
    session: Session, organisation: UUID, query: ListQuery[Listed], *, limit: int, cursor: str | None = None
) -> tuple[Sequence[Listed], Window[Donation]]:
    """One window of the list, with the donors' names. Raises CursorInvalid, CursorOfAnotherSort."""
    rows = select(Donation).where(Donation.organisation_id == organisation)
    statuses = [DonationStatus(value) for value in query.all("status")]
    if len(statuses) == 1:
        rows = rows.where(Donation.status == statuses[0])
    elif statuses:
        rows = rows.where(col(Donation.status).in_(statuses))
    order = Order(query.sort.name, _ORDERS[query.sort.name], query.descending)
    found = window(session, Donation, [rows], order, limit=limit, cursor=cursor)
    names = repository.donor_names(session, [donation.donor_id for donation in found.items])
    return [Listed(donation, names.get(donation.donor_id, "")) for donation in found.items], found
