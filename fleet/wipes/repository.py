"""All SQL of certificates."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from fleet.wipes.models import WipeCertificate


def get(session: Session, certificate_id: UUID) -> WipeCertificate | None:
    """One certificate."""
    return session.exec(select(WipeCertificate).where(WipeCertificate.id == certificate_id)).first()


def of_device(session: Session, device_id: UUID) -> Sequence[WipeCertificate]:
    """A device's certificates, newest first."""
    query = select(WipeCertificate).where(WipeCertificate.device_id == device_id)
    return session.exec(query.order_by(col(WipeCertificate.accepted_at).desc()).limit(200)).all()
