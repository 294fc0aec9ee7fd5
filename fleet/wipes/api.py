"""JSON API of certificates."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from fleet.auth.identity import STAFF, StaffUnit
from fleet.contract.kinds import Level, Method
from fleet.devices import service as devices
from fleet.devices.api import CodeParam
from fleet.devices.errors import DeviceNotFound
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid
from fleet.wipes import service
from fleet.wipes.service import CertificateNotFound

router = APIRouter(prefix="/api/v1", tags=["certificates"], responses=problems(RequestInvalid))


class CertificateOut(BaseModel):
    """An accepted certificate, in short."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    storage_key: str
    level: Level
    method: Method
    key_id: str
    accepted_at: datetime


@router.get("/devices/{code}/certificates", responses=problems(*STAFF, DeviceNotFound))
def list_certificates(unit: StaffUnit, code: CodeParam) -> list[CertificateOut]:
    """A device's certificates, newest first."""
    device = devices.get(unit.session, code.upper())
    return [CertificateOut.model_validate(row) for row in service.of_device(unit.session, device.id)]


@router.get(
    "/certificates/{certificate_id}",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {}}, "description": "the file that `fleet verify-certificate` checks"},
        **problems(*STAFF, CertificateNotFound),
    },
)
def read_certificate(unit: StaffUnit, certificate_id: UUID) -> Response:
    """The signed certificate as a file: JSON, detached signature, public key."""
    row = service.get(unit.session, certificate_id)
    name = f"certificate-{certificate_id}.json"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(service.as_file(row), media_type="application/json", headers=disposition)
