"""The service's word on a certificate, signed when it is handed out: the same word gives the same bytes."""

import hashlib

from sqlmodel import Session

from fleet.accounts import repository as accounts
from fleet.audit.keys import service_key
from fleet.auth.rules import Role, effective
from fleet.config import Settings
from fleet.contract.certificate_file import Attested, to_file
from fleet.contract.signing import SignedDocument, public_from_text, sign
from fleet.contract.validation import ValidationStatement
from fleet.wipes import service
from fleet.wipes.models import WipeCertificate, WipeValidation
from fleet.wipes.sheet import Source

SERVICE = "Heropstart"
"""Who decides when the policy alone does."""


def statement_of(session: Session, settings: Settings, row: WipeCertificate) -> tuple[ValidationStatement, Attested]:
    """The last word on a certificate, signed. Raises ServiceKeyError."""
    last = service.validations(session, row)[-1]
    person, role = _who(session, last)
    statement = ValidationStatement(
        certificate_id=row.id,
        certificate_sha256=hashlib.sha256(row.payload).hexdigest(),
        adequacy=last.adequacy,
        grounds=tuple(last.grounds),
        policy_version=last.policy_version,
        person=person,
        role=role,
        place=settings.public_url,
        decided_at=last.decided_at,
    )
    key = service_key(settings)
    return statement, Attested(sign(statement, key), key.public_key())


def _who(session: Session, validation: WipeValidation) -> tuple[str, str]:
    """Login and role of the second person, as far as this caller may see the account; else the service."""
    if validation.decided_by is None:
        return SERVICE, "service"
    account = accounts.member(session, validation.organisation_id, validation.decided_by)
    if account is None:
        return str(validation.decided_by), Role.WORKSHOP.value
    role = Role.LEAD if Role.LEAD in effective(frozenset(account.roles)) else Role.WORKSHOP
    return account.login, role.value


def source_of(session: Session, settings: Settings, row: WipeCertificate) -> Source:
    """What a sheet is made from. Raises ServiceKeyError."""
    statement, attested = statement_of(session, settings, row)
    document = SignedDocument(payload=row.payload, signature=row.signature, key_id=row.key_id)
    return Source(service.read(row), document, statement, attested.document)


def as_file(session: Session, settings: Settings, row: WipeCertificate) -> bytes:
    """The certificate as the file that `fleet verify-certificate` checks offline, with the service's word."""
    document = SignedDocument(payload=row.payload, signature=row.signature, key_id=row.key_id)
    return to_file(document, public_from_text(row.public_key), statement_of(session, settings, row)[1])
