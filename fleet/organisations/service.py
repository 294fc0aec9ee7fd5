"""Create and find organisations and sites."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Actor, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.db.session import act_for
from fleet.organisations import repository
from fleet.organisations.errors import (
    LastSite,
    LocationNotFound,
    NameMissing,
    OrganisationExists,
    OrganisationNotFound,
    PlaceClosed,
    PlaceExists,
    SiteNotFound,
)
from fleet.organisations.models import Organisation, Site, StorageLocation
from fleet.organisations.rules import OrganisationKind, two_persons_asked


@dataclass(frozen=True)
class PublicFace:
    """What everybody may know of an organisation: it stands on its labels."""

    name: str
    contact: str


def create(
    session: Session, actor: Actor, name: str, kind: OrganisationKind = OrganisationKind.WORKSHOP, contact: str = ""
) -> Organisation:
    """Add an organisation; from here the session acts for it. Raises NameMissing, OrganisationExists."""
    wanted = _name(name)
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
    """Whether a device must be released by another person than its tester: where the organisation says so and has the people."""
    found = repository.get(session, organisation_id)
    policy = found is not None and found.two_person_release
    return policy and two_persons_asked(policy=policy, staff=repository.workshop_staff(session))


def public_face(session: Session, organisation_id: UUID) -> PublicFace:
    """Name and contact of any organisation, whoever asks. Raises OrganisationNotFound."""
    found = repository.face(session, organisation_id)
    if found is None:
        raise OrganisationNotFound(name=organisation_id)
    return PublicFace(*found)


def names(session: Session, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """What some organisations are called, by id, whoever asks; one that is unknown is left out."""
    return repository.names(session, ids) if ids else {}


@dataclass(frozen=True)
class Other:
    """An organisation as others find it."""

    id: UUID
    name: str
    kind: OrganisationKind


def others(session: Session, principal: Principal, part: str) -> Sequence[Other]:
    """Organisations of the service whose name holds this text of two characters or more, at most ten; not the caller's own."""
    found = repository.named(session, " ".join(part.split()))
    return [Other(*row) for row in found if row[0] != principal.organisation_id]


def is_open(session: Session, organisation_id: UUID) -> bool:
    """Whether something can be handed over to this organisation: it exists and has not left."""
    return repository.is_open(session, organisation_id) is True


def sites_of(session: Session, organisation_id: UUID) -> Mapping[UUID, str]:
    """The open sites of any organisation by id: where something can be sent."""
    return dict(repository.sites_named(session, organisation_id))


def change(
    session: Session,
    principal: Principal,
    *,
    contact: str,
    nis_code: str | None,
    two_persons: bool,
    name: str | None = None,
    kind: OrganisationKind | None = None,
) -> Organisation:
    """Change the caller's organisation; name and kind stay where None. Labels that are printed keep the old name.

    Raises RoleMissing, OrganisationNotFound, NameMissing, OrganisationExists.
    """
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)  # before the row, as whoever leaves does it
    organisation = repository.locked(session, principal.organisation_id)
    if organisation is None:
        raise OrganisationNotFound(name=principal.organisation_id)
    wanted = organisation.name if name is None else _name(name)
    try:
        with session.begin_nested():  # the changes within: a savepoint begins by writing what was changed before
            organisation.contact, organisation.nis_code, organisation.two_person_release = contact.strip(), nis_code, two_persons
            organisation.name, organisation.kind = wanted, kind or organisation.kind
            session.add(organisation)
            session.flush()
    except IntegrityError as error:
        raise OrganisationExists(name=name, field="name") from error
    told = {"two_person_release": two_persons, "nis_code": nis_code, "kind": organisation.kind.value, "renamed": name is not None}
    _record(session, principal, EventType.ORGANISATION_CHANGED, told)
    return organisation


def add_site(session: Session, principal: Principal, name: str) -> Site:
    """Add a site. Raises RoleMissing, NameMissing, PlaceExists."""
    demand(principal, Role.ADMIN)
    site = Site(organisation_id=principal.organisation_id, name=_name(name))
    _add(session, site)
    _record(session, principal, EventType.SITE_CREATED, {"site": str(site.id)})
    return site


def add_location(session: Session, principal: Principal, site_id: UUID, name: str) -> StorageLocation:
    """Add a storage location to a site. Raises RoleMissing, SiteNotFound, PlaceClosed, NameMissing, PlaceExists."""
    demand(principal, *MANAGERS)
    audit.lock(session, principal.organisation_id)  # nobody closes the site meanwhile
    site = open_site(session, site_id)
    location = StorageLocation(organisation_id=principal.organisation_id, site_id=site.id, name=_name(name))
    _add(session, location)
    _record(session, principal, EventType.LOCATION_CREATED, {"site": str(site.id), "location": str(location.id)})
    return location


def change_site(session: Session, principal: Principal, site_id: UUID, name: str, *, is_open: bool) -> Site:
    """Rename, close or open a site. A closed one takes nothing new; what happened there stays.

    Raises RoleMissing, SiteNotFound, NameMissing, PlaceExists, LastSite.
    """
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)
    site = get_site(session, site_id)
    others_open = [other for other in repository.sites(session) if other.closed_at is None and other.id != site.id]
    if not is_open and not others_open:
        raise LastSite
    _set(session, site, name, is_open=is_open)
    _record(session, principal, EventType.SITE_CHANGED, {"site": str(site.id), "open": is_open})
    return site


def change_location(
    session: Session, principal: Principal, site_id: UUID, location_id: UUID, name: str, *, is_open: bool
) -> StorageLocation:
    """Rename, close or open a storage location. Raises RoleMissing, SiteNotFound, LocationNotFound, NameMissing, PlaceExists."""
    demand(principal, *MANAGERS)
    audit.lock(session, principal.organisation_id)
    location = repository.location(session, get_site(session, site_id).id, location_id)
    if location is None:
        raise LocationNotFound
    _set(session, location, name, is_open=is_open)
    told = {"site": str(site_id), "location": str(location.id), "open": is_open}
    _record(session, principal, EventType.LOCATION_CHANGED, told)
    return location


def locations(session: Session, site_id: UUID) -> Sequence[StorageLocation]:
    """The storage locations of a site, by name. Raises SiteNotFound."""
    return repository.locations(session, get_site(session, site_id).id)


def get_site(session: Session, site_id: UUID) -> Site:
    """One site. Raises SiteNotFound."""
    found = repository.site(session, site_id)
    if found is None:
        raise SiteNotFound(name=site_id)
    return found


def open_site(session: Session, site_id: UUID) -> Site:
    """A site that takes something new. Raises SiteNotFound, PlaceClosed."""
    site = get_site(session, site_id)
    if site.closed_at is not None:
        raise PlaceClosed(name=site.name)
    return site


def sites(session: Session) -> Sequence[Site]:
    """The organisation's sites, closed ones too, the oldest first."""
    return repository.sites(session)


def site_names(session: Session) -> Mapping[UUID, str]:
    """What the organisation's sites are called, closed ones too, by id."""
    return {site.id: site.name for site in repository.sites(session)}


def site_by_name(session: Session, name: str | None) -> Site:
    """The open site of this name, or the first one. Raises SiteNotFound."""
    found = [site for site in repository.sites(session) if site.closed_at is None]
    for site in found:
        if name is None or site.name.lower() == name.lower():
            return site
    raise SiteNotFound(name=name or "-")


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise NameMissing
    return name


def _set(session: Session, place: Site | StorageLocation, name: str, *, is_open: bool) -> None:
    wanted = _name(name)
    try:
        with session.begin_nested():  # as above
            place.name = wanted
            if is_open != (place.closed_at is None):
                place.closed_at = None if is_open else utc_now()
            session.add(place)
            session.flush()
    except IntegrityError as error:
        raise PlaceExists(name=wanted, field="name") from error


def _add(session: Session, place: Site | StorageLocation) -> None:
    name = place.name
    try:
        with session.begin_nested():
            session.add(place)
            session.flush()
    except IntegrityError as error:
        raise PlaceExists(name=name, field="name") from error


def _record(session: Session, principal: Principal, kind: EventType, data: Mapping[str, object]) -> None:
    audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=data)
