"""JSON API of what looks across nouns: receiving a device."""

from fastapi import APIRouter, status

from fleet.auth.identity import STAFF, ReceiverUnit
from fleet.desk.arrivals import ArrivalIn
from fleet.desk.receiving import BatchMissing, receive
from fleet.devices.errors import SerialKnown, StorageKnown
from fleet.devices.schemas import DeviceOut
from fleet.donations.errors import BatchClosed, BatchNotFound
from fleet.organisations.errors import PlaceClosed, SiteNotFound
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["devices"], responses=problems(RequestInvalid))
ERRORS = (BatchMissing, BatchNotFound, BatchClosed, SerialKnown, StorageKnown, SiteNotFound, PlaceClosed)


@router.post("/devices", status_code=status.HTTP_201_CREATED, responses=problems(*STAFF, *ERRORS))
def receive_device(unit: ReceiverUnit, body: ArrivalIn) -> DeviceOut:
    """Take a device in: it gets an asset code and enters its batch."""
    return DeviceOut.model_validate(receive(unit.session, unit.principal, body.arrival(body.storages)))
