"""Pages of donations: what was promised, what came in, and where all of it is."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from starlette.responses import Response, StreamingResponse

from fleet.accounts import benches
from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE
from fleet.db.session import get_database, unit_of_work
from fleet.donations import listing, service
from fleet.donations.listing import DONATIONS, STATUSES, Listed
from fleet.donations.models import Donation
from fleet.donations.rules import EXPLANATIONS, DonorKind
from fleet.donations.service import RECEIVERS, Arrival, NewDonation, NewDonor
from fleet.errors import N_, Invalid
from fleet.ui.words import Tone, Word
from fleet.views import service as views
from fleet.web.csv_export import csv_response, lines
from fleet.web.formats import Formats
from fleet.web.forms import FormState, PostedForm
from fleet.web.lists import ListQuery, Plain, parse
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import language_of, render, translator

router = page_router()
EXPORT_PAGE: Final = 500

REGISTERED: Final = Notice("donation-registered", N_("Registered. Open a batch when the devices arrive."))
BATCH_OPENED: Final = Notice("batch-opened", N_("The batch is open. Devices can be received now."))
BATCH_CLOSED: Final = Notice("batch-closed", N_("The batch is closed."))
CLOSED: Final = Notice("donation-closed", N_("The donation is closed."))
CANCELLED: Final = Notice("donation-cancelled", N_("The donation is cancelled."))
ASSIGNED: Final = Notice("bench-assigned", N_("From now on the bench receives into this batch."))

DONORS: Final = {
    DonorKind.CITIZEN: N_("Citizen"),
    DonorKind.COMPANY: N_("Company"),
    DonorKind.AUTHORITY: N_("Public authority"),
    DonorKind.SCHOOL: N_("School"),
    DonorKind.OTHER: N_("Other donor"),
}
CUSTODY: Final = {
    "in_workshop": Word(N_("In the workshop"), "wrench"),
    "ready": Word(N_("Ready or reserved"), "check-ring", Tone.GOOD),
    "in_use": Word(N_("On loan or at a fixed place"), "person", Tone.OUT),
    "given_away": Word(N_("Given away or sold"), "gift", Tone.OUT),
    "lost": Word(N_("Lost or stolen"), "lost", Tone.BAD),
    "fitted": Word(N_("Built into another device"), "drive"),
    "stripped": Word(N_("For parts"), "parts"),
    "recycled": Word(N_("Recycled, or ready for it"), "recycle"),
    "ended_otherwise": Word(N_("Left in another way"), "leave"),
}


class DonorMissing(Invalid):
    """Somebody gives."""

    msgid = N_("Choose a donor, or fill in the name of a new one.")


class DonationForm(BaseModel):
    """A donation as posted; a donor that is not in the list is registered along."""

    donor_id: UUID | None = None
    donor_name: str = Field(default="", max_length=200)
    donor_kind: DonorKind = DonorKind.OTHER
    donor_contact: str = Field(default="", max_length=400)
    postcode: str | None = Field(default=None, max_length=10)
    town: str | None = Field(default=None, max_length=100)
    declared_count: int | None = Field(default=None, ge=0, le=1_000_000)
    declared_serials: str = Field(default="", max_length=100_000)
    note: str = Field(default="", max_length=2000)


class ArrivalForm(BaseModel):
    """What was counted and weighed, as posted."""

    received_count: int | None = Field(default=None, ge=0, le=1_000_000)
    weight_g: int | None = Field(default=None, gt=0, le=1_000_000_000)
    seal: str | None = Field(default=None, max_length=80)

    @property
    def arrival(self) -> Arrival:
        """For the service."""
        return Arrival(self.received_count, self.weight_g, self.seal)


class BenchForm(BaseModel):
    """Which bench works on a batch."""

    bench_id: UUID


@router.get("/donations")
def list_donations(request: Request, unit: StaffUnit) -> Response:
    """Donations, the newest first unless another order was chosen."""
    query = parse(DONATIONS, request.query_params.multi_items())
    rows, found = listing.page(unit.session, unit.principal.organisation_id, query, limit=DEFAULT_PAGE, cursor=query.cursor)
    return render(
        request,
        "donations/list.html",
        rows=rows,
        query=query,
        chips=list(query.chips()),
        columns=[column.name for column in DONATIONS.chosen(views.columns(unit.session, unit.principal, DONATIONS.name))],
        views=views.views(unit.session, unit.principal, DONATIONS.name),
        statuses=STATUSES,
        may_receive=unit.principal.has(*RECEIVERS),
        before=query.address(cursor=found.before) if found.before else None,
        after=query.address(cursor=found.after) if found.after else None,
    )


@router.get("/donations.csv")
def export(request: Request, unit: StaffUnit) -> StreamingResponse:
    """Every row of the list, with its filters, order and columns."""
    query = parse(DONATIONS, request.query_params.multi_items())
    columns = DONATIONS.chosen(views.columns(unit.session, unit.principal, DONATIONS.name))
    plain = Plain(translator(request), Formats(language_of(request)).sortable_moment)
    rows = _all(get_database(request).engine(), unit.principal.organisation_id, query)
    return csv_response("heropstart-donations", lines(columns, rows, plain))


def _all(engine: Engine, organisation: UUID, query: ListQuery[Listed]) -> Iterator[Listed]:
    """Window after window, each in a transaction of its own."""
    cursor: str | None = None
    while True:
        with unit_of_work(engine, organisation) as session:
            rows, found = listing.page(session, organisation, query, limit=EXPORT_PAGE, cursor=cursor)
            session.expunge_all()
        yield from rows
        cursor = found.after
        if cursor is None:
            return


@router.get("/donations/new")
def donation_form(request: Request, unit: StaffUnit) -> Response:
    """What a donor promises."""
    return _donation_form_page(request, unit, FormState(), 200)


@router.post("/donations/new")
def register(request: Request, unit: StaffUnit, posted: PostedForm) -> Response:
    """Register it."""
    with redisplaying(request, unit.session, posted, lambda form, status: _donation_form_page(request, unit, form, status)):
        form = posted.parse(DonationForm)
        donor_id = form.donor_id or _new_donor(unit, form)
        new = NewDonation(donor_id, form.declared_count, form.declared_serials.split("\n"), form.note)
        donation = service.register(unit.session, unit.principal, new)
    return after(f"/donations/{donation.reference}", REGISTERED)


def _new_donor(unit: Unit, form: DonationForm) -> UUID:
    """Raises DonorMissing."""
    if not form.donor_name:
        raise DonorMissing(field="donor_name")
    new = NewDonor(form.donor_name, form.donor_kind, form.donor_contact, form.postcode, form.town)
    donor = service.register_donor(unit.session, unit.principal, new)
    unit.session.flush()
    return donor.id


def _donation_form_page(request: Request, unit: Unit, form: FormState, status: int) -> Response:
    donors = service.donors(unit.session, limit=MAX_PAGE).items
    return render(request, "donations/new.html", status=status, form=form, donors=donors, kinds=DONORS)


@router.get("/donations/{reference}")
def donation_page(request: Request, unit: StaffUnit, reference: str) -> Response:
    """A donation with its account: every device somewhere, every difference explained."""
    return _donation_page(request, unit, service.by_reference(unit.session, reference), FormState(), 200)


def _donation_page(request: Request, unit: Unit, donation: Donation, form: FormState, status: int) -> Response:
    return render(
        request,
        "donations/donation.html",
        status=status,
        form=form,
        donation=donation,
        donor=service.get_donor(unit.session, donation.donor_id),
        donor_kinds=DONORS,
        custody=service.custody(unit.session, donation.id),
        custody_words=CUSTODY,
        explanations=EXPLANATIONS,
        statuses=STATUSES,
        batches=service.batches_of(unit.session, donation.id),
        benches=[bench for bench in benches.page(unit.session, limit=MAX_PAGE).items if bench.revoked_at is None],
        may_receive=unit.principal.has(*RECEIVERS),
        may_end=unit.principal.has(*MANAGERS),
    )


@router.post("/donations/{reference}/batches")
def open_batch(request: Request, unit: StaffUnit, reference: str, posted: PostedForm) -> Response:
    """A delivery came in."""
    donation = service.by_reference(unit.session, reference)
    with redisplaying(request, unit.session, posted, lambda form, status: _donation_page(request, unit, donation, form, status)):
        service.open_batch(unit.session, unit.principal, donation.id, posted.parse(ArrivalForm).arrival)
    return after(f"/donations/{donation.reference}", BATCH_OPENED)


@router.post("/donations/{reference}/batches/{batch_id}/close")
def close_batch(request: Request, unit: StaffUnit, reference: str, batch_id: UUID, posted: PostedForm) -> Response:
    """Everything of a delivery is registered."""
    donation = service.by_reference(unit.session, reference)
    with redisplaying(request, unit.session, posted, lambda form, status: _donation_page(request, unit, donation, form, status)):
        service.close_batch(unit.session, unit.principal, batch_id, posted.parse(ArrivalForm).arrival)
    return after(f"/donations/{donation.reference}", BATCH_CLOSED)


@router.post("/donations/{reference}/batches/{batch_id}/bench")
def assign_bench(request: Request, unit: StaffUnit, reference: str, batch_id: UUID, posted: PostedForm) -> Response:
    """A bench works on this batch from now on."""
    donation = service.by_reference(unit.session, reference)
    with redisplaying(request, unit.session, posted, lambda form, status: _donation_page(request, unit, donation, form, status)):
        service.assign_bench(unit.session, unit.principal, posted.parse(BenchForm).bench_id, batch_id)
    return after(f"/donations/{donation.reference}", ASSIGNED)


@router.post("/donations/{reference}/close")
def close(request: Request, unit: StaffUnit, reference: str, posted: PostedForm) -> Response:
    """Nothing more comes in."""
    donation = service.by_reference(unit.session, reference)
    with redisplaying(request, unit.session, posted, lambda form, status: _donation_page(request, unit, donation, form, status)):
        service.close(unit.session, unit.principal, donation.id)
    return after(f"/donations/{donation.reference}", CLOSED)


@router.post("/donations/{reference}/cancel")
def cancel(request: Request, unit: StaffUnit, reference: str, posted: PostedForm) -> Response:
    """The donor does not give after all."""
    donation = service.by_reference(unit.session, reference)
    with redisplaying(request, unit.session, posted, lambda form, status: _donation_page(request, unit, donation, form, status)):
        service.cancel(unit.session, unit.principal, donation.id)
    return after(f"/donations/{donation.reference}", CANCELLED)
