"""All SQL of organisations."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from fleet.organisations.models import Organisation, Site, StorageLocation
from fleet.organisations.rules import OrganisationKind


def get(session: Session, organisation_id: UUID) -> Organisation | None:
    """One organisation."""
    return session.exec(select(Organisation).where(Organisation.id == organisation_id)).first()


def by_name(session: Session, name: str) -> Organisation | None:
    """One organisation by its name, whatever its case. Sees only what the session's role may see."""
    return session.exec(select(Organisation).where(func.lower(Organisation.name) == name.lower())).first()


def site(session: Session, site_id: UUID) -> Site | None:
    """One site."""
    return session.exec(select(Site).where(Site.id == site_id)).first()


def location(session: Session, site_id: UUID, location_id: UUID) -> StorageLocation | None:
    """One storage location of a site."""
    query = select(StorageLocation).where(StorageLocation.id == location_id, StorageLocation.site_id == site_id)
    return session.exec(query).first()


def sites(session: Session) -> Sequence[Site]:
    """The sites of the session's organisation, closed ones too, the oldest first."""
    return session.exec(select(Site).order_by(col(Site.created_at), col(Site.id)).limit(500)).all()


def locked(session: Session, organisation_id: UUID) -> Organisation | None:
    """One organisation, locked until the transaction ends."""
    query = select(Organisation).where(Organisation.id == organisation_id)
    return session.exec(query.with_for_update(key_share=True)).first()


def face(session: Session, organisation_id: UUID) -> tuple[str, str] | None:
    """A named look-up: name and contact of any organisation."""
    row = session.execute(text("SELECT * FROM organisation_face(:id)"), {"id": organisation_id}).first()
    return (row.name, row.contact) if row else None


def names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Named look-ups in one question: the names of some organisations."""
    wanted = text("""SELECT wanted.id, face.name FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
        CROSS JOIN LATERAL organisation_face(wanted.id) AS face""")
    return {row.id: row.name for row in session.execute(wanted, {"ids": list(ids)})}


def named(session: Session, part: str) -> Sequence[tuple[UUID, str, OrganisationKind]]:
    """A named look-up: id, name and kind of at most ten organisations whose name holds this, 2 characters or more."""
    rows = session.execute(text("SELECT * FROM organisations_named(:part)"), {"part": part})
    return [(row.id, row.name, OrganisationKind(row.kind)) for row in rows]


def is_open(session: Session, organisation_id: UUID) -> bool | None:
    """A named look-up: whether an organisation is still in the service; None when there is none."""
    found: bool | None = session.execute(text("SELECT organisation_open(:id)"), {"id": organisation_id}).scalar_one_or_none()
    return found


def sites_named(session: Session, organisation_id: UUID) -> Sequence[tuple[UUID, str]]:
    """A named look-up: ids and names of an organisation's open sites, for whoever sends something there."""
    rows = session.execute(text("SELECT * FROM sites_named(:id)"), {"id": organisation_id})
    return [(row.id, row.name) for row in rows]


def workshop_staff(session: Session) -> int:
    """How many active people of the session's organisation may work in the workshop (a function of the accounts' tables)."""
    return int(session.execute(text("SELECT workshop_staff()")).scalar_one())


def locations(session: Session, site_id: UUID) -> Sequence[StorageLocation]:
    """The storage locations of a site, by name."""
    query = select(StorageLocation).where(StorageLocation.site_id == site_id)
    return session.exec(query.order_by(func.lower(StorageLocation.name)).limit(2000)).all()
