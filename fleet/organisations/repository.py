"""All SQL of organisations."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, func, select

from fleet.organisations.models import Organisation, Site


def get(session: Session, organisation_id: UUID) -> Organisation | None:
    """One organisation."""
    return session.exec(select(Organisation).where(Organisation.id == organisation_id)).first()


def by_name(session: Session, name: str) -> Organisation | None:
    """One organisation by its name, whatever its case. Sees only what the session's role may see."""
    return session.exec(select(Organisation).where(func.lower(Organisation.name) == name.lower())).first()


def site(session: Session, site_id: UUID) -> Site | None:
    """One site."""
    return session.exec(select(Site).where(Site.id == site_id)).first()


def sites(session: Session) -> Sequence[Site]:
    """The sites of the session's organisation, the oldest first."""
    return session.exec(select(Site).order_by(col(Site.created_at), col(Site.id)).limit(500)).all()
