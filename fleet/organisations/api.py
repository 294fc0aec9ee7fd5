"""JSON API of the caller's organisation and its places, under /api/v1."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.identity import STAFF, AdminUnit, LeadUnit, StaffUnit
from fleet.organisations import service
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
from fleet.organisations.rules import OrganisationKind
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["organisations"], responses=problems(RequestInvalid))
CREATED = status.HTTP_201_CREATED


class OrganisationOut(BaseModel):
    """The caller's organisation."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["Kringwinkel Centrum"])
    kind: OrganisationKind
    contact: str = Field(examples=["Stationsstraat 1, 9000 Gent, 09 123 45 67"])
    nis_code: str | None = Field(examples=["44021"])
    two_person_release: bool
    created_at: datetime


class OrganisationIn(BaseModel):
    """What an admin may change."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"contact": "Stationsstraat 1, 9000 Gent", "two_person_release": True}]},
    )

    contact: str = Field(max_length=400, description="what a stranger who scans a label may read")
    nis_code: str | None = Field(default=None, pattern=r"^[0-9]{5}$", description="of the municipality")
    name: str | None = Field(default=None, min_length=1, max_length=120, description="as it stands on labels; null: as it is")
    kind: OrganisationKind | None = Field(default=None, description="null: as it is")
    two_person_release: bool = Field(default=False, description="somebody else than the tester releases; from three workers on")


class PlaceIn(BaseModel):
    """A new site or storage location."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Werkplaats"}]})

    name: str = Field(min_length=1, max_length=120)


class PlaceOut(BaseModel):
    """A site or a storage location."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["Werkplaats"])
    created_at: datetime
    closed_at: datetime | None


class PlaceChange(PlaceIn):
    """A new name, or the same; `open: false` closes the place, which then takes nothing new."""

    is_open: bool = Field(default=True, alias="open")


@router.get("/organisation", responses=problems(*STAFF))
def read_organisation(unit: StaffUnit) -> OrganisationOut:
    """The caller's organisation."""
    return OrganisationOut.model_validate(service.get(unit.session, unit.principal.organisation_id))


@router.put("/organisation", responses=problems(*STAFF, OrganisationNotFound, NameMissing, OrganisationExists))
def change_organisation(unit: AdminUnit, body: OrganisationIn) -> OrganisationOut:
    """Change how the organisation is reached and works."""
    changed = service.change(
        unit.session,
        unit.principal,
        contact=body.contact,
        nis_code=body.nis_code,
        two_persons=body.two_person_release,
        name=body.name,
        kind=body.kind,
    )
    return OrganisationOut.model_validate(changed)


@router.get("/sites", responses=problems(*STAFF))
def list_sites(unit: StaffUnit) -> list[PlaceOut]:
    """The organisation's sites, the oldest first; at most 500."""
    return [PlaceOut.model_validate(site) for site in service.sites(unit.session)]


@router.post("/sites", status_code=CREATED, responses=problems(*STAFF, NameMissing, PlaceExists))
def create_site(unit: AdminUnit, body: PlaceIn) -> PlaceOut:
    """Add a site."""
    return PlaceOut.model_validate(service.add_site(unit.session, unit.principal, body.name))


@router.get("/sites/{site_id}/locations", responses=problems(*STAFF, SiteNotFound))
def list_locations(unit: StaffUnit, site_id: UUID) -> list[PlaceOut]:
    """The storage locations of a site, by name; at most 2000."""
    return [PlaceOut.model_validate(place) for place in service.locations(unit.session, site_id)]


@router.post(
    "/sites/{site_id}/locations",
    status_code=CREATED,
    responses=problems(*STAFF, SiteNotFound, PlaceClosed, NameMissing, PlaceExists),
)
def create_location(unit: LeadUnit, site_id: UUID, body: PlaceIn) -> PlaceOut:
    """Add a storage location to a site."""
    return PlaceOut.model_validate(service.add_location(unit.session, unit.principal, site_id, body.name))


@router.put("/sites/{site_id}", responses=problems(*STAFF, SiteNotFound, NameMissing, PlaceExists, LastSite))
def change_site(unit: AdminUnit, site_id: UUID, body: PlaceChange) -> PlaceOut:
    """Rename, close or open a site."""
    return PlaceOut.model_validate(service.change_site(unit.session, unit.principal, site_id, body.name, is_open=body.is_open))


@router.put(
    "/sites/{site_id}/locations/{location_id}",
    responses=problems(*STAFF, SiteNotFound, LocationNotFound, NameMissing, PlaceExists),
)
def change_location(unit: LeadUnit, site_id: UUID, location_id: UUID, body: PlaceChange) -> PlaceOut:
    """Rename, close or open a storage location."""
    changed = service.change_location(unit.session, unit.principal, site_id, location_id, body.name, is_open=body.is_open)
    return PlaceOut.model_validate(changed)
