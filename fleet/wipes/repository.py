"""All SQL of certificates, validations and policies."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, select

from fleet.contract.kinds import Adequacy
from fleet.wipes.models import WipeCertificate, WipePolicyVersion, WipeValidation


@dataclass(frozen=True)
class Public:
    """What the named look-up tells of a certificate before an organisation is known."""

    payload: bytes
    signature: bytes
    key_id: str
    public_key: str
    accepted_at: datetime
    adequacy: Adequacy
    policy_version: int
    decided_at: datetime
    newer_id: UUID | None
    wiped_again_at: datetime | None
    key_revoked_at: datetime | None


def get(session: Session, certificate_id: UUID) -> WipeCertificate | None:
    """One certificate."""
    return session.exec(select(WipeCertificate).where(WipeCertificate.id == certificate_id)).first()


def of_device(session: Session, device_id: UUID) -> Sequence[WipeCertificate]:
    """A device's certificates, newest first."""
    query = select(WipeCertificate).where(WipeCertificate.device_id == device_id)
    return session.exec(query.order_by(col(WipeCertificate.accepted_at).desc()).limit(200)).all()


def validations(session: Session, certificate_id: UUID) -> Sequence[WipeValidation]:
    """What was decided of a certificate, in order."""
    query = select(WipeValidation).where(WipeValidation.certificate_id == certificate_id)
    return session.exec(query.order_by(col(WipeValidation.ordinal))).all()


def adequacies(session: Session, certificate_ids: Collection[UUID]) -> Mapping[UUID, Adequacy]:
    """The last word on each of these certificates."""
    query = select(WipeValidation.certificate_id, WipeValidation.adequacy)
    query = query.where(col(WipeValidation.certificate_id).in_(certificate_ids)).order_by(col(WipeValidation.ordinal))
    return {certificate: Adequacy(adequacy) for certificate, adequacy in session.exec(query).all()}


def policy(session: Session, organisation_id: UUID) -> WipePolicyVersion | None:
    """The policy that counts."""
    return next(iter(policies(session, organisation_id, limit=1)), None)


def policies(session: Session, organisation_id: UUID, limit: int = 100) -> Sequence[WipePolicyVersion]:
    """Versions of an organisation's policy, the newest first."""
    query = select(WipePolicyVersion).where(WipePolicyVersion.organisation_id == organisation_id)
    return session.exec(query.order_by(col(WipePolicyVersion.version).desc()).limit(limit)).all()


def policy_version(session: Session, organisation_id: UUID, version: int) -> WipePolicyVersion | None:
    """One version."""
    return session.get(WipePolicyVersion, (organisation_id, version))


def public(session: Session, certificate_id: UUID) -> Public | None:
    """A named look-up: a certificate with what became of it, whoever asks."""
    row = session.execute(text("SELECT * FROM certificate_to_verify(:id)"), {"id": certificate_id}).mappings().first()
    return Public(**{**row, "adequacy": Adequacy(row["adequacy"])}) if row else None
