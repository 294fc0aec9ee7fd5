"""JSON API of certificates, of their validation and of the wipe policy."""

from datetime import datetime
from typing import Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.identity import STAFF, AdminUnit, StaffUnit
from fleet.contract.kinds import Adequacy, Level, MediaType, Method
from fleet.contract.policy import STRICT, MediumPolicy
from fleet.devices import service as devices
from fleet.devices.api import CodeParam
from fleet.devices.errors import DeviceNotFound, DeviceStale, StepIncomplete, StepNotListed
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid
from fleet.wipes import deciding, policies, service
from fleet.wipes.deciding import CertificateOutdated, NotAPerson, NothingToConfirm, SamePerson, WhyDeclined
from fleet.wipes.models import WipeValidation
from fleet.wipes.policies import PolicyImpossible, PolicyStale, Version
from fleet.wipes.service import CertificateNotFound
from fleet.wipes.statement import as_file
from fleet.wipes.validation import Ground

router = APIRouter(prefix="/api/v1", tags=["certificates"], responses=problems(RequestInvalid))
DECISION_ERRORS = problems(
    *STAFF,
    CertificateNotFound,
    NothingToConfirm,
    SamePerson,
    NotAPerson,
    WhyDeclined,
    CertificateOutdated,
    DeviceNotFound,
    DeviceStale,
    StepNotListed,
    StepIncomplete,
)


class CertificateOut(BaseModel):
    """An accepted certificate, in short; `adequacy` is the last word on it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    storage_key: str
    level: Level
    method: Method
    key_id: str
    accepted_at: datetime
    adequacy: Adequacy


class ValidationOut(BaseModel):
    """One decision on a certificate: the service's, then that of a second person where the policy asks one."""

    model_config = ConfigDict(from_attributes=True)

    adequacy: Adequacy
    grounds: list[Ground]
    policy_version: int = Field(description="0: no policy was set, the default rule holds")
    decided_by: UUID | None = Field(description="an account; null when the service decided by the policy")
    decided_at: datetime
    note: str


class DecisionIn(BaseModel):
    """What a second person says; a note is needed to decline."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"adequate": True, "note": ""}]})

    adequate: bool
    note: str = Field(default="", max_length=2000)


class PolicyIn(BaseModel):
    """Rules by kind of medium; what is not named has the default rule. `expected_version` is the one that was looked at."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"media": {"nvme": {"minimum": "purge"}, "sd": {"destroy": True}}, "expected_version": 0}]
        },
    )

    media: dict[MediaType, MediumPolicy]
    expected_version: int | None = None


class PolicyOut(BaseModel):
    """A version of the wipe policy."""

    version: int = Field(description="0: none was ever set")
    media: dict[MediaType, MediumPolicy]
    set_by: UUID | None
    set_at: datetime | None

    @classmethod
    def of(cls, version: Version) -> Self:
        """From the use case."""
        policy = version.policy
        return cls(version=policy.version, media=policy.media, set_by=version.set_by, set_at=version.set_at)


@router.get("/devices/{code}/certificates", responses=problems(*STAFF, DeviceNotFound))
def list_certificates(unit: StaffUnit, code: CodeParam) -> list[CertificateOut]:
    """A device's certificates, newest first."""
    device = devices.get(unit.session, code.upper())
    rows = service.of_device(unit.session, device.id)
    words = service.adequacies(unit.session, rows)
    return [CertificateOut.model_validate({**row.model_dump(), "adequacy": words[row.id]}) for row in rows]


@router.get(
    "/certificates/{certificate_id}",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {}}, "description": "the file that `fleet verify-certificate` checks"},
        **problems(*STAFF, CertificateNotFound),
    },
)
def read_certificate(unit: StaffUnit, settings: SettingsDep, certificate_id: UUID) -> Response:
    """The signed certificate as a file: JSON, detached signature, public key, and the service's signed validation."""
    row = service.get(unit.session, certificate_id)
    name = f"certificate-{certificate_id}.json"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_file(unit.session, settings, row), media_type="application/json", headers=disposition)


@router.get("/certificates/{certificate_id}/validations", responses=problems(*STAFF, CertificateNotFound))
def list_validations(unit: StaffUnit, certificate_id: UUID) -> list[ValidationOut]:
    """What was decided of a certificate, in order; the last counts."""
    row = service.get(unit.session, certificate_id)
    return [_shown(validation) for validation in service.validations(unit.session, row)]


@router.post("/certificates/{certificate_id}/decision", responses=DECISION_ERRORS)
def decide(unit: StaffUnit, certificate_id: UUID, body: DecisionIn) -> ValidationOut:
    """Confirm or decline, as a second person, a certificate that waits for one. The device moves on, or its wipe has failed."""
    deciding.decide(unit.session, unit.principal, certificate_id, deciding.Decision(body.adequate, body.note))
    row = service.get(unit.session, certificate_id)
    return _shown(service.validations(unit.session, row)[-1])


@router.get("/wipe-policy", responses=problems(*STAFF))
def read_policy(unit: StaffUnit) -> PolicyOut:
    """The wipe policy that counts."""
    return PolicyOut.of(policies.newest(unit.session, unit.principal.organisation_id))


@router.get("/wipe-policy/versions", responses=problems(*STAFF))
def list_policies(unit: StaffUnit) -> list[PolicyOut]:
    """Every version of the wipe policy, the newest first; at most 100."""
    return [PolicyOut.of(version) for version in policies.history(unit.session, unit.principal.organisation_id)]


@router.get("/wipe-policy/strict", responses=problems(*STAFF))
def read_strict_preset(unit: StaffUnit) -> dict[MediaType, MediumPolicy]:  # noqa: ARG001 - staff only
    """The strict preset, to be sent back with PUT as it is or changed."""
    return STRICT


@router.put("/wipe-policy", responses=problems(*STAFF, PolicyImpossible, PolicyStale))
def set_policy(unit: AdminUnit, body: PolicyIn) -> PolicyOut:
    """Add a version of the wipe policy; benches get it with their profile."""
    return PolicyOut.of(policies.set_policy(unit.session, unit.principal, body.media, expected_version=body.expected_version))


def _shown(validation: WipeValidation) -> ValidationOut:
    return ValidationOut.model_validate(validation)
