"""Create and find organisations and sites."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Actor, Principal
from fleet.db.session import act_for
from fleet.errors import N_, Conflict, Invalid, NotFound
from fleet.organisations import repository
from fleet.organisations.models import Organisation, Site
from fleet.organisations.rules import OrganisationKind


class OrganisationNotFound(NotFound):
    """No such organisation."""

    msgid = N_("There is no organisation {name}. Add it with: fleet organisation add")


class OrganisationExists(Conflict):
    """The name is taken."""

    msgid = N_("There is an organisation {name} already. Choose another name.")


class SiteNotFound(NotFound):
    """No such site."""

    msgid = N_("There is no site {name} in this organisation.")


class NameMissing(Invalid):
    """A name is needed."""

    msgid = N_("Give it a name.")


def create(
    session: Session, actor: Actor, name: str, kind: OrganisationKind = OrganisationKind.WORKSHOP, contact: str = ""
) -> Organisation:
    """Add an organisation; from here the session acts for it. Raises NameMissing, OrganisationExists."""
    wanted = " ".join(name.split())
    if not wanted:
        raise NameMissing
    organisation = Organisation(id=uuid4(), name=wanted, kind=kind, contact=contact)
    act_for(session, organisation.id)
    try:
        with session.begin_nested():
            session.add(organisation)
            session.flush()
    except IntegrityError as error:
        raise OrganisationExists(name=wanted) from error
    data = {"kind": kind.value}
    audit.record(session, organisation_id=organisation.id, type=EventType.ORGANISATION_CREATED, actor=actor, data=data)
    return organisation


def get(session: Session, organisation_id: UUID) -> Organisation:
    """One organisation. Raises OrganisationNotFound."""
    found = repository.get(session, organisation_id)
    if found is None:
        raise OrganisationNotFound(name=organisation_id)
    return found


def by_name(session: Session, name: str) -> Organisation:
    """One organisation by its name. Raises OrganisationNotFound."""
    found = repository.by_name(session, name)
    if found is None:
        raise OrganisationNotFound(name=name)
    return found


def two_person_release(session: Session, organisation_id: UUID) -> bool:
    """Whether a device must be released by another person than its tester. Off unless the organisation says so."""
    found = repository.get(session, organisation_id)
    return found is not None and found.two_person_release


def add_site(session: Session, principal: Principal, name: str) -> Site:
    """Add a site. Raises NameMissing."""
    wanted = " ".join(name.split())
    if not wanted:
        raise NameMissing
    site = Site(organisation_id=principal.organisation_id, name=wanted)
    session.add(site)
    session.flush()
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.SITE_CREATED,
        actor=principal.actor,
        data={"site": str(site.id)},
    )
    return site


def get_site(session: Session, site_id: UUID) -> Site:
    """One site. Raises SiteNotFound."""
    found = repository.site(session, site_id)
    if found is None:
        raise SiteNotFound(name=site_id)
    return found


def sites(session: Session) -> Sequence[Site]:
    """The organisation's sites, the oldest first."""
    return repository.sites(session)


def site_by_name(session: Session, name: str | None) -> Site:
    """The site of this name, or the first one. Raises SiteNotFound."""
    found = repository.sites(session)
    for site in found:
        if name is None or site.name.lower() == name.lower():
            return site
    raise SiteNotFound(name=name or "-")
