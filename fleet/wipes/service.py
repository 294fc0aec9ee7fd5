"""Accept, list and hand out certificates."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from fleet.contract.certificate import Certificate
from fleet.contract.certificate_file import to_file
from fleet.contract.signing import SignedDocument, public_from_text
from fleet.contract.storage import StorageIdentity
from fleet.devices import evidence as ev
from fleet.devices.models import Device
from fleet.errors import N_, Conflict, NotFound
from fleet.wipes import repository
from fleet.wipes.models import WipeCertificate
from fleet.wipes.rules import judge


class CertificateNotFound(NotFound):
    """No such certificate for this organisation."""

    msgid = N_("This certificate does not exist, or it belongs to another organisation.")


class CertificateDoubted(Conflict):
    """A bench sent a certificate that the service does not believe."""

    msgid = N_("The certificate for {code} was not accepted: {doubt}. Wipe the device again.")


def accept(
    session: Session,
    organisation_id: UUID,
    device: Device,
    document: SignedDocument,
    public_key: str,
    storage: StorageIdentity,
) -> ev.StorageErased:
    """Keep a certificate that holds, and give the evidence that it is. `public_key` is the bench's, as enrolled.

    Raises CertificateDoubted.
    """
    judged = judge(document, public_from_text(public_key), device.asset_code, storage)
    certificate = judged.certificate
    if certificate is None:
        raise CertificateDoubted(code=device.asset_code, doubt=judged.doubt, detail=judged.detail)
    session.add(
        WipeCertificate(
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
    )
    session.flush()
    return ev.StorageErased(
        certificate_id=certificate.id,
        key=certificate.storage.key,
        level=certificate.sanitization.level,
        method=certificate.sanitization.method,
        key_id=document.key_id,
    )


def get(session: Session, certificate_id: UUID) -> WipeCertificate:
    """One certificate. Raises CertificateNotFound."""
    found = repository.get(session, certificate_id)
    if found is None:
        raise CertificateNotFound
    return found


def of_device(session: Session, device_id: UUID) -> Sequence[WipeCertificate]:
    """A device's certificates, newest first."""
    return repository.of_device(session, device_id)


def read(row: WipeCertificate) -> Certificate:
    """What a stored certificate says."""
    return Certificate.model_validate_json(row.payload)


def as_file(row: WipeCertificate) -> bytes:
    """The certificate as the file that `fleet verify-certificate` checks offline."""
    document = SignedDocument(payload=row.payload, signature=row.signature, key_id=row.key_id)
    return to_file(document, public_from_text(row.public_key))
