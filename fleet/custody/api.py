"""JSON API of transfers, under /api/v1/transfers; and the other organisations of the service by name."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from fleet.auth.identity import STAFF, LeadUnit, StaffUnit
from fleet.custody import errors, receiving, service
from fleet.custody.identity import MoverUnit
from fleet.custody.schemas import (
    AnswerIn,
    ArrivalIn,
    ArrivalOut,
    LossIn,
    OtherOut,
    ScanIn,
    ScannedOut,
    SendIn,
    TransferFiche,
    TransferIn,
    TransferOut,
    TransferPage,
)
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.devices.api import CodeParam
from fleet.devices.errors import DeviceNotFound, DeviceStale, StepForbidden, StepIncomplete, StepNotListed
from fleet.organisations import service as organisations
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["transfers"], responses=problems(RequestInvalid))
CREATED = status.HTTP_201_CREATED
DRAFT = (*STAFF, errors.TransferNotFound, errors.OtherSide, errors.TransferNotDraft)
ARRIVING = (*STAFF, errors.TransferNotFound, errors.OtherSide, errors.TransferNotSent, errors.OwnershipUnanswered)
OUTSTANDING = (*STAFF, errors.TransferNotFound, errors.OtherSide, errors.LineNotFound, errors.LineSettled)
STEPS = (DeviceNotFound, DeviceStale, StepNotListed, StepIncomplete, StepForbidden)


@router.get("/organisations", responses=problems(*STAFF))
def find_organisations(unit: MoverUnit, name: Annotated[str, Query(min_length=2, max_length=120)]) -> list[OtherOut]:
    """Other organisations whose name holds this text, at most ten: where devices can be handed over to."""
    found = organisations.others(unit.session, unit.principal, name)
    sites = {row.id: organisations.sites_of(unit.session, row.id) for row in found}
    return [OtherOut(id=row.id, name=row.name, kind=row.kind, sites=sites[row.id]) for row in found]


@router.get("/transfers", responses=problems(*STAFF, CursorInvalid))
def list_transfers(
    unit: StaffUnit,
    *,
    open_only: Annotated[bool, Query(alias="open")] = False,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = DEFAULT_PAGE,
    cursor: str | None = None,
) -> TransferPage:
    """Transfers that the caller's organisation sends or receives, the newest first."""
    page = service.page(unit.session, unit.principal, open_only=open_only, limit=limit, cursor=cursor)
    return TransferPage(items=[TransferOut.model_validate(row) for row in page.items], next=page.next)


@router.post("/transfers", status_code=CREATED, responses=problems(*STAFF, errors.DestinationUnknown, errors.DestinationSame))
def create_transfer(unit: MoverUnit, body: TransferIn) -> TransferOut:
    """Begin to pack."""
    to = service.Destination(body.to, body.to_site, body.from_site, body.ownership)
    return TransferOut.model_validate(service.draft(unit.session, unit.principal, to))


@router.get("/transfers/{transfer_id}", responses=problems(*STAFF, errors.TransferNotFound))
def read_transfer(unit: StaffUnit, transfer_id: UUID) -> TransferFiche:
    """A transfer with its devices."""
    transfer = service.get(unit.session, unit.principal, transfer_id)
    return TransferFiche.of(transfer, service.lines(unit.session, transfer))


@router.post("/transfers/{transfer_id}/lines", responses=problems(*DRAFT, errors.ScanUnread))
def pack_device(unit: MoverUnit, transfer_id: UUID, body: ScanIn) -> ScannedOut:
    """Scan a device out: green, or red with why not."""
    return ScannedOut.of(service.pack(unit.session, unit.principal, transfer_id, body.scanned))


@router.delete("/transfers/{transfer_id}/lines/{code}", status_code=204, responses=problems(*DRAFT, errors.LineNotFound))
def unpack_device(unit: MoverUnit, transfer_id: UUID, code: CodeParam) -> None:
    """Take a device off the list."""
    service.unpack(unit.session, unit.principal, transfer_id, code.upper())


@router.post(
    "/transfers/{transfer_id}/send",
    responses=problems(*DRAFT, errors.TransferEmpty, errors.DestinationLeft, errors.DestinationClosed, errors.DeviceNotMovable),
)
def send_transfer(unit: MoverUnit, transfer_id: UUID, body: SendIn) -> TransferOut:
    """Let it go; the sender holds the devices until they are scanned in."""
    goes = service.Consignment(body.driver, body.carrier_reference, body.seal)
    return TransferOut.model_validate(service.send(unit.session, unit.principal, transfer_id, goes))


@router.post(
    "/transfers/{transfer_id}/cancel",
    responses=problems(*STAFF, errors.TransferNotFound, errors.OtherSide, errors.TransferNotSent),
)
def cancel_transfer(unit: MoverUnit, transfer_id: UUID) -> TransferOut:
    """Give it up, as long as nothing came in."""
    return TransferOut.model_validate(service.cancel(unit.session, unit.principal, transfer_id))


@router.post("/transfers/{transfer_id}/arrivals", responses=problems(*ARRIVING, errors.ScanUnread, errors.LineSettled))
def scan_in(unit: MoverUnit, transfer_id: UUID, body: ArrivalIn) -> ArrivalOut:
    """Scan a device in: from here the caller's organisation holds it."""
    return ArrivalOut.of(receiving.receive(unit.session, unit.principal, transfer_id, body.scanned, body.place))


@router.post("/transfers/{transfer_id}/ownership", responses=problems(*ARRIVING, errors.OwnershipAnswered))
def answer_ownership(unit: LeadUnit, transfer_id: UUID, body: AnswerIn) -> TransferOut:
    """Accept or decline the devices as one's own."""
    return TransferOut.model_validate(receiving.answer(unit.session, unit.principal, transfer_id, accept=body.accept))


@router.post("/transfers/{transfer_id}/close", responses=problems(*ARRIVING))
def close_transfer(unit: MoverUnit, transfer_id: UUID) -> TransferOut:
    """Everything that came is scanned; the rest is missing."""
    return TransferOut.model_validate(receiving.close(unit.session, unit.principal, transfer_id))


@router.post("/transfers/{transfer_id}/lines/{code}/found", responses=problems(*OUTSTANDING))
def found_here(unit: MoverUnit, transfer_id: UUID, code: CodeParam) -> TransferOut:
    """The device is still with the sender."""
    return TransferOut.model_validate(receiving.found_here(unit.session, unit.principal, transfer_id, code.upper()))


@router.post("/transfers/{transfer_id}/lines/{code}/lost", responses=problems(*OUTSTANDING, errors.LostTooSoon, *STEPS))
def call_lost(unit: MoverUnit, transfer_id: UUID, code: CodeParam, body: LossIn) -> TransferOut:
    """Decide that a missing device is lost, after it was looked for."""
    told = (body.statement, body.police_reference)
    return TransferOut.model_validate(receiving.call_lost(unit.session, unit.principal, transfer_id, code.upper(), *told))
