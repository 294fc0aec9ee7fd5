"""Pages for admins: the organisation, its sites and their storage locations. Auditors read them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from fleet.auth.identity import AdminUnit, LeadUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import MANAGERS, Role
from fleet.errors import N_
from fleet.organisations import service
from fleet.organisations.rules import TWO_PERSONS_FROM, OrganisationKind
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render

router = page_router()
SAVED: Final = Notice("organisation-saved", N_("The organisation is saved."))
PLACE_SAVED: Final = Notice("place-saved", N_("The place is saved."))
KINDS: Final = {
    OrganisationKind.WORKSHOP: N_("Workshop"),
    OrganisationKind.LENDING_DESK: N_("Lending desk"),
    OrganisationKind.OCMW: N_("OCMW / CPAS"),
    OrganisationKind.SCHOOL: N_("School"),
    OrganisationKind.RECYCLER: N_("Recycler"),
    OrganisationKind.DONOR: N_("Donor company"),
}


class _OrganisationForm(BaseModel):
    """The form of the organisation; a box that is not ticked is absent."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(min_length=1, max_length=120)
    kind: OrganisationKind
    contact: str = Field(default="", max_length=400)
    nis_code: Annotated[str | None, Field(pattern=r"^[0-9]{5}$")] = None
    two_persons: str = ""


@router.get("/organisation")
def organisation_page(request: Request, unit: StaffUnit) -> Response:
    """How the organisation is called, reached, and works."""
    return _organisation_page(request, unit, FormState(), 200)


def _organisation_page(request: Request, unit: Unit, form: FormState, status: int) -> Response:
    return render(
        request,
        "organisations/organisation.html",
        status=status,
        form=form,
        organisation=service.get(unit.session, unit.principal.organisation_id),
        kinds=KINDS,
        two_persons_from=TWO_PERSONS_FROM,
        may_change=unit.principal.has(Role.ADMIN),
    )


@router.post("/organisation")
def change_organisation(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """Save it."""
    with redisplaying(request, unit.session, posted, lambda form, status: _organisation_page(request, unit, form, status)):
        given = posted.parse(_OrganisationForm)
        service.change(
            unit.session,
            unit.principal,
            contact=given.contact,
            nis_code=given.nis_code,
            two_persons=given.two_persons == "yes",
            name=given.name,
            kind=given.kind,
        )
    return after("/organisation", SAVED)


@router.get("/sites")
def sites_page(request: Request, unit: StaffUnit) -> Response:
    """The sites, each with its storage locations."""
    return _sites_page(request, unit, FormState(), 200)


def _sites_page(request: Request, unit: Unit, form: FormState, status: int, refused: UUID | None = None) -> Response:
    sites = service.sites(unit.session)
    return render(
        request,
        "organisations/sites.html",
        status=status,
        form=form,
        no_form=FormState(),
        refused=refused,
        sites=[(site, service.locations(unit.session, site.id)) for site in sites],
        may_add=unit.principal.has(Role.ADMIN),
        may_place=unit.principal.has(*MANAGERS),
    )


@router.post("/sites")
def add_site(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """Add a site."""
    with redisplaying(request, unit.session, posted, lambda form, status: _sites_page(request, unit, form, status)):
        service.add_site(unit.session, unit.principal, posted.get("name")[:120])
    return after("/sites", PLACE_SAVED)


@router.post("/sites/{site_id}")
def change_site(request: Request, unit: AdminUnit, site_id: UUID, posted: PostedForm) -> Response:
    """Rename, close or open a site."""
    with redisplaying(request, unit.session, posted, lambda form, status: _sites_page(request, unit, form, status, site_id)):
        is_open = posted.get("open") == "yes"
        service.change_site(unit.session, unit.principal, site_id, posted.get("name")[:120], is_open=is_open)
    return after("/sites", PLACE_SAVED)


@router.post("/sites/{site_id}/locations")
def add_location(request: Request, unit: LeadUnit, site_id: UUID, posted: PostedForm) -> Response:
    """Add a storage location."""
    with redisplaying(request, unit.session, posted, lambda form, status: _sites_page(request, unit, form, status, site_id)):
        service.add_location(unit.session, unit.principal, site_id, posted.get("name")[:120])
    return after("/sites", PLACE_SAVED)


@router.post("/sites/{site_id}/locations/{location_id}")
def change_location(request: Request, unit: LeadUnit, site_id: UUID, location_id: UUID, posted: PostedForm) -> Response:
    """Rename, close or open a storage location."""
    with redisplaying(request, unit.session, posted, lambda form, status: _sites_page(request, unit, form, status, site_id)):
        is_open, name = posted.get("open") == "yes", posted.get("name")[:120]
        service.change_location(unit.session, unit.principal, site_id, location_id, name, is_open=is_open)
    return after("/sites", PLACE_SAVED)
