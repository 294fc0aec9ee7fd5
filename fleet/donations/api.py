"""JSON API of donors, donations and intake batches, under /api/v1."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from fleet.accounts.benches import BenchIsRevoked, BenchNotFound
from fleet.accounts.schemas import BenchOut
from fleet.auth.identity import STAFF, StaffUnit
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.donations import service
from fleet.donations.errors import (
    BatchClosed,
    BatchesOpen,
    BatchNotFound,
    CountDiffers,
    DonationEnded,
    DonationNotFound,
    DonationStarted,
    DonorNameMissing,
    DonorNotFound,
    SerialTwice,
)
from fleet.donations.rules import DonationStatus
from fleet.donations.schemas import (
    ArrivalIn,
    AssignIn,
    BatchIn,
    BatchOut,
    BatchPage,
    CustodyOut,
    DonationIn,
    DonationOut,
    DonationPage,
    DonorIn,
    DonorOut,
    DonorPage,
)
from fleet.donations.service import Arrival, NewDonation, NewDonor
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["donations"], responses=problems(RequestInvalid))
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
CREATED = status.HTTP_201_CREATED


@router.get("/donors", responses=problems(*STAFF, CursorInvalid))
def list_donors(unit: StaffUnit, limit: Limit = DEFAULT_PAGE, cursor: str | None = None) -> DonorPage:
    """Donors by name."""
    page = service.donors(unit.session, limit=limit, cursor=cursor)
    return DonorPage(items=[DonorOut.model_validate(donor) for donor in page.items], next=page.next)


@router.post("/donors", status_code=CREATED, responses=problems(*STAFF, DonorNameMissing))
def create_donor(unit: StaffUnit, body: DonorIn) -> DonorOut:
    """Add a donor."""
    donor = service.register_donor(unit.session, unit.principal, NewDonor(**body.model_dump()))
    return DonorOut.model_validate(donor)


@router.get("/donors/{donor_id}", responses=problems(*STAFF, DonorNotFound))
def read_donor(unit: StaffUnit, donor_id: UUID) -> DonorOut:
    """One donor."""
    return DonorOut.model_validate(service.get_donor(unit.session, donor_id))


@router.get("/donations", responses=problems(*STAFF, CursorInvalid))
def list_donations(
    unit: StaffUnit,
    status: DonationStatus | None = None,  # the query parameter's own name
    limit: Limit = DEFAULT_PAGE,
    cursor: str | None = None,
) -> DonationPage:
    """Donations, the newest first."""
    page = service.page(unit.session, status=status, limit=limit, cursor=cursor)
    return DonationPage(items=[DonationOut.model_validate(donation) for donation in page.items], next=page.next)


@router.post("/donations", status_code=CREATED, responses=problems(*STAFF, DonorNotFound, SerialTwice, CountDiffers))
def create_donation(unit: StaffUnit, body: DonationIn) -> DonationOut:
    """Register what a donor promises."""
    donation = service.register(unit.session, unit.principal, NewDonation(**body.model_dump()))
    return DonationOut.model_validate(donation)


@router.get("/donations/{donation_id}", responses=problems(*STAFF, DonationNotFound))
def read_donation(unit: StaffUnit, donation_id: UUID) -> DonationOut:
    """One donation."""
    return DonationOut.model_validate(service.get(unit.session, donation_id))


@router.get("/donations/{donation_id}/custody", responses=problems(*STAFF, DonationNotFound))
def read_custody(unit: StaffUnit, donation_id: UUID) -> CustodyOut:
    """Where everything of a donation is, each difference explained."""
    return CustodyOut.of(service.custody(unit.session, donation_id))


@router.get("/donations/{donation_id}/batches", responses=problems(*STAFF, DonationNotFound))
def list_batches_of(unit: StaffUnit, donation_id: UUID) -> list[BatchOut]:
    """A donation's batches in the order of their arrival."""
    donation = service.get(unit.session, donation_id)
    return [BatchOut.model_validate(batch) for batch in service.batches_of(unit.session, donation.id)]


@router.post("/donations/{donation_id}/close", responses=problems(*STAFF, DonationNotFound, DonationEnded, BatchesOpen))
def close_donation(unit: StaffUnit, donation_id: UUID) -> DonationOut:
    """Nothing more comes in."""
    return DonationOut.model_validate(service.close(unit.session, unit.principal, donation_id))


@router.post("/donations/{donation_id}/cancel", responses=problems(*STAFF, DonationNotFound, DonationEnded, DonationStarted))
def cancel_donation(unit: StaffUnit, donation_id: UUID) -> DonationOut:
    """The donor does not give after all."""
    return DonationOut.model_validate(service.cancel(unit.session, unit.principal, donation_id))


@router.get("/batches", responses=problems(*STAFF, CursorInvalid))
def list_batches(
    unit: StaffUnit, *, only_open: bool = False, limit: Limit = DEFAULT_PAGE, cursor: str | None = None
) -> BatchPage:
    """Batches, the newest first."""
    page = service.batches(unit.session, only_open=only_open, limit=limit, cursor=cursor)
    return BatchPage(items=[BatchOut.model_validate(batch) for batch in page.items], next=page.next)


@router.post("/batches", status_code=CREATED, responses=problems(*STAFF, DonationNotFound, DonationEnded))
def create_batch(unit: StaffUnit, body: BatchIn) -> BatchOut:
    """A delivery of a donation came in."""
    batch = service.open_batch(unit.session, unit.principal, body.donation_id, _arrival(body))
    return BatchOut.model_validate(batch)


@router.get("/batches/{batch_id}", responses=problems(*STAFF, BatchNotFound))
def read_batch(unit: StaffUnit, batch_id: UUID) -> BatchOut:
    """One batch."""
    return BatchOut.model_validate(service.get_batch(unit.session, batch_id))


@router.put("/batches/{batch_id}", responses=problems(*STAFF, BatchNotFound, BatchClosed))
def count_batch(unit: StaffUnit, batch_id: UUID, body: ArrivalIn) -> BatchOut:
    """Record what was counted and weighed."""
    return BatchOut.model_validate(service.count_batch(unit.session, unit.principal, batch_id, _arrival(body)))


@router.post("/batches/{batch_id}/close", responses=problems(*STAFF, BatchNotFound, BatchClosed))
def close_batch(unit: StaffUnit, batch_id: UUID, body: ArrivalIn) -> BatchOut:
    """Everything of a delivery is registered."""
    return BatchOut.model_validate(service.close_batch(unit.session, unit.principal, batch_id, _arrival(body)))


@router.put(
    "/benches/{bench_id}/batch",
    tags=["benches"],
    responses=problems(*STAFF, BatchNotFound, BatchClosed, BenchNotFound, BenchIsRevoked),
)
def assign_bench(unit: StaffUnit, bench_id: UUID, body: AssignIn) -> BenchOut:
    """Say on which batch a bench works."""
    bench = service.assign_bench(unit.session, unit.principal, bench_id, body.batch_id)
    return BenchOut.model_validate(bench)


def _arrival(body: ArrivalIn) -> Arrival:
    return Arrival(body.received_count, body.weight_g, body.seal)
