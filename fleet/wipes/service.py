"""Accept, validate, list and hand out certificates."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Actor
from fleet.contract.certificate import Certificate
from fleet.contract.kinds import Adequacy
from fleet.contract.signing import SignedDocument, public_from_text
from fleet.contract.storage import StorageIdentity
from fleet.devices import evidence as ev
from fleet.devices.models import Device
from fleet.devices.standing import By
from fleet.errors import N_, Conflict, NotFound
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from fleet.wipes import policies, repository
from fleet.wipes.models import WipeCertificate, WipeValidation
from fleet.wipes.rules import judge
from fleet.wipes.validation import Ground, Validation, validate


class CertificateNotFound(NotFound):
    """No such certificate for this organisation."""

    msgid = N_("This certificate does not exist, or it belongs to another organisation.")


class CertificateDoubted(Conflict):
    """A bench sent a certificate that the service does not believe."""

    msgid = N_("The certificate for {code} was not accepted: {doubt}. Wipe the device again.")


@dataclass(frozen=True)
class Accepted:
    """A certificate that is kept, and whether it is enough."""

    row: WipeCertificate
    validation: Validation

    @property
    def evidence(self) -> ev.StorageErased:
        """What it proves. Raises AssertionError unless it is adequate: nothing else may become storage evidence."""
        if self.validation.adequacy is not Adequacy.ADEQUATE:
            raise AssertionError("only an adequate certificate is storage evidence")
        return evidence_of(self.row)


def accept(
    session: Session, by: By, device: Device, document: SignedDocument, public_key: str, storage: StorageIdentity
) -> Accepted:
    """Keep a certificate that holds, and validate it against the organisation's policy. `public_key` is the bench's, as enrolled.

    Raises CertificateDoubted.
    """
    judged = judge(document, public_from_text(public_key), device.asset_code, storage)
    certificate = judged.certificate
    if certificate is None:
        raise CertificateDoubted(code=device.asset_code, doubt=judged.doubt, detail=judged.detail)
    organisation_id = by.principal.organisation_id
    row = WipeCertificate(
        id=certificate.id,
        organisation_id=organisation_id,
        device_id=device.id,
        storage_key=certificate.storage.key,
        level=certificate.sanitization.level,
        method=certificate.sanitization.method,
        payload=document.payload,
        signature=document.signature,
        key_id=document.key_id,
        public_key=public_key,
    )
    session.add(row)
    session.flush()
    found = validate(certificate, policies.current(session, organisation_id))
    _keep(session, by, device, row, found)
    return Accepted(row, found)


def _keep(session: Session, by: By, device: Device, row: WipeCertificate, found: Validation) -> None:
    """The first word on a certificate, in the chain too; what a person must look at becomes a task."""
    kept = WipeValidation(
        certificate_id=row.id,
        ordinal=1,
        organisation_id=row.organisation_id,
        device_id=device.id,
        adequacy=found.adequacy,
        grounds=[ground.value for ground in found.grounds],
        policy_version=found.policy_version,
        device_version=device.version,
        operator_id=by.account,
    )
    add_validation(session, by.principal.actor, kept)
    kind = _TASKS.get(found.adequacy)
    if kind is not None:
        told = {"certificate": str(row.id), "code": device.asset_code, "grounds": ", ".join(kept.grounds)}
        tasks.open_task(session, row.organisation_id, kind, actor=by.principal.actor, data=told, device_id=device.id)


_TASKS = {
    Adequacy.AWAITS_SECOND_PERSON: TaskKind.SECOND_PERSON,
    Adequacy.INADEQUATE: TaskKind.CERTIFICATE_INADEQUATE,
}


def add_validation(session: Session, actor: Actor, validation: WipeValidation) -> None:
    """Store a decision, with its audit event."""
    session.add(validation)
    session.flush()
    audit.record(
        session,
        organisation_id=validation.organisation_id,
        type=EventType.CERTIFICATE_VALIDATED,
        actor=actor,
        device_id=validation.device_id,
        data={
            "certificate": str(validation.certificate_id),
            "adequacy": validation.adequacy.value,
            "grounds": list(validation.grounds),
            "policy_version": validation.policy_version,
        },
    )


def evidence_of(row: WipeCertificate) -> ev.StorageErased:
    """A certificate as storage evidence; for adequate ones only."""
    return ev.StorageErased(certificate_id=row.id, key=row.storage_key, level=row.level, method=row.method, key_id=row.key_id)


def get(session: Session, certificate_id: UUID) -> WipeCertificate:
    """One certificate. Raises CertificateNotFound."""
    found = repository.get(session, certificate_id)
    if found is None:
        raise CertificateNotFound
    return found


def of_device(session: Session, device_id: UUID) -> Sequence[WipeCertificate]:
    """A device's certificates, newest first."""
    return repository.of_device(session, device_id)


def validations(session: Session, row: WipeCertificate) -> Sequence[WipeValidation]:
    """What was decided of a certificate; the last counts, and there is always one."""
    return repository.validations(session, row.id)


def adequacies(session: Session, rows: Collection[WipeCertificate]) -> Mapping[UUID, Adequacy]:
    """The last word on each of these certificates."""
    return repository.adequacies(session, [row.id for row in rows])


def grounds_of(validation: WipeValidation) -> tuple[Ground, ...]:
    """Why a certificate is not adequate, or not yet."""
    return tuple(Ground(ground) for ground in validation.grounds)


def read(row: WipeCertificate) -> Certificate:
    """What a stored certificate says."""
    return Certificate.model_validate_json(row.payload)
